"""Figures and claims as they are registered, given, drawn and tabulated."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from analog_sbi import study as typed
from analog_sbi.artifacts import Maker, table_schema, write_table
from analog_sbi.errors import ProblemError
from analog_sbi.models import chain
from analog_sbi.paper import criteria, figure2, figure6, figure9, given, registry, table, verdicts
from analog_sbi.paper.artifacts import (
    GRID,
    TRACES,
    Artifacts,
    known_position,
    of_experiment,
    of_plain,
    position,
    reader,
    target_of,
)
from analog_sbi.paper.chain import height_label, parameter_label
from analog_sbi.paper.criteria import above, at_least, at_most, between, falling, within
from analog_sbi.paper.seeds import decided_by, per_seed, spread
from analog_sbi.paper.targets import targets
from analog_sbi.plots import plane, style
from analog_sbi.problem import Given
from tests.unit.made_up import (
    CENTRE,
    FRAME,
    PROBLEMS,
    artifacts,
    exact,
    heights,
    of_seeds,
    over_grid,
    problem,
    samples,
)

MAKER = Maker.of("test", {})
FIGURES = [f"figure{number}" for number in range(2, 10)]


@pytest.fixture
def study(config):
    return typed.load(config)


def test_a_criterion_is_said_as_it_decides():
    criterion = between("mean", 1.05, 1.29) & at_most("sd", 0.06) & within("tau", 0.15, 30, "us")
    assert criterion.text == "mean in [1.05, 1.29]; sd <= 0.06; tau within 15 % of 30 us"
    assert criterion.holds({"mean": 1.29, "sd": [0.06, 0.01], "tau": 25.6})
    assert not criterion.holds({"mean": 1.3, "sd": 0.05, "tau": 30})
    assert not criterion.holds({"mean": 1.2, "sd": [0.05, 0.07], "tau": 30})
    assert not criterion.holds({"mean": np.nan, "sd": 0.05, "tau": 30})


def test_order_is_strict():
    assert falling("h").holds({"h": [3, 2, 1]})
    assert not falling("h").holds({"h": [3, 3, 1]})
    assert falling("h").text == "h falling"


def test_the_claims_are_those_of_the_study():
    claims = registry.claims()
    ids = [claim.id for claim in claims]
    assert len(set(ids)) == len(ids) >= 36
    assert sum(claim.source == registry.PAPER for claim in claims) == 28
    assert all(claim.find.__name__ == claim.id.replace("-", "_") for claim in claims)


def test_every_figure_of_the_paper_is_registered_and_a_target(root):
    numbered = {name: figure for name, figure in registry.figures().items() if figure.number}
    assert list(numbered) == FIGURES
    assert {
        *FIGURES,
        "all",
        "claims",
        "trust",
        "algorithms",
        "reference",
        "benchmark",
        "adex",
        "transfer",
    } <= {target.name for target in targets()}
    for figure in numbered.values():
        if figure.category:
            assert (root / f"workflow/report/{figure.caption}.rst").is_file()


def test_figure9_is_no_target_of_claims_that_need_the_chip():
    files = {target.name: target.files for target in targets()}
    assert "results/claims/figure3.parquet" in files["figure3"]
    assert "results/claims/figure9.parquet" not in files["figure9"]


def test_the_registry_is_read_without_what_draws_and_learns():
    code = (
        "import sys; from analog_sbi.paper import registry; registry.figures(); "
        "print([m for m in ('torch', 'sbi', 'matplotlib', 'seaborn', 'arbor') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_the_targets_are_listed_for_the_makefile():
    done = subprocess.run(
        [sys.executable, "-m", "analog_sbi.paper"], capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == [target.name for target in targets()]


def test_claims_of_missing_experiments_are_not_asked_for(config):
    for name in ("first_7d", "all_7d"):
        del config["experiments"][name]
    study = typed.load(config)
    assert given.claim_paths(study, registry.claims_of("figure4")) == []
    paths = given.claim_paths(study, registry.claims_of("figure3"))
    assert "results/bss2_sim/tau_2d/samples.parquet" in paths
    assert "results/bss2_sim/chain/grid.parquet" in paths
    assert "results/bss2_sim/chain/targets/centre.parquet" in paths


def test_figures_follow_the_target_of_their_experiment(config):
    config["targets"]["edge"] = [0.1, 0.9]
    config["experiments"]["tau_2d"]["target"] = "edge"
    paths = given.figure_paths(typed.load(config), registry.figures()["figure3"])
    assert "results/bss2_sim/chain/targets/edge.parquet" in paths


@pytest.mark.parametrize(
    ("section", "key", "value", "redrawn"),
    [
        ("arbor", "weight", 0.07, {"transfer"}),
        ("predictive", "shown", 400, {"figure3", "figure8"}),
        ("predictive", "seed", 1, {"figure3", "figure4", "figure8", "reference"}),
        ("ensemble", "size", 4, {"correlation", "coverage", "pairs", "predictive"}),
        ("calibration", "tests", 900, {"coverage"}),
        ("bss2", "retries", 5, set()),
    ],
)
def test_a_setting_redraws_only_what_it_is_given_to(config, section, key, value, redrawn):
    before = typed.load(config)
    config[section][key] = value
    after = typed.load(config)
    of_study = {
        name: figure for name, figure in registry.figures().items() if figure.backend is None
    }
    changed = {
        name
        for name, figure in of_study.items()
        if given.figure_given(before, figure) != given.figure_given(after, figure)
    }
    assert changed == redrawn


def test_the_makefile_has_targets_of_the_registry_only(root):
    text = (root / "Makefile").read_text()
    figures = re.search(r"^FIGURES := (.*)$", text, re.MULTILINE)
    others = re.search(r"^TARGETS := \$\(FIGURES\) (.*)$", text, re.MULTILINE)
    if figures and others:
        named = {*figures.group(1).split(), *others.group(1).split()}
        assert {*FIGURES} <= named <= {target.name for target in targets()}


def test_what_figures_are_given_is_plain(study):
    for figure in registry.figures().values():
        if figure.backend is None:
            content = given.figure_given(study, figure)
            plain = json.loads(json.dumps(content))
            assert of_plain(plain, ()).frame.plain() == of_plain(content, ()).frame.plain()
            assert of_plain(plain, ()).problems == of_plain(content, ()).problems


def test_labels_of_short_and_long_chains():
    assert parameter_label("g_leak") == r"$g_\mathrm{leak}$"
    assert parameter_label("g_leak_3") == r"$g_\mathrm{leak}^{3}$"
    assert parameter_label("g_axial_01") == r"$g_\mathrm{axial}^{0 \leftrightarrow 1}$"
    assert parameter_label("g_axial_9_10") == r"$g_\mathrm{axial}^{9 \leftrightarrow 10}$"
    assert height_label("h_01") == "$h_{01}$"
    assert height_label("h_0_11") == "$h_{0,11}$"


def test_the_position_of_a_target_is_known_or_not():
    trials = pd.DataFrame({"g_leak": [3.0, 3.0], "g_axial": [4.0, 4.0], "tau": [1.0, 1.1]})
    assert known_position(trials, ["g_leak", "g_axial"]).tolist() == [3.0, 4.0]
    assert known_position(trials, ["g_leak_0", "g_axial_01"]).tolist() == [3.0, 4.0]
    assert known_position(trials[["tau"]], ["g_leak", "g_axial"]) is None
    posed = problem("first_2d", "bss2_sim")
    assert position(posed).tolist() == [500.0, 500.0]
    with pytest.raises(ValueError, match="slice7 are not known"):
        position(type(posed)(**{**posed.__dict__, "target": Given("slice7", "a.csv", "0")}))


def test_only_declared_artifacts_are_read():
    of_grid = artifacts({GRID: over_grid(np.eye(2)), TRACES: pd.DataFrame()}, [GRID])
    assert len(of_grid.table(GRID)) == 4
    with pytest.raises(LookupError, match=r"found .backend./chain/traces"):
        of_grid.table(TRACES)


def test_a_table_of_another_problem_is_refused(tmp_path):
    schema = table_schema(numbers=("tau",))
    frame = pd.DataFrame({"tau": [1.0]})
    own = PROBLEMS["bss2_sim/tau_2d"]
    write_table(frame, tmp_path / "bss2_sim/tau_2d/a.parquet", schema, MAKER, problem=own.key)
    write_table(frame, tmp_path / "bss2_sim/tau_2d/b.parquet", schema, MAKER, problem="another")
    read = reader(tmp_path, PROBLEMS)
    assert read("bss2_sim/tau_2d/a.parquet")["tau"].tolist() == [1.0]
    with pytest.raises(ProblemError, match=f"b.parquet.*{own.key}.*another"):
        read("bss2_sim/tau_2d/b.parquet")


def test_the_median_over_seeds_decides():
    rows = samples(0.9, seeds=5)
    rows.loc[rows["seed"] == 0, "g_axial"] *= -1
    r = per_seed(
        pd.concat([rows.assign(g_axial=0.0, round=-1), rows]),
        lambda part: part["g_leak"].corr(part["g_axial"]),
    )
    criterion = at_least("r", 0.85)
    finding = verdicts.Finding(spread(r), **decided_by(pd.DataFrame({"r": r})))
    assert criterion.holds(finding.quantities)
    assert finding.value(criterion) == "median 0.90, range -0.90 to 0.90; holds for 4 of 5 seeds"


def test_a_claim_that_cannot_be_decided_does_not_hide_the_others():
    trials = heights(h_00=10.0, h_01=9.0, h_02=8.0, h_03=7.0).drop(columns="h_12")
    claims = registry.claims_of("figure2")
    made = artifacts({CENTRE: trials}, ())
    rows = verdicts.decided(claims, made, {made.path(CENTRE)}).set_index("id")
    assert rows["holds"]["psp-attenuates"]
    assert rows["holds"]["psp-end-effect"] is pd.NA
    assert "cannot be decided: KeyError" in rows["value"]["psp-end-effect"]
    assert pd.isna(rows["value"]["psp-broadens"])


def test_a_claim_without_anything_to_compare_stays_open():
    claim = next(claim for claim in registry.claims() if claim.id == "own-coverage-2d")
    curves = pd.DataFrame(
        [("coverage", "seed", 0, 0.5, 0.4, 0.5)],
        columns=["method", "kind", "member", "level", "low", "value"],
    )
    verdict = verdicts.decide(claim, artifacts({claim.needs[0]: curves}, claim.needs))
    assert verdict.holds is None
    assert "not known" in verdict.value


@pytest.mark.parametrize(("points", "shown"), [(1, 1), (2, 2), (9, 2)])
def test_traces_of_any_number_of_points_are_shown(points, shown):
    traces = pd.DataFrame({"point": np.repeat(np.arange(1, points + 1), 3), "time": 0.0})
    assert figure2.at_one_point(traces)["point"].tolist() == 3 * [shown]


def test_the_table_lists_what_was_not_computed(tmp_path):
    paths = []
    for module in ("figure3", "figure2"):
        claims = registry.claims_of(module)
        verdict = verdicts.Verdict("1 | 2", False if module == "figure3" else None)
        paths.append(tmp_path / f"{module}.parquet")
        rows = [verdicts.row(claim, verdict) for claim in claims]
        table.write(verdicts.frame(rows), paths[-1], MAKER)
    collected = table.collect(paths, registry.claims())
    ids = [claim.id for claim in registry.claims() if claim.module in ("figure2", "figure3")]
    assert list(collected["id"]) == ids
    assert table.counted(collected) == "0 hold, 13 fail, 3 not computed"
    text = table.markdown(collected, registry.claims())
    assert "**no**" in text
    assert "1 \\| 2" in text
    assert re.findall(r"[a-zA-Z]\*(?!\*)", text) == []
    assert "not computed" in text
    assert table.page(collected).count("<tr") == len(ids) + 1
    lines = table.reported(paths)
    assert lines[0] == f"Claims in {tmp_path.as_posix()}/: 0 hold, 13 fail, 3 not computed"
    assert len(lines) == 14


def test_area_of_a_gaussian_region():
    generator = np.random.default_rng(2)
    theta = 20 * generator.standard_normal((20_000, 2))
    log_prob = -0.5 * ((theta / 20) ** 2).sum(axis=1) - np.log(2 * np.pi * 20**2)
    area = figure9.region_area(pd.DataFrame({"log_prob": log_prob}), 1000.0**2)
    assert area == pytest.approx(np.pi * 20**2 * -2 * np.log(0.05) / 1000**2, rel=0.03)


def two_targets():
    """Trials of a target measured at known parameters, and of one from a file."""
    trials = pd.DataFrame({name: exact(10, 50.0, 2.0) for name in heights()}).assign(tau=1.0)
    return {"measured": trials.assign(g_leak=500.0, g_axial=500.0), "given": trials}


def seven(names):
    return of_seeds(lambda seed: pd.DataFrame({name: exact(40, 500.0, 100.0) for name in names}))


@pytest.mark.parametrize("target", ["measured", "given"])
def test_figures_are_drawn_with_and_without_known_parameters(target):
    """A target from a file has no theta*: figures do without the mark."""
    names = PROBLEMS["bss2_sim/all_7d"].space.names
    trials = two_targets()[target]
    drawn = {
        "figure4": {
            **{of_experiment(n, "samples")[0]: seven(names) for n in ("first_7d", "all_7d")},
            **{of_experiment(n, "predictive")[0]: seven(heights()) for n in ("first_7d", "all_7d")},
        },
        "pairs": {
            of_experiment(n, "ensemble/samples")[0]: seven(names).rename(
                columns={"seed": "ensemble"}
            )
            for n in ("first_7d", "all_7d")
        },
    }
    for name, tables in drawn.items():
        figure = registry.figures()[name]
        tables |= {target_of("all_7d"): trials}
        paths = {
            template.format(backend="bss2_sim", all_7d=_Target): frame
            for template, frame in tables.items()
        }
        made = Artifacts(
            paths.__getitem__,
            "bss2_sim",
            FRAME,
            PROBLEMS,
            {"predictive.seed": 0, "ensemble.size": 2},
            figure.needs,
        )
        with style.figure(figure.size[1]) as canvas:
            figure.draw(canvas, made)
            lines = [
                line for axes in canvas.axes for line in axes.lines if line.get_color() == "black"
            ]
        assert bool(lines) == (target == "measured"), name


class _Target:
    target = "centre"


def test_the_comparison_takes_any_number_of_algorithms_and_the_unit_of_the_problem():
    rows = [
        (f"own_{index}", budget, 0, 0.7, 0.8, 2.0 + index, 1.0)
        for index in range(13)
        for budget in (100, 1000)
    ]
    columns = ["algorithm", "budget", "seed", "c2st", "coverage", "distance", "seconds"]
    figure = registry.figures()["algorithms"]
    path = figure.needs[0]
    for experiment, unit in (("first_2d", "MADC LSB"), ("tau_2d", "compartments")):
        made = artifacts(
            {path: pd.DataFrame(rows, columns=columns)},
            [path],
            {
                "compare_algorithms.experiment": experiment,
                "compare_algorithms.titles": {f"own_{i}": f"own {i}" for i in range(13)},
            },
        )
        with style.figure(figure.size[1]) as canvas:
            figure.draw(canvas, made)
            assert canvas.axes[2].get_ylabel() == f"mean distance $E$ ({unit})"
            assert len(canvas.axes[0].lines) == 13 + 1
    assert len({str(colour) for colour in style.colours(13)}) == 13


def test_equal_criteria_for_the_verdict_and_for_each_seed():
    criterion = above("gain", 3)
    finding = verdicts.Finding("", {"gain": [4, 5]}, [{"gain": [4, 2]}, {"gain": [4, 4]}], "for")
    assert finding.value(criterion) == "; for 1 of 2 seeds"


@pytest.mark.parametrize(
    ("values", "text"),
    [
        ([23.4, 29.1, 27.3], "23.4 < 29.1 > 27.3"),
        ([2.0, 2.0, np.nan], "2.0 = 2.0 ? nan"),
        ([1], "1.0"),
        ([], ""),
    ],
)
def test_an_order_is_told_as_it_is(values, text):
    assert criteria.in_order(values) == text


def test_a_chain_of_two_has_no_end_effect():
    trials = pd.DataFrame(
        {"h_00": [10.0, 11.0], "h_01": [5.0, 5.0], "h_10": [5.0, 5.0], "h_11": [9.0, 9.0]}
    )
    claim = next(claim for claim in registry.claims() if claim.id == "psp-end-effect")
    made = artifacts({CENTRE: trials}, claim.needs)
    frame = replace(made.frame, signals=chain.signals(2, "MADC LSB", "us"))
    verdict = verdicts.decide(claim, replace(made, frame=frame))
    assert verdict.holds is None
    assert verdict.value == "a chain of 2 has no such compartment"


@pytest.mark.parametrize(
    ("heights", "value", "holds"),
    [
        ((100, 60, 40, 30), "20.0 < 25.0 < 30.0 < 35.0", True),
        ((100, 60, 9, 30), "20.0 < 25.0 (2 of 4 PSPs stand out from the noise)", True),
        ((100, 0, 0, 0), "20.0 (1 of 4 PSPs", None),
        ((0, 0, 0, 0), "(0 of 4 PSPs", None),
    ],
)
def test_noise_has_no_width(heights, value, holds):
    time = np.arange(0, 800, 0.25)
    slow = 0.5 * np.sqrt(2) * np.sin(2 * np.pi * time / 25)  # standard deviation 0.5
    v_0 = slow + sum(
        height * np.exp(-4 * np.log(2) * ((time - 145 - 200 * j) / (20 + 5 * j)) ** 2)
        for j, height in enumerate(heights)
    )
    claim = next(claim for claim in registry.claims() if claim.id == "psp-broadens")
    traces = pd.DataFrame({"point": 2, "time": time, "v_0": v_0})
    verdict = verdicts.decide(claim, artifacts({claim.needs[0]: traces}, claim.needs))
    assert verdict.holds is holds
    assert re.sub(r"(\d)\.\d", r"\1.0", verdict.value).startswith(value)


def test_figure_6_names_two_seeds_and_their_speed_where_it_differs():
    def of(*rows):
        parts = [
            {"seed": seed, "round": number, "distance": value}
            for seed, values in enumerate(rows)
            for number, value in enumerate(values)
        ]
        return figure6.examples(pd.DataFrame(parts))

    assert of([8, 8], [5, 4.9]) == {0: "seed 0", 1: "seed 1"}
    assert of([5, 5]) == {0: "seed 0"}
    assert of([12, 13], [36, 40]) == {0: "quick recovery (seed 0)", 1: "no recovery (seed 1)"}
    assert of([20, 5, 5], [20, 20, 5], [5, 5, 5]) == {
        0: "quick recovery (seed 0)",
        1: "slow recovery (seed 1)",
    }


@pytest.mark.parametrize(
    ("values", "highlight", "levels"),
    [
        (np.linspace(0.2, 4, 400), 1.15, [0.8, 1.15, 1.6, 2.0]),
        (np.linspace(0.2, 40, 400), 1.15, [1.15, 6.17, 20.1, 34.0]),
        (np.linspace(1.0, 1.2, 400), 1.15, [1.03, 1.1, 1.15, 1.17]),
        (np.linspace(0.2, 4, 400), 9.0, [0.8, 1.6, 2.0, 9.0]),
    ],
    ids=["paper", "wide", "narrow", "corner"],
)
def test_contour_lines_are_well_apart(values, highlight, levels):
    assert plane.contour_levels(values.reshape(20, 20), highlight) == pytest.approx(levels)
