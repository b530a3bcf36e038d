"""Remedies side by side: what is said of members that are exact, narrow, wide and shifted."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
import pytest
import torch

from analog_sbi.diagnostics.coverage import PriorTests, Settings
from analog_sbi.diagnostics.reference_distance import Reference
from analog_sbi.paper import registry
from analog_sbi.paper import remedies as claims
from analog_sbi.plots import style
from analog_sbi.remedies.comparison import COMPARED, JUDGED, judged, markdown
from analog_sbi.space import Space
from tests.unit.made_up import artifacts

SPACE = Space(("a", "b"), ("code", "code"), np.zeros(2), np.full(2, 100.0))
NOISE, TESTS, SAMPLES = 5.0, 400, 199
GENERATOR = torch.Generator().manual_seed(0)
SETTINGS = Settings(samples=SAMPLES, levels=20, trials=1)


@dataclass
class Answering:
    """Normal posteriors around observations that are parameters with noise."""

    x: torch.Tensor
    factor: float
    shift: float = 0.0
    count: int = SAMPLES

    @property
    def posterior(self):
        return type("Of", (), {"history": [{"blind": False}]})

    @property
    def samples(self):
        noise = torch.randn(self.count, *self.x.shape, generator=GENERATOR)
        return self.x + self.shift + NOISE * self.factor * noise

    def sample_batched(self, sample_shape, x, show_progress_bars=False):
        return self.samples

    def log_prob(self, theta, x):
        law = torch.distributions.Normal(x + self.shift, NOISE * self.factor)
        return law.log_prob(theta).sum(dim=1)


@pytest.fixture(scope="module")
def table():
    generator = torch.Generator().manual_seed(1)
    theta = 100 * torch.rand(TESTS, 2, generator=generator)
    x = theta + NOISE * torch.randn(TESTS, 2, generator=generator)
    known = 50 + NOISE * np.random.default_rng(2).standard_normal((2000, 2))
    kinds = {("seed", 0): (1.0, 0.0), ("seed", 1): (0.5, 0.0), ("seed", 2): (2.0, 0.0)}
    kinds |= {("seed", 3): (1.0, 20.0), ("ensemble", 0): (1.0, 0.0)}
    target = torch.full((1, 2), 50.0)
    found = judged(
        {key: Answering(x, *how) for key, how in kinds.items()},
        {key: Answering(target, *how, count=1000) for key, how in kinds.items()},
        PriorTests(theta, x),
        np.full(TESTS, -2 * np.log(100.0)),
        Reference(known, SPACE),
        SETTINGS.samples,
        SETTINGS.levels,
        seconds=2.0,
        size=5,
        seed=3,
    )
    JUDGED.validate(found)
    return found.set_index(["kind", "member"])


def test_an_exact_posterior_lacks_nothing(table):
    exact = table.loc["seed", 0]
    assert exact["margin"] >= 0
    assert exact["deficit"] < 0.07
    assert exact["coverage_50"] == pytest.approx(0.5, abs=0.08)
    assert exact["coverage_90"] == pytest.approx(0.9, abs=0.05)
    assert exact["c2st"] == pytest.approx(0.5, abs=0.05)
    assert exact["width"] == pytest.approx(1, abs=0.06)
    # the median of -chi2/2 of two degrees, by the normal's constant and the prior's
    expected = -np.log(2) - np.log(2 * np.pi * NOISE**2) + 2 * np.log(100)
    assert exact["log_density"] == pytest.approx(expected, abs=0.2)


def test_narrow_and_shifted_ones_are_over_confident_and_wide_ones_are_not(table):
    narrow, wide, shifted = (table.loc["seed", number] for number in (1, 2, 3))
    # of the half width, levels p of two parameters hold 1 - (1 - p)^(1/4)
    assert narrow["coverage_90"] == pytest.approx(1 - 0.1**0.25, abs=0.07)
    assert narrow["margin"] < 0
    assert narrow["deficit"] > 0.3
    assert wide["margin"] > 0
    assert wide["deficit"] == 0
    assert wide["width"] == pytest.approx(2, abs=0.15)
    assert wide["log_density"] < table.loc["seed", 0]["log_density"]
    assert shifted["margin"] < 0
    assert shifted["c2st"] > 0.95
    assert shifted["width"] == pytest.approx(1, abs=0.06)


def test_seconds_are_those_of_all_seeds_of_a_member(table):
    assert table.loc[("seed", 0), "seconds"] == 2
    assert table.loc[("ensemble", 0), "seconds"] == 10


def compared(**values):
    """A seed and an ensemble of the recommended way given F and H, at two budgets."""
    way, repair = claims.RECOMMENDED
    exact = {"coverage_50": 0.5, "coverage_90": 0.9, "deficit": 0.01, "margin": 0.02}
    exact |= {"log_density": 5.0, "c2st": 0.51, "wasserstein": 0.0, "width": 1.0, "seconds": 1.0}
    table = pd.DataFrame(
        [
            {"kind": kind, "member": 0, "blind": False, "problem": problem, "budget": budget}
            | {"way": way, "repair": repair, **exact}
            for problem in ("individual_first", "individual_all")
            for budget in (1000, 3000)
            for kind in ("seed", "ensemble")
        ]
    )
    last = table["budget"] == 3000
    return table.assign(**{name: table[name].where(~last, value) for name, value in values.items()})


def own(claim):
    (found,) = (one for one in registry.claims_of("remedies") if one.id == claim)
    return found


def found_of(claim, table):
    return own(claim).find(artifacts({claims.TABLE: table}, (claims.TABLE,)))


def decided(claim, table):
    return own(claim).holds.holds(found_of(claim, table).quantities)


@pytest.mark.parametrize(
    ("claim", "values", "holds"),
    [
        ("own-remedy-coverage", {"margin": 0.0}, True),
        ("own-remedy-coverage", {"margin": -0.01}, False),
        ("own-remedy-c2st", {"c2st": 0.55}, True),
        ("own-remedy-c2st", {"c2st": 0.56}, False),
    ],
)
def test_claims_are_of_the_recommended_way_at_the_budget(claim, values, holds):
    assert decided(claim, compared(**values)) is holds
    other = compared(**values).assign(repair="none", margin=-1.0, c2st=1.0)
    assert decided(claim, pd.concat([compared(**values), other])) is holds


def test_coverage_is_decided_by_ensembles_and_tells_of_single_networks():
    table = compared(margin=0.0)
    single = (table["kind"] == "seed") & (table["budget"] == 3000)
    table.loc[single, "margin"] = -0.01
    assert decided("own-remedy-coverage", table)
    found = found_of("own-remedy-coverage", table)
    assert "1 of 1 ensembles, 0 of 1 single networks, worst -0.010" in found.text


def test_the_text_has_a_row_a_way_and_means_of_both_kinds():
    table = compared(c2st=0.6)
    COMPARED.validate(table)
    way, repair = claims.RECOMMENDED
    rows = [line for line in markdown(table).splitlines() if line.startswith("| individual")]
    assert len(rows) == 4
    assert rows[1].startswith(f"| individual_first | 3000 | {way} | {repair} | 0.50 / 0.50 | 0.90")
    assert "| 0.60 / 0.60 |" in rows[1]


def test_the_figure_has_any_repair_of_any_observable():
    """More than there are marks, so that some are used twice."""
    repairs = ("none", *(f"own_{number}" for number in range(9)))
    problems = ("individual_first", "global_relative")
    table = pd.concat(
        [
            compared().assign(repair=repair, problem=problem)
            for repair in repairs
            for problem in problems
        ]
    )
    given = artifacts({claims.TABLE: table}, (claims.TABLE,))
    with style.figure(6.0) as canvas:
        claims.draw(canvas, given)
        titles = [axes.get_title() for axes in canvas.axes[:2]]
        (legend,) = canvas.legends
        assert len(legend.get_texts()) == len(repairs)
    assert titles[0].startswith("7 parameters\ngiven $")
    assert titles[1] == "2 parameters\ngiven relative"
    found = found_of("own-remedy-c2st", table.assign(repair=claims.RECOMMENDED[1]))
    assert "2 parameters given relative: 0.510" in found.text
