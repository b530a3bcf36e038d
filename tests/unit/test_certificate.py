"""Every kind of posterior gets the verdict it deserves: exact, narrow, wide, shifted and others.

Two parameters with a wide uniform prior, measured directly with normal noise: the posterior is
normal around the measurement, with the width of the noise.
"""

import json

import numpy as np
import pytest

from analog_sbi.diagnostics import certificate as rules
from analog_sbi.diagnostics.certificate import Certificate
from analog_sbi.diagnostics.uniformity import band, cumulative

NOISE, HALF = 1.0, 20.0  # of the prior
SEEDS, SAMPLES, TESTS, RANKS = 5, 500, 200, 99
LEVELS = np.linspace(0.05, 0.95, 19)


def issued(
    random: np.random.Generator,
    width: float = 1.0,
    shift: float = 0.0,
    apart: float = 0.0,
    moved: float = 0.0,
    target: np.ndarray | None = None,
    acceptance: float = 1.0,
    blind: int = 0,
) -> Certificate:
    """Certificate of a posterior that is wrong in width, location, or as said."""
    theta = random.uniform(-HALF, HALF, 2)
    x = theta + NOISE * random.normal(size=2) if target is None else target
    centres = x + shift + apart * random.normal(size=(SEEDS, 1, 2))
    samples = centres + width * NOISE * random.normal(size=(SEEDS, SAMPLES, 2))
    before = x + shift + moved + width * NOISE * random.normal(size=(SAMPLES, 2))
    pooled = samples.reshape(-1, 2)
    predictive = pooled + NOISE * random.normal(size=pooled.shape)
    prior = random.uniform(-HALF, HALF, (1000, 2)) + NOISE * random.normal(size=(1000, 2))
    outside = np.abs(x).max() - np.abs(prior).max(axis=1)
    p_value = float((outside <= 0).mean())
    return Certificate(
        "a problem",
        "key",
        (
            rules.target_is_known({"largest": max(p_value, 1e-4)}),
            rules.mass_is_inside(np.full(SEEDS, acceptance)),
            rules.networks_see(np.arange(SEEDS) < blind),
            rules.seeds_agree(samples),
            rules.rounds_settled(before, samples[0]),
            rules.is_covered(LEVELS, *coverage(random, width, shift)),
            rules.target_is_predicted(predictive, x, ("x_0", "x_1")),
            rules.samples_suffice(len(pooled)),
        ),
    )


def coverage(random, width, shift):
    """Shares of tests in regions of highest density, and the band of exact ones."""
    error = NOISE * random.normal(size=(TESTS, 1, 2)) + shift
    own = np.linalg.norm(error, axis=-1)
    drawn = np.linalg.norm(width * NOISE * random.normal(size=(TESTS, RANKS, 2)), axis=-1)
    ranks = (drawn < own).sum(axis=1)
    value = cumulative(ranks, RANKS, LEVELS)
    return value, *band(TESTS, RANKS, LEVELS, 1 - rules.UNLIKELY)


def test_an_exact_posterior_is_usable_in_95_of_100_repetitions():
    verdicts = [issued(np.random.default_rng(number)).verdict for number in range(100)]
    assert sum(verdict == "usable" for verdict in verdicts) >= 95


@pytest.mark.parametrize(
    ("wrong", "verdict"),
    [
        ({"width": 0.8}, "usable with care: over-confident"),
        ({"width": 0.4}, "do not use: over-confident"),
        ({"width": 2.5}, "usable with care: wider than necessary"),
        ({"shift": 1.5}, "do not use: over-confident"),
        ({"blind": 1}, "usable with care: 1 of 5 are blind"),
        ({"blind": 3}, "do not use: 3 of 5 are blind"),
        ({"acceptance": 0.3}, "usable with care: of a network's mass only 30 %"),
        ({"acceptance": 0.01}, "do not use: of a network's mass only 1 %"),
        ({"target": np.array([21.0, 40.0])}, "do not use: the target is unlike"),
        ({"apart": 0.7}, "usable with care: 5 seeds disagree"),
        ({"apart": 5.0}, "do not use: 5 seeds disagree"),
        ({"moved": 1.5}, "usable with care: the last round still moved"),
    ],
)
def test_a_wrong_posterior_is_called_what_it_is(wrong, verdict):
    told = [issued(np.random.default_rng(number), **wrong).verdict for number in range(10)]
    assert sum(text.startswith(verdict) for text in told) >= 9, told


@pytest.mark.parametrize(
    ("value", "grade"), [(0.0049, "care"), (0.0051, "good"), (0.0004, "bad"), (0.0006, "care")]
)
def test_limits_of_probability(value, grade):
    assert rules.target_is_known({"density": value}).grade == grade


@pytest.mark.parametrize(("samples", "grade"), [(99, "care"), (101, "good")])
def test_limit_of_samples(samples, grade):
    assert rules.samples_suffice(samples).grade == grade


@pytest.mark.parametrize(
    ("moved", "grade"),
    [(-0.11, "bad"), (-0.02, "care"), (0.0, "good"), (0.09, "good"), (0.11, "care")],
)
def test_limits_of_coverage(moved, grade):
    level = np.array([0.5])
    assert rules.is_covered(level, level + moved, level, level).grade == grade


def test_one_seed_tells_nothing_of_its_error():
    assert rules.seeds_agree(np.zeros((1, 10, 2))).grade == "care"
    assert rules.target_is_known({}).grade == "care"


def test_a_target_beyond_all_predictions_is_noticed_by_its_distance():
    predictive = np.random.default_rng(0).normal(size=(50, 1))
    assert rules.target_is_predicted(predictive, np.array([0.0]), ("x",)).grade == "good"
    far = rules.target_is_predicted(predictive, np.array([8.0]), ("x",))
    assert far.grade == "bad"
    assert "miss x of the target by" in far.answer


def test_r_hat_sees_location_and_width():
    random = np.random.default_rng(0)
    same = random.normal(size=(4, 500, 2))
    assert rules.r_hat(same) < 1.02
    moved, wider = same.copy(), same.copy()
    moved[0, :, 1] += 1
    wider[0, :, 0] *= 4
    assert rules.r_hat(moved) > 1.05
    assert rules.r_hat(wider) > 1.05


def test_effective_samples():
    assert rules.effective_samples(np.ones(50)) == pytest.approx(50)
    assert rules.effective_samples(np.eye(50)[0]) == pytest.approx(1)


def test_json_and_words_say_the_same():
    made = issued(np.random.default_rng(0), width=0.4)
    told = json.loads(rules.as_json(made))
    assert told["verdict"] == made.verdict
    assert told["grade"] == "do not use"
    assert f"**Do{made.verdict[2:]}.**" in rules.as_words(made)
    assert len(told["findings"]) == 8
