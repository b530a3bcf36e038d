"""Every claim is decided rightly on either side of each of its bounds, from made-up results."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

import numpy as np
import pandas as pd
import pytest

from analog_sbi.models import chain
from analog_sbi.paper import figure7, registry, remedies, trust
from analog_sbi.paper.artifacts import CALIBRATION, CHARACTERIZATION, GRID, TRACES, of_experiment
from analog_sbi.paper.criteria import Order
from analog_sbi.paper.verdicts import decide
from tests.unit.made_up import (
    CENTRE,
    HIGH,
    LENGTH,
    PRIOR_SD,
    STAR,
    artifacts,
    exact,
    heights,
    of_seeds,
    over_grid,
    ranks,
    samples,
)

TAU_SAMPLES, TAU_PREDICTIVE = of_experiment("tau_2d", "samples", "predictive")
(FIRST_SAMPLES,) = of_experiment("first_2d", "samples")
FIRST_COLUMN = [f"h_{i}0" for i in range(LENGTH)]
FIRST_ROW = [f"h_0{j}" for j in range(LENGTH)]
INNER = [f"h_{i}{j}" for i in range(1, LENGTH) for j in range(1, LENGTH)]


def arbor(template: str) -> str:
    return template.replace("{backend}", "arbor")


def trials(**means):
    return {CENTRE: heights(**{"h_00": 4.0, "h_01": 3.0, "h_02": 2.0, "h_03": 1.0} | means)}


def widths(*wide):
    """Traces with responses of these full widths at half maximum (us) in compartment 0."""
    time = np.arange(0, 800, 0.25)
    peaks = [200 * j + 145 for j in range(LENGTH)]
    v_0 = sum(
        np.exp(-4 * np.log(2) * ((time - peak) / width) ** 2)
        for peak, width in zip(peaks, wide, strict=True)
    )
    return {TRACES: pd.DataFrame({"point": 2, "time": time, "v_0": v_0})}


def end_effect(errors):
    difference = exact(100, errors / 10, 1.0)
    return {CENTRE: pd.DataFrame({"h_10": 50 + difference, "h_12": 50.0})}


def grid_range(low=0.2, high=4.0):
    return {GRID: over_grid(np.array([[low, 1.0], [2.0, high]]))}


def monotone(axial=(), leak=()):
    """Tau whose ranks along axial rise and along leak fall, but for ranks that are swapped."""
    return {GRID: over_grid(-ranks(*leak)[:, None] + 100 * ranks(*axial)[None, :])}


def contours(zigzag):
    """Contours that rise with leak, and go to and fro on the way."""
    leak, axial = np.linspace(0, HIGH, 41), np.linspace(0, HIGH, 41)
    middle = 300 + 0.4 * leak + zigzag * np.sin(leak / 40)
    tau = 1 + (axial[None, :] - middle[:, None]) / 500
    return {GRID: over_grid(tau), CENTRE: pd.DataFrame({"tau": [0.9, 1.1]})}


def membrane(slow=30.0, fast=12.0):
    rows = [("membrane", 0.0, slow), ("membrane", HIGH, fast), ("axial", 0.0, 1.0)]
    columns = ["quantity", "parameter", "time_constant"]
    return {CHARACTERIZATION: pd.DataFrame(rows, columns=columns)}


def synapse(mean=10.0, gain=5.0):
    before, after = exact(4, 11.0, 0.1 * gain), exact(4, mean, 0.1)
    return {CALIBRATION: pd.DataFrame({"tau_synapse_before": before, "tau_synapse": after})}


def target_tau(mean=1.17, sd=0.04):
    return {CENTRE: pd.DataFrame({"tau": exact(100, mean, sd)})}


def near_contour(count):
    """100 samples of which ``count`` are where tau is that of the target."""
    axial = np.where(np.arange(100) < count, STAR, 900.0)
    tau = np.broadcast_to(np.linspace(0, 2, 11), (11, 11))
    return {
        GRID: over_grid(np.array(tau)),
        **target_tau(1.0, 0.04),
        TAU_SAMPLES: of_seeds(lambda seed: pd.DataFrame({"g_leak": STAR, "g_axial": axial})),
    }


def masses(upper):
    leak = np.r_[np.full(upper, 800.0), np.full(100, 300.0), np.full(60, 600.0)]
    return {TAU_SAMPLES: of_seeds(lambda seed: pd.DataFrame({"g_leak": leak, "g_axial": STAR}))}


def tau_check(away=0.0, sd=0.1, holding=100):
    """Predictive checks of 100 seeds, of which some are as told and the others far off."""

    def of_seed(seed):
        mean = 1.0 + away * sd if seed < holding else 3.0
        return pd.DataFrame({"tau": exact(50, mean, sd)})

    return {**target_tau(1.0, 0.04), TAU_PREDICTIVE: of_seeds(of_seed, 100)}


def correlations(tau=0.9, first=0.1):
    return {TAU_SAMPLES: samples(tau), FIRST_SAMPLES: samples(first)}


def recovers(**changed):
    """100 samples: place and width of both marginals, at theta* and a tenth of the prior's."""

    def marginal(name):
        below = changed.get(f"{name}_below", 50)
        values = exact(100, STAR, changed.get(f"{name}_sd", 0.1) * PRIOR_SD)
        if below != 50:
            values = np.where(np.arange(100) < below, STAR - 1, STAR + 1)
        return values

    table = pd.DataFrame({name: marginal(name) for name in ("g_leak", "g_axial")})
    return {**target_tau(), FIRST_SAMPLES: of_seeds(lambda seed: table)}


def seven(experiment, wide):
    names = chain.input_space(LENGTH, (0, 1), (0, 1), ("", "")).names
    columns = {
        name: exact(50, STAR, width * PRIOR_SD) for name, width in zip(names, wide, strict=True)
    }
    return {of_experiment(experiment, "samples")[0]: of_seeds(lambda seed: pd.DataFrame(columns))}


def predicted(experiment, means=None, sds=None):
    """Predicted heights with means and sds in units of sigma* = 2 about the target."""
    names = chain.height_names(LENGTH)
    means = dict.fromkeys(names, 0.0) | (means or {})
    sds = dict.fromkeys(names, 1.0) | (sds or {})
    target = pd.DataFrame({name: exact(20, 50.0, 2.0) for name in names})
    table = pd.DataFrame({n: exact(20, 50.0 + 2 * means[n], 2 * sds[n]) for n in names})
    path = of_experiment(experiment, "predictive")[0]
    return {CENTRE: target, path: of_seeds(lambda seed: table)}


def first_check(mean=0.0, edge=1.0, rest=5.0):
    return predicted(
        "first_7d", {"h_22": mean}, dict.fromkeys(INNER, rest) | {"h_03": edge, "h_30": edge}
    )


def all_check(mean=0.0, sd=1.0):
    return predicted("all_7d", {"h_13": mean}, {"h_31": sd})


def sharpening(ratio):
    return predicted("first_7d") | predicted("all_7d", None, dict.fromkeys(INNER, ratio))


def residuals(off):
    """Traces whose heights are off an exponential, to and fro, by this part of h00."""
    first = 100 * np.exp(-np.arange(LENGTH)) + 100 * off * np.array([-0.1, 1.0, -1.0, 1.0])
    time = np.arange(0, 800, 1.0)
    columns = {
        f"v_{i}": np.where((time >= 100) & (time < 200), first[i], 0.0) for i in range(LENGTH)
    }
    return {TRACES: pd.DataFrame({"point": 1, "time": time, **columns})}


def at_distance(e):
    """Rows of a predictive check whose E is ``e``."""
    return dict.fromkeys(FIRST_COLUMN, 0.0) | {"h_00": e}


def rounds(last):
    """Three seeds of two rounds; the smallest E is 1, the last seed ends at ``last``."""
    distance = {(0, 0): 9.0, (0, 1): 1.0, (1, 0): 1.5, (1, 1): 1.2, (2, 0): 8.0, (2, 1): last}
    keys = [{"seed": seed, "round": number} for seed, number in distance]
    predictive = [{**key, **at_distance(e)} for key, e in zip(keys, distance.values(), strict=True)]
    estimators = pd.DataFrame(keys).assign(blind=False, weights=1)
    names = of_experiment("rounds_2d", "predictive", "estimators")
    return {CENTRE: heights(), names[0]: pd.DataFrame(predictive), names[1]: estimators}


WEIGHTS = {(1, 40): 3764, (1, 50): 5704, (5, 10): 1720}


def sizes(e=lambda t, h, seed: 2.0 if t == 1 else 1.0, blind=None, weights=WEIGHTS, reverse=1.0):
    """Runs of all sizes with 10 seeds each: E, and whether blind, from transforms, hidden, seed."""
    blind = blind or (lambda t, h, seed: t == 1)
    tables = {CENTRE: heights()}
    for name in (*figure7.SIZES, *figure7.REVERSED):
        t, h = map(int, name.rsplit("_", 1)[1].split("x"))
        own = (lambda t, h, seed: reverse if seed == 0 else 1.0) if "reverse" in name else e
        predictive, estimators = of_experiment(name, "predictive", "estimators")
        seeds = range(10)
        rows = [{"seed": seed, "round": 0, **at_distance(own(t, h, seed))} for seed in seeds]
        tables[predictive] = pd.DataFrame(rows)
        tables[estimators] = pd.DataFrame(
            {
                "seed": seeds,
                "round": 0,
                "blind": [blind(t, h, seed) for seed in seeds],
                "weights": weights.get((t, h), 1),
            }
        )
    return tables


def shallow(e):
    return sizes(lambda t, h, seed: e if t == 1 else 1.0)


def one_deep(e):
    return sizes(lambda t, h, seed: 2.0 if t == 1 else e if (t, h) == (3, 40) else 1.0)


def weighing(size, weight):
    return sizes(weights=WEIGHTS | {size: weight})


def wide(size, e):
    return sizes(lambda t, h, seed: e if (t, h) == size else 2.0 if t == 1 else 1.0)


SHARES = {1: 50, 2: 25, 3: 12, 5: 3}


def blind_share(**counts):
    """Blind runs of 50 by depth: as many as expected, but for ``t2=16`` and the like."""
    number = SHARES | {int(name[1:]): count for name, count in counts.items()}
    place = {h: i for i, h in enumerate(figure7.WIDTHS)}
    return sizes(blind=lambda t, h, seed: 10 * place[h] + seed < number[t])


def explained(blind=100, others=100):
    """100 blind runs and 100 others, of which so many fail and recover as they should."""
    place = {h: i for i, h in enumerate(figure7.WIDTHS)}

    def e(t, h, seed):
        # Spread over the sizes, so that the median of each stays what it is.
        index = 5 * (2 * seed + (t in (2, 5))) + place[h]
        return (2.0 if index < blind else 1.0) if t <= 2 else (1.0 if index < others else 2.0)

    return sizes(e, blind=lambda t, h, seed: t <= 2)


def amortized(level=0.5, gain=10.0):
    rows = [
        ("centre", seed, level if target == "a" else 0.2, 1.0, gain if target == "a" else 9.0)
        for target in "ab"
        for seed in range(3)
    ]
    table = pd.DataFrame(rows, columns=["target", "seed", "level", "distance", "prior_distance"])
    return {"{backend}/recovered.parquet": table.assign(target=list("aaabbb"))}


def topology(*swaps, ratio=1.3):
    measured = over_grid(ranks()[:, None])
    return {GRID: measured, arbor(GRID): over_grid(ratio * ranks(*swaps)[:, None])}


def narrower(tau=0.5, first=0.5, r=0.95):
    return {
        TAU_SAMPLES: samples(0.9, 1000.0),
        FIRST_SAMPLES: samples(0.1, 1000.0),
        arbor(TAU_SAMPLES): samples(r, 1000.0 * tau),
        arbor(FIRST_SAMPLES): samples(0.1, 1000.0 * first),
    }


def covered(*experiments, above=0.02, where=None):
    """Curves of two ensembles and a poor seed; in one place so much above the band's limit."""
    tables = {}
    for name in experiments:
        rows = [
            ("coverage", kind, member, level, level - 0.05)
            for kind, member in (("ensemble", 0), ("ensemble", 1), ("seed", 0))
            for level in (0.3, 0.6)
        ]
        table = pd.DataFrame(rows, columns=["method", "kind", "member", "level", "low"])
        margin = np.where(table["kind"] == "seed", -0.1, 0.02)
        if where in (None, name):
            margin[3] = above
        tables[of_experiment(name, "coverage")[0]] = table.assign(value=table["low"] + margin)
    return tables


def to_reference(experiment, c2st):
    rows = [("ensemble", 0, 0.52), ("ensemble", 1, c2st), ("seed", 0, 0.9), ("floor", 0, 0.5)]
    table = pd.DataFrame(rows, columns=["kind", "member", "c2st"]).assign(round=1, blind=False)
    poor = table.assign(round=0, c2st=0.99)
    return {of_experiment(experiment, "distances")[0]: pd.concat([poor, table])}


def repaired(margin=0.02, c2st=0.52, problem="individual_first"):
    """Ensembles of the recommended way, all fine but that of a problem at the budget."""
    way, repair = remedies.RECOMMENDED
    rows = [
        {"kind": kind, "member": 0, "problem": name, "budget": budget, "margin": 0.02, "c2st": 0.52}
        for name in ("global_tau", "individual_first", "individual_all")
        for budget in (1000, remedies.BUDGET)
        for kind in ("seed", "ensemble")
    ]
    table = pd.DataFrame(rows).assign(way=way, repair=repair)
    at = (table["problem"] == problem) & (table["budget"] == remedies.BUDGET)
    table.loc[at & (table["kind"] == "ensemble"), ["margin", "c2st"]] = margin, c2st
    poor = table.assign(repair="none", margin=-1.0, c2st=1.0)
    return {remedies.TABLE: pd.concat([poor, table], ignore_index=True)}


def specified(p_value):
    rows = [("centre", "mmd", p_value), ("centre", "density", 0.6), ("random_1", "mmd", 0.01)]
    table = pd.DataFrame(rows, columns=["target", "method", "p_value"])
    table["misspecified"] = table["p_value"] < 0.05
    fine = table.assign(p_value=0.7)
    return {
        path: table if name == "first_7d" else fine for name, path in trust.MISSPECIFICATION.items()
    }


INSIDE, OUTSIDE = True, False
FIRST_WIDTHS = [0.5, 0.9, 0.95, 0.95, 0.2, 0.3, 0.5]
ALL_WIDTHS = [0.3, 0.45, 0.5, 0.32, 0.1, 0.12, 0.1]


def changed(wide, **to):
    """Widths of which some are others: ``_3=0.4``."""
    return [to.get(f"_{index}", width) for index, width in enumerate(wide)]


@dataclass(frozen=True)
class Case:
    """Made-up results on one side of a bound of a claim."""

    claim: str
    tables: Callable[[], dict[str, pd.DataFrame]]
    holds: bool


def cases(claim, make, *pairs):
    """Cases of a claim from arguments of ``make``, inside and outside a bound in turn."""
    made = []
    for pair in pairs:
        for arguments, holds in zip(pair, (INSIDE, OUTSIDE), strict=True):
            if isinstance(arguments, dict):
                made.append(Case(claim, lambda a=arguments: make(**a), holds))
            else:
                made.append(Case(claim, lambda a=arguments: make(*a), holds))
    return made


CASES = [
    *cases(
        "psp-attenuates", trials, ({"h_01": 3.99}, {"h_01": 4.01}), ({"h_03": 1.99}, {"h_03": 2.01})
    ),
    *cases(
        "psp-broadens",
        widths,
        ((20, 30, 40, 42), (20, 30, 40, 38)),
        ((20, 22, 40, 50), (20, 18, 40, 50)),
    ),
    *cases("psp-end-effect", end_effect, ((2.01,), (1.99,))),
    *cases(
        "grid-range",
        grid_range,
        ({"low": 0.101}, {"low": 0.099}),
        ({"low": 0.299}, {"low": 0.301}),
        ({"high": 3.31}, {"high": 3.29}),
        ({"high": 4.99}, {"high": 5.01}),
    ),
    *cases(
        "grid-monotone",
        monotone,
        ({"axial": [(0, 4)]}, {"axial": [(0, 4), (6, 7)]}),
        ({"leak": [(0, 4), (5, 9)]}, {"leak": [(0, 4), (5, 9), (1, 2), (6, 7)]}),
    ),
    *cases("grid-contours", contours, ((125,), (130,))),
    *cases(
        "membrane-range",
        membrane,
        ({"slow": 25.6}, {"slow": 25.4}),
        ({"slow": 34.4}, {"slow": 34.6}),
        ({"fast": 10.3}, {"fast": 10.1}),
        ({"fast": 13.7}, {"fast": 13.9}),
    ),
    *cases(
        "synapse-calibrated",
        synapse,
        ({"mean": 9.51}, {"mean": 9.49}),
        ({"mean": 10.49}, {"mean": 10.51}),
        ({"gain": 3.01}, {"gain": 2.99}),
    ),
    *cases(
        "target-tau",
        target_tau,
        ({"mean": 1.051}, {"mean": 1.049}),
        ({"mean": 1.289}, {"mean": 1.291}),
        ({"sd": 0.021}, {"sd": 0.019}),
        ({"sd": 0.059}, {"sd": 0.061}),
    ),
    *cases(
        "tau-correlation",
        correlations,
        ({"tau": 0.851}, {"tau": 0.849}),
        ({"tau": 0.979}, {"tau": 0.981}),
    ),
    *cases("tau-contour", near_contour, ((80,), (79,))),
    *cases("tau-spread", masses, ((99,), (100,))),
    *cases(
        "tau-ppc",
        tau_check,
        ({"away": 0.99}, {"away": 1.01}),
        ({"away": -0.99}, {"away": -1.01}),
        ({"sd": 0.149}, {"sd": 0.151}),
    ),
    *cases("few-rounds-suffice", tau_check, ({"holding": 80}, {"holding": 79})),
    *cases(
        "first-correlation",
        correlations,
        ({"first": 0.349}, {"first": 0.351}),
        ({"first": -0.349}, {"first": -0.351}),
        ({"tau": 0.81, "first": 0.3}, {"tau": 0.79, "first": 0.3}),
    ),
    *cases(
        "first-recovers",
        recovers,
        *(({f"{name}_below": 6}, {f"{name}_below": 4}) for name in ("g_leak", "g_axial")),
        *(({f"{name}_below": 94}, {f"{name}_below": 96}) for name in ("g_leak", "g_axial")),
        *(({f"{name}_sd": 0.249}, {f"{name}_sd": 0.251}) for name in ("g_leak", "g_axial")),
    ),
    *cases(
        "seven-first-marginals",
        lambda **to: seven("first_7d", changed(FIRST_WIDTHS, **to)),
        ({"_0": 0.79}, {"_0": 0.81}),
        ({"_1": 0.81}, {"_1": 0.79}),
        ({"_3": 0.81}, {"_3": 0.79}),
        ({"_6": 0.31}, {"_6": 0.29}),
        ({"_6": 0.79}, {"_6": 0.81}),
    ),
    *cases(
        "seven-all-marginals",
        lambda **to: seven("all_7d", changed(ALL_WIDTHS, **to)),
        ({"_2": 0.59}, {"_2": 0.61}),
        (dict.fromkeys(("_4", "_5", "_6"), 0.39), dict.fromkeys(("_4", "_5", "_6"), 0.395)),
        ({"_3": 0.445}, {"_3": 0.455}),
        ({"_0": 0.445}, {"_0": 0.455}),
    ),
    *cases(
        "seven-first-ppc",
        first_check,
        ({"mean": 1.99}, {"mean": 2.01}),
        ({"mean": -1.99}, {"mean": -2.01}),
        ({"edge": 2.99}, {"edge": 3.01}),
        ({"rest": 1.01}, {"rest": 0.99}),
    ),
    *cases(
        "seven-all-ppc",
        all_check,
        ({"mean": 0.99}, {"mean": 1.01}),
        ({"mean": -0.99}, {"mean": -1.01}),
        ({"sd": 2.49}, {"sd": 2.51}),
    ),
    *cases("seven-sharpening", sharpening, ((0.49,), (0.51,))),
    *cases("scaled-exponentials", residuals, ((0.075,), (0.076,))),
    *cases("rounds-recover", rounds, ((1.99,), (2.01,))),
    *cases("one-transform-fails", shallow, ((1.51,), (1.49,))),
    *cases("one-transform-fails", one_deep, ((1.29,), (1.31,))),
    *cases(
        "size-is-no-guide",
        weighing,
        *(
            ((size, count), (size, count + off))
            for size, count in WEIGHTS.items()
            for off in (-1, 1)
        ),
    ),
    *cases(
        "size-is-no-guide",
        wide,
        (((1, 40), 1.51), ((1, 40), 1.49)),
        (((1, 50), 1.51), ((1, 50), 1.49)),
    ),
    *cases(
        "amortized",
        amortized,
        ({"level": 0.949}, {"level": 0.951}),
        ({"gain": 3.01}, {"gain": 2.99}),
    ),
    *cases(
        "arbor-topology",
        topology,
        (((0, 2), (5, 7)), ((0, 2), (5, 7), (3, 4))),
        ({"ratio": 1.01}, {"ratio": 0.99}),
        ({"ratio": 1.99}, {"ratio": 2.01}),
    ),
    *cases(
        "arbor-narrower",
        narrower,
        ({"tau": 0.99}, {"tau": 1.01}),
        ({"first": 0.99}, {"first": 1.01}),
        ({"r": 0.851}, {"r": 0.849}),
    ),
    *cases(
        "own-blind-share",
        blind_share,
        ({}, {"t1": 49}),
        ({"t2": 16}, {"t2": 15}),
        ({"t2": 34}, {"t2": 35}),
        ({"t5": 8}, {"t5": 9}),
    ),
    *cases(
        "own-blind-explains",
        explained,
        ({"blind": 95}, {"blind": 94}),
        ({"others": 80}, {"others": 79}),
    ),
    *cases("own-reverse-repairs", sizes, ({"reverse": 1.49}, {"reverse": 1.51})),
    *cases(
        "own-coverage-2d",
        lambda above: covered("first_2d", above=above),
        ((0.001,), (-0.001,)),
    ),
    *cases(
        "own-coverage-7d",
        lambda where, above: covered("first_7d", "all_7d", where=where, above=above),
        (("first_7d", 0.001), ("first_7d", -0.001)),
        (("all_7d", 0.001), ("all_7d", -0.001)),
    ),
    *cases("own-c2st-first", lambda c2st: to_reference("first_2d", c2st), ((0.599,), (0.601,))),
    *cases("own-c2st-tau", lambda c2st: to_reference("tau_2d", c2st), ((0.599,), (0.601,))),
    *cases(
        "own-remedy-coverage",
        repaired,
        ({"margin": 0.001}, {"margin": -0.001}),
        ({"margin": 0.001}, {"margin": -0.001, "problem": "individual_all"}),
    ),
    *cases(
        "own-remedy-c2st",
        repaired,
        ({"c2st": 0.549}, {"c2st": 0.551}),
        ({"c2st": 0.549}, {"c2st": 0.551, "problem": "global_tau"}),
    ),
    *cases("own-specified", specified, ((0.051,), (0.049,))),
]

CLAIMS = {claim.id: claim for claim in registry.claims()}


@cache
def quantities(index):
    """What a case comes to."""
    case = CASES[index]
    claim = CLAIMS[case.claim]
    return claim.find(artifacts(case.tables(), claim.needs)).quantities


@pytest.mark.parametrize(
    "index",
    range(len(CASES)),
    ids=[f"{c.claim}-{'inside' if c.holds else 'outside'}" for c in CASES],
)
def test_a_claim_is_decided_on_either_side_of_its_bounds(index):
    case = CASES[index]
    claim = CLAIMS[case.claim]
    verdict = decide(claim, artifacts(case.tables(), claim.needs))
    assert verdict.holds is case.holds, (verdict, quantities(index))


@pytest.mark.parametrize("name", CLAIMS)
def test_every_bound_of_a_claim_has_a_case_close_to_it_on_either_side(name):
    of_claim = [index for index, case in enumerate(CASES) if case.claim == name]
    sides = CLAIMS[name].holds.sides
    for side in sides:
        limit = 1.0 if isinstance(side, Order) else side.limit
        near = [
            index
            for index in of_claim
            if abs(side.margin(quantities(index))) <= max(0.05 * abs(limit), 0.02)
            or (isinstance(side, Order) and abs(side.margin(quantities(index))) <= 2)
        ]
        assert any(CASES[index].holds for index in near), f"none inside {side}"
        alone = [
            index
            for index in near
            if [other for other in sides if not other.holds(quantities(index))] == [side]
        ]
        assert alone, f"none outside {side} alone"
