"""Figures and claims of the second study: registered apart from the paper's, decided rightly."""

from __future__ import annotations

import re
from functools import cache

import numpy as np
import pandas as pd
import pytest

from analog_sbi import study as typed
from analog_sbi.backends import Setup, make
from analog_sbi.models import adex, load
from analog_sbi.paper import given, registry
from analog_sbi.paper.artifacts import Artifacts, position
from analog_sbi.paper.targets import targets
from analog_sbi.paper.verdicts import decide
from analog_sbi.prior import Box
from analog_sbi.problem import Measured, Problem
from analog_sbi.studies.adex import (
    coverage,
    patterns,
    posteriors,
    reference,
    restricted,
    summaries,
    traces,
)
from tests.setups import configuration
from tests.unit.made_up import FRAME

NAMES = ("coverage", "patterns", "posteriors", "reference", "restricted", "summaries", "traces")
MODULES = tuple(f"adex.{name}" for name in NAMES)


@cache
def claims() -> dict:
    return {claim.id: claim for module in MODULES for claim in registry.claims_of(module)}


def problem(name: str, target: str) -> Problem:
    device = make(Setup("bss2_sim", "adex", {"serial": 59}))
    space = load("adex").parameterization(name, device.inputs).space
    return Problem(
        setup=Setup("bss2_sim", "adex", {"serial": 59}),
        parameterization=name,
        observable="features",
        prior=Box(space),
        features=tuple(adex.FEATURES),
        units=tuple(adex.FEATURES.values()),
        signals=device.signals,
        target=Measured(target, (0.5,) * len(space), 10),
    )


OF_EXPERIMENTS = {
    "adex_two": "two",
    "adex_seven": "seven",
    summaries.FEATURES: "seven",
    summaries.SUMMARIES: "seven",
    summaries.LATENT: "two",
    "adex_subthreshold": "seven_subthreshold",
    "adex_transient": "seven_transient",
    "adex_bursting": "seven_bursting",
    "adex_subthreshold_once": "seven_subthreshold",
    "adex_transient_once": "seven_transient",
    "adex_bursting_once": "seven_bursting",
    "adex_seven_restricted": "seven",
    "adex_transient_restricted": "seven_transient",
    "adex_bursting_restricted": "seven_bursting",
    "adex_seven_serial_1": "seven",
    "adex_seven_serial_2": "seven",
}
PROBLEMS = {f"bss2_sim/{name}": problem(part, name) for name, part in OF_EXPERIMENTS.items()}


def artifacts(tables: dict, needs: tuple[str, ...]) -> Artifacts:
    every = {
        re.sub(r"\{(\w+)\.target\}", r"\1", template.replace("{backend}", "bss2_sim")): table
        for template, table in tables.items()
    }
    return Artifacts(every.__getitem__, "bss2_sim", FRAME, PROBLEMS, {}, needs)


def deviating(value: float):
    table = pd.DataFrame({"pattern": ["bursting"] * 2, "deviation": [0.0, value]})
    return {patterns.DEVIATIONS: table.assign(number="spikes", recorded=11.0, own=11.0)}


def sampled(name: str, unit: np.ndarray):
    space = PROBLEMS[f"bss2_sim/{name}"].space
    table = pd.DataFrame(space.scale(unit), columns=list(space.names))
    return table.assign(ensemble=0, round=0)


def containing(name: str, rank: float):
    """200 samples of which the share ``rank`` lies below the target's first code."""
    space = PROBLEMS[f"bss2_sim/{name}"].space
    unit = np.tile((np.arange(200)[:, None] + 0.5) / 200, (1, len(space)))
    unit[:, 0] += 0.5 - rank
    return {(posteriors.SAMPLES | summaries.SAMPLES)[name]: sampled(name, unit)}


def focused(ratio: float):
    """Samples whose spreads given summaries are ``ratio`` of those given features."""
    unit = np.tile(np.linspace(-0.4, 0.4, 50)[:, None], (1, 7))
    return {
        summaries.SAMPLES[name]: sampled(name, 0.5 + part * unit)
        for name, part in ((summaries.SUMMARIES, ratio), (summaries.FEATURES, 1.0))
    }


def followed(share: float):
    """A trace of which that share is within the predictive."""
    names = [f"v_{number:02}" for number in range(100)]
    predictive = np.tile(np.linspace(300.0, 400.0, 50)[:, None], (1, 100))
    target = np.where(np.arange(100) < 100 * share, 350.0, 450.0)
    return {
        summaries.PREDICTIVE: pd.DataFrame(predictive, columns=names).assign(ensemble=0),
        summaries.TARGET: pd.DataFrame([target], columns=names),
    }


def predicting(name: str, outside: int):
    """Predictive of which the target is outside in some features."""
    names = list(adex.FEATURES)
    table = pd.DataFrame(np.tile(np.linspace(0, 1, 100)[:, None], (1, 12)), columns=names)
    target = pd.DataFrame([[2.0] * outside + [0.5] * (12 - outside)] * 2, columns=names)
    return {
        posteriors.PREDICTIVE[name]: table.assign(ensemble=0),
        posteriors.TARGET[name]: target,
    }


def matched(outside: int):
    """Predictive given features of one run, which is outside of it in some."""
    tables = predicting("adex_two", outside)
    return {
        traces.PREDICTIVE[traces.FEATURES]: tables[posteriors.PREDICTIVE["adex_two"]],
        traces.TARGET: tables[posteriors.TARGET["adex_two"]].iloc[:1],
    }


def apart(ratio: float):
    """Traces that are ``ratio`` times as far from the target given features as given summaries."""
    names = [f"v_{number:02}" for number in range(100)]
    return {traces.TARGET: pd.DataFrame([np.full(100, 350.0)], columns=names)} | {
        traces.PREDICTIVE[name]: pd.DataFrame(
            np.tile(350.0 + part * np.array([-20.0, 10.0, 10.0])[:, None], (1, 100)), columns=names
        ).assign(ensemble=0)
        for name, part in ((traces.FEATURES, ratio), (traces.SUMMARIES, 1.0))
    }


def counting(*shares: float):
    """Four patterns with these shares of runs beside the target's count."""
    tables = {}
    for name, share in zip(posteriors.PATTERNS, shares, strict=True):
        counts = np.where(np.arange(1000) < share * 1000, 12.0, 20.0)
        tables[posteriors.PREDICTIVE[name]] = pd.DataFrame({"spike_count": counts, "ensemble": 0})
        tables[posteriors.TARGET[name]] = pd.DataFrame({"spike_count": [12.0, 13.0, 13.0]})
    return tables


def covering(name: str, margin: float):
    level = np.array([0.25, 0.5, 0.75])
    curve = pd.DataFrame({"level": level, "low": level - 0.05, "high": level + 0.05})
    parts = [
        curve.assign(kind=kind, member=0, method=method, value=level - 0.05 + value)
        for kind, method, value in (
            ("ensemble", "coverage", margin),
            ("seed", "coverage", -0.1),
            ("ensemble", "tarp", -0.1),
        )
    ]
    return {coverage.CURVES[name]: pd.concat(parts)}


def on_serials(margin: float):
    """Three chips, one of which is that far from the band."""
    margins = dict(zip(coverage.SERIALS, (0.1, margin, 0.1), strict=True))
    return {key: part for name in margins for key, part in covering(name, margins[name]).items()}


def restricting(share: float):
    """Three restricted priors, one of which has that share of valid runs."""
    row = {"valid": 0.2, "measurements": 100, "kept": 0.3}
    tables = {}
    for name, own in zip(restricted.PAIRS, (0.9, share, 0.9), strict=True):
        count = np.where(np.arange(1000) < own * 1000, 3.0, 0.0)
        tables[restricted.RESTRICTION[name]] = pd.DataFrame([row])
        runs = pd.DataFrame({"spike_count": count, "spikes_outside": 0.0})
        tables[restricted.FIRST[name]] = runs
    return tables


def nearing(gain: float):
    """Three patterns, at one of which that many more runs are near the target's count."""
    tables = {}
    for (name, whole), own in zip(restricted.PAIRS.items(), (0.8, 0.5 + gain, 0.8), strict=True):
        for path, share in (
            (restricted.OWN_PREDICTIVE[name], own),
            (restricted.PREDICTIVE[whole], 0.5),
        ):
            counts = np.where(np.arange(1000) < share * 1000, 12.0, 20.0)
            tables[path] = pd.DataFrame({"spike_count": counts, "ensemble": 0})
        tables[restricted.TARGET[whole]] = pd.DataFrame({"spike_count": [12.0, 13.0, 13.0]})
    return tables


def near(value: float):
    """Four patterns, at one of which the first ensemble is that far from the reference."""
    found = zip(reference.PATTERNS, (0.51, 0.5, value, 0.52), strict=True)
    return {
        reference.DISTANCES[name]: pd.DataFrame(
            {"kind": ["seed", "seed", "ensemble", "floor"], "c2st": [0.8, 0.9, own, 0.5]}
        )
        for name, own in found
    }


def repeating(value: float):
    """Four patterns, at one of which runs of the reference are that far apart."""
    return {
        reference.ERROR[name]: pd.DataFrame(
            {
                "quantity": ["c2st_runs", "log_evidence_range", "emulations"],
                "value": [own, 0.3, 2e6],
            }
        )
        for name, own in zip(reference.PATTERNS, (0.5, value, 0.52, 0.51), strict=True)
    }


def recounting(*shares: float):
    """Four patterns with these shares of the reference's runs beside the target's count."""
    tables = {}
    for name, share in zip(reference.PATTERNS, shares, strict=True):
        counts = np.where(np.arange(1000) < share * 1000, 12.0, 20.0)
        tables[reference.PREDICTED[name]] = pd.DataFrame({"spike_count": counts})
        tables[reference.TARGET[name]] = pd.DataFrame({"spike_count": [13.0]})
    return tables


CASES = [
    ("adex-patterns", deviating(0.099), True),
    ("adex-patterns", deviating(0.101), False),
    ("adex-patterns", deviating(np.nan), False),
    *[
        (f"adex-{name}-contain", containing(f"adex_{name}", rank), holds)
        for name, low in (("two", 0.025), ("seven", 0.005))
        for rank, holds in (
            (low + 0.01, True),
            (low - 0.005, False),
            (1 - low - 0.01, True),
            (1 - low + 0.005, False),
        )
    ],
    *[
        (f"adex-{name}-predictive", predicting(f"adex_{name}", outside), holds)
        for name in ("two", "seven")
        for outside, holds in ((1, True), (2, False))
    ],
    ("adex-spike-counts", counting(0.91, 0.2, 0.99, 0.92), True),
    ("adex-spike-counts", counting(0.89, 0.2, 0.99, 0.92), False),
    ("adex-summaries-focus", focused(0.99), True),
    ("adex-summaries-focus", focused(1.01), False),
    ("adex-summaries-predictive", followed(0.91), True),
    ("adex-summaries-predictive", followed(0.89), False),
    ("adex-summaries-contain", containing(summaries.SUMMARIES, 0.01), True),
    ("adex-summaries-contain", containing(summaries.SUMMARIES, 0.0), False),
    ("adex-features-match", matched(1), True),
    ("adex-features-match", matched(2), False),
    ("adex-features-deviate", apart(1.01), True),
    ("adex-features-deviate", apart(0.99), False),
    ("adex-latent-contain", containing(summaries.LATENT, 0.03), True),
    ("adex-latent-contain", containing(summaries.LATENT, 0.02), False),
    *[
        (f"adex-coverage-{name}", covering(experiment, margin), holds)
        for name, experiment in (
            ("two", "adex_two"),
            ("seven", "adex_seven"),
            ("summaries", "adex_seven_summaries"),
            ("restricted", "adex_seven_restricted"),
        )
        for margin, holds in ((0.001, True), (-0.001, False))
    ],
    ("adex-coverage-serials", on_serials(0.001), True),
    ("adex-coverage-serials", on_serials(-0.001), False),
    ("adex-reference-c2st", near(0.549), True),
    ("adex-reference-c2st", near(0.551), False),
    ("adex-reference-runs", repeating(0.599), True),
    ("adex-reference-runs", repeating(0.601), False),
    ("adex-reference-counts", recounting(0.91, 0.2, 0.99, 0.92), True),
    ("adex-reference-counts", recounting(0.89, 0.2, 0.99, 0.92), False),
    ("adex-restricted-share", restricting(0.381), True),
    ("adex-restricted-share", restricting(0.379), False),
    ("adex-restricted-counts", nearing(0.002), True),
    ("adex-restricted-counts", nearing(-0.002), False),
]


@pytest.mark.parametrize(("name", "tables", "holds"), CASES, ids=[case[0] for case in CASES])
def test_a_claim_is_decided_on_either_side_of_its_bounds(name, tables, holds):
    claim = claims()[name]
    verdict = decide(claim, artifacts(tables, claim.needs))
    assert verdict.holds is holds, verdict


def test_every_claim_has_cases():
    assert set(claims()) == {name for name, _, _ in CASES}
    assert all(claim.find.__name__ == claim.id.replace("-", "_") for claim in claims().values())


def test_they_are_no_claims_on_the_paper():
    assert not set(claims()) & {claim.id for claim in registry.claims()}
    assert set(MODULES) <= set(registry.claim_modules())
    assert not set(MODULES) & set(registry.numbered())


def test_the_target_makes_all_figures_and_claims():
    own = {target.name: target.files for target in targets()}
    files = (*own["adex"], *own["adex_reference"])
    assert {f"results/claims/{module}.parquet" for module in MODULES} <= set(files)
    assert sum(path.endswith(".svg") for path in own["adex"]) == 7
    assert sum(path.endswith(".svg") for path in own["adex_reference"]) == 1


def test_it_is_posed_at_the_codes_of_the_recorded_pattern():
    study = typed.load(configuration())
    content = given.claims_given(study, registry.claims_of("adex.posteriors"))
    for name in ("adex_two", "adex_seven"):
        posed = Problem.from_plain(content["problems"][f"bss2_sim/{name}"])
        codes = np.trunc(position(posed))
        assert codes.tolist() == [adex.BASE[key] for key in posed.parameters]
