"""Checks on made-up results whose verdict is known."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from analog_sbi.artifacts import Maker, table_schema, write_table
from analog_sbi.chain import Limits
from analog_sbi.checks import figure2, figure3, figure4, figure7, figure9, register, table, trust
from analog_sbi.checks.amortization import recovered
from analog_sbi.checks.distance import distances
from analog_sbi.checks.seeds import correlation, last_round, per_seed
from analog_sbi.observables import FitBounds

MAKER = Maker.of("test", {})


@pytest.fixture
def artifacts(tmp_path):
    return table.Artifacts(
        folder=tmp_path,
        backend="bss2_sim",
        length=4,
        limits=Limits((0, 1000), (0, 1000), "DAC code", "DAC code"),
        fit_bounds=FitBounds(20.0, 10.0, 1022.0),
        height_unit="MADC LSB",
        spike_interval=200.0,
        centre=(0.5, 0.5),
        arbor_area=1e6,
    )


def put(artifacts, path: str, frame: pd.DataFrame) -> None:
    """Write a table where the checks look for it."""
    numbers = [name for name in frame if frame[name].dtype == float]
    integers = [name for name in frame if frame[name].dtype == int]
    booleans = [name for name in frame if frame[name].dtype == bool]
    strings = [n for n in frame if n not in (*numbers, *integers, *booleans)]
    schema = table_schema(numbers, integers, strings, booleans, nullable=True)
    write_table(frame, artifacts.folder / path.format(backend="bss2_sim"), schema, MAKER)


def seeds_of(make, number=4, size=2000):
    generator = np.random.default_rng(3)
    parts = [make(generator, size).assign(seed=seed, round=0) for seed in range(number)]
    return pd.concat(parts, ignore_index=True)


def correlated(r, sd=(200.0, 50.0)):
    def make(generator, size):
        x = generator.standard_normal(size)
        y = r * x + np.sqrt(1 - r**2) * generator.standard_normal(size)
        return pd.DataFrame({"g_leak": 500 + sd[0] * x, "g_axial": 500 + sd[1] * y})

    return make


def test_every_claim_has_its_function_and_every_id_is_unique():
    ids = [claim.id for claim in register.CLAIMS]
    assert len(set(ids)) == len(ids)
    for claim in register.CLAIMS:
        module = __import__(f"analog_sbi.checks.{claim.module}", fromlist=["_"])
        assert callable(getattr(module, claim.id.replace("-", "_")))


def test_the_claims_are_those_of_the_study():
    ids = {claim.id for claim in register.CLAIMS}
    assert len(ids) == 36
    assert sum(claim.source == register.OWN for claim in register.CLAIMS) == 8


def test_claims_of_missing_experiments_are_not_asked_for():
    paths = register.inputs("figure3", "bss2_sim", ("tau_2d",))
    assert "results/bss2_sim/tau_2d/samples.parquet" in paths
    assert not any("first_2d" in path for path in paths)
    assert "results/bss2_sim/grid.parquet" in paths


@pytest.mark.parametrize(("r", "holds"), [(0.93, True), (0.5, False), (0.99, False)])
def test_correlation_given_tau(artifacts, r, holds):
    put(artifacts, figure3.TAU % "samples", seeds_of(correlated(r)))
    verdict = figure3.tau_correlation(artifacts)
    assert verdict.holds == holds
    assert f"of {4} seeds" in verdict.value


def test_the_median_over_seeds_decides():
    table_ = seeds_of(correlated(0.9))
    table_.loc[table_["seed"] == 0, "g_axial"] *= -1
    r = per_seed(table_, correlation)
    assert r[0] < 0
    assert r.median() > 0.85
    assert last_round(pd.concat([table_, table_.assign(round=1)]))["round"].eq(1).all()


@pytest.mark.parametrize(
    ("offset", "sd", "holds"), [(0.0, 0.08, True), (0.3, 0.1, False), (0, 0.3, False)]
)
def test_predictive_check_of_tau(artifacts, offset, sd, holds):
    generator = np.random.default_rng(0)
    put(
        artifacts,
        register.CENTRE,
        pd.DataFrame({"tau": 1.17 + 0.04 * generator.standard_normal(100)}),
    )
    checked = seeds_of(
        lambda g, n: pd.DataFrame({"tau": 1.17 + offset + sd * g.standard_normal(n)})
    )
    put(artifacts, figure3.TAU % "predictive", checked)
    assert figure3.tau_ppc(artifacts).holds == holds
    assert figure3.few_rounds_suffice(artifacts).holds == holds


def test_grid_claims_on_a_known_plane(artifacts):
    leak, axial = np.meshgrid(np.linspace(0, 1000, 20), np.linspace(0, 1000, 20), indexing="ij")
    tau = 0.2 + 3.8 * (axial / 1000) ** 1.5 / (1 + 0.5 * leak / 1000)
    grid = pd.DataFrame({"g_leak": leak.ravel(), "g_axial": axial.ravel(), "tau": tau.ravel()})
    put(artifacts, register.GRID, grid)
    put(artifacts, register.CENTRE, pd.DataFrame({"tau": [1.1, 1.2]}))
    assert figure3.grid_range(artifacts).holds
    assert figure3.grid_monotone(artifacts).holds
    assert figure3.grid_contours(artifacts).holds
    flipped = grid.assign(g_axial=1000 - grid["g_axial"])
    put(artifacts, register.GRID, flipped)
    assert not figure3.grid_monotone(artifacts).holds
    assert not figure3.grid_contours(artifacts).holds


def test_end_effect_needs_two_standard_errors(artifacts):
    generator = np.random.default_rng(0)
    noise = generator.standard_normal((2, 100))
    trials = pd.DataFrame({"h_10": 58 + noise[0], "h_12": 45 + noise[1]})
    put(artifacts, register.CENTRE, trials)
    assert figure2.psp_end_effect(artifacts).holds
    put(artifacts, register.CENTRE, trials.assign(h_12=trials["h_10"] - 0.01 * noise[1]))
    assert not figure2.psp_end_effect(artifacts).holds


def test_distance_is_the_mean_euclidean_one():
    predictive = pd.DataFrame(
        {"seed": [0, 0, 1], "round": 0, "h_00": [3.0, 0.0, 0.0], "h_10": [4.0, 0.0, 1.0]}
    )
    target = pd.DataFrame({"h_00": [-1.0, 1.0], "h_10": [0.0, 0.0]})
    found = distances(predictive, target, ["h_00", "h_10"])
    assert found["distance"].tolist() == [2.5, 1.0]


def test_recovery_of_a_target():
    generator = np.random.default_rng(1)
    theta = 500 + 20 * generator.standard_normal((2, 4000, 2))
    density = -0.5 * (((theta - 500) / 20) ** 2).sum(axis=2)
    star = np.array([500.0, 500.0])
    bounds = np.zeros(2), np.full(2, 1000.0)
    at_star = np.array([0.0, -0.5 * 9.0])  # at the mode, and three standard deviations away
    rows = recovered(theta, density, star, at_star, generator.random((4000, 2)), bounds)
    assert rows["level"][0] == 0.0
    assert rows["level"][1] == pytest.approx(1 - np.exp(-4.5), abs=0.01)
    assert (rows["prior_distance"] / rows["distance"]).min() > 10


def test_area_of_a_gaussian_region():
    generator = np.random.default_rng(2)
    theta = 20 * generator.standard_normal((20_000, 2))
    log_prob = -0.5 * ((theta / 20) ** 2).sum(axis=1) - np.log(2 * np.pi * 20**2)
    area = figure9.region_area(pd.DataFrame({"log_prob": log_prob}), 1000.0**2)
    expected = np.pi * 20**2 * -2 * np.log(0.05) / 1000**2
    assert area == pytest.approx(expected, rel=0.03)


def sizes(blind_fail=True):
    """All size_2d runs: a network that is blind ends at E = 12, the others at 4."""
    rows = []
    for transforms in register.TRANSFORMS:
        for hidden in register.WIDTHS:
            for seed in range(10):
                blind = seed < 10 * 0.5 ** (transforms - 1) - 0.3
                rows.append(
                    (transforms, hidden, seed, blind, 12.0 if blind and blind_fail else 4.0)
                )
    return pd.DataFrame(rows, columns=["transforms", "hidden", "seed", "blind", "distance"])


def test_blind_networks_explain_who_recovers(artifacts, monkeypatch):
    table_ = sizes().assign(weights=1)
    monkeypatch.setattr(figure7, "size_table", lambda artifacts, names: table_)
    assert figure7.own_blind_share(artifacts).holds
    assert figure7.own_blind_explains(artifacts).holds
    table_.loc[table_["blind"], "distance"] = 4.0
    assert not figure7.own_blind_explains(artifacts).holds
    table_["blind"] = True
    assert not figure7.own_blind_share(artifacts).holds


def seven(widths):
    names = [f"g_leak_{i}" for i in range(4)] + [f"g_axial_{i}{i + 1}" for i in range(3)]
    prior = 1000 / np.sqrt(12)

    def make(generator, size):
        return pd.DataFrame(
            500 + prior * np.array(widths) * generator.standard_normal((size, 7)), columns=names
        )

    return seeds_of(make)


@pytest.mark.parametrize(
    ("widths", "first", "every"),
    [
        ([0.5, 0.9, 0.95, 0.95, 0.2, 0.3, 0.5], True, False),
        ([0.3, 0.45, 0.5, 0.32, 0.1, 0.12, 0.1], False, True),
        ([0.5, 0.9, 0.95, 0.95, 0.5, 0.3, 0.2], False, False),
    ],
)
def test_marginals_in_seven_dimensions(artifacts, widths, first, every):
    for path in (figure4.FIRST, figure4.ALL):
        put(artifacts, path % "samples", seven(widths))
    assert figure4.seven_first_marginals(artifacts).holds == first
    assert figure4.seven_all_marginals(artifacts).holds == every


def test_the_table_lists_what_was_not_computed(tmp_path):
    rows = [
        table._row(claim, table.Verdict("1 | 2", False)) for claim in register.claims_of("figure3")
    ]
    table.write(table._frame(rows), tmp_path / "claims/figure3.parquet", MAKER)
    table.collect(tmp_path)
    found = pd.read_parquet(tmp_path / "claims.parquet")
    assert list(found["id"]) == [claim.id for claim in register.CLAIMS]
    assert found["holds"].isna().sum() == len(register.CLAIMS) - len(rows)
    text = Path(tmp_path / "claims.md").read_text()
    assert "**no**" in text
    assert "1 \\| 2" in text
    assert "not computed" in text


def test_a_claim_that_cannot_be_decided_does_not_hide_the_others(artifacts):
    trials = pd.DataFrame({f"h_{i}{j}": [10.0 - j, 11.0 - j] for i in (0, 2, 3) for j in range(4)})
    trials[[f"h_1{j}" for j in (1, 3)]] = 1.0
    put(artifacts, register.CENTRE, trials)  # without the heights of compartment 1
    found = table.decide("figure2", artifacts, {register.CENTRE.format(backend="bss2_sim")})
    found = found.set_index("id")
    assert found["holds"]["psp-end-effect"] is pd.NA
    assert "cannot be decided: KeyError" in found["value"]["psp-end-effect"]
    assert pd.isna(found["value"]["psp-broadens"])


@pytest.mark.parametrize(("lowest", "holds"), [(0.05, True), (0.04, False)])
def test_only_the_centre_has_to_be_what_the_prior_can_produce(artifacts, lowest, holds):
    for path in register.MISSPECIFICATION:
        p_value = lowest if "first_7d" in path else 0.7
        rows = [("centre", "mmd", p_value), ("centre", "density", 0.6), ("random_1", "mmd", 0.01)]
        found = pd.DataFrame(rows, columns=["target", "method", "p_value"])
        put(artifacts, path, found.assign(misspecified=found["p_value"] < 0.05))
    verdict = trust.own_specified(artifacts)
    assert verdict.holds is holds
    assert f"smallest p {lowest:.2f} (mmd, first_7d)" in verdict.value
    assert "random_1 in all_7d" in verdict.value
