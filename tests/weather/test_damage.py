"""Flipped bits of tables and posteriors, and strange configurations: one line or no effect."""

import copy
import random
import warnings

import pandas as pd
import pytest
import torch

from analog_sbi import posterior as posteriors
from analog_sbi import study
from analog_sbi.artifacts import Maker, read_table, table_schema, write_table
from analog_sbi.errors import StudyError
from analog_sbi.estimators.settings import EstimatorSettings
from analog_sbi.study import posing
from tests.setups import configuration
from tests.toys import untrained
from tests.weather.amounts import KINDS

MAKER = Maker("measure", "")


@pytest.fixture(scope="module")
def table(tmp_path_factory):
    path = tmp_path_factory.mktemp("damage") / "table.parquet"
    rng = random.Random(0)
    frame = pd.DataFrame({"h_00": [rng.random() for _ in range(40)], "seed": list(range(40))})
    write_table(frame, path, table_schema(numbers=("h_00",), integers=("seed",)), MAKER)
    return path


@pytest.fixture(scope="module")
def posterior(tmp_path_factory):
    path = tmp_path_factory.mktemp("damage") / "posterior.pt"
    posteriors.write(untrained([(40.0, 60.0)], EstimatorSettings(1, 5)), path, MAKER)
    return path


def values(path):
    return posteriors.read(path).plain() if path.suffix == ".pt" else read_table(path)


def attempt(function, argument):
    """Result of a function, or the message of a refusal."""
    try:
        return function(argument), ""
    except StudyError as error:
        return None, str(error)


def equal(one, other):
    if isinstance(one, pd.DataFrame):
        return one.equals(other)
    if isinstance(one, torch.Tensor):
        return torch.equal(one, other)
    if isinstance(one, dict):
        return one.keys() == other.keys() and all(equal(one[key], other[key]) for key in one)
    if isinstance(one, list | tuple):
        return len(one) == len(other) and all(map(equal, one, other))
    return one == other


@pytest.mark.parametrize("kind", ["parquet", "posterior"])
def test_flipped_bits_are_noticed_or_harmless(table, posterior, tmp_path, kind):
    path = table if kind == "parquet" else posterior
    expected, content, wrong = values(path), path.read_bytes(), []
    flipped = tmp_path / path.name
    for number in range(KINDS[kind].count):
        rng = random.Random(f"{kind} {number}")
        place, bit = rng.randrange(len(content)), rng.randrange(8)
        damaged = bytearray(content)
        damaged[place] ^= 1 << bit
        flipped.write_bytes(damaged)
        try:
            with KINDS[kind].trial():
                found, message = attempt(values, flipped)
                assert "\n" not in message
                assert message or equal(found, expected)
        except Exception as error:
            wrong.append((place, bit, repr(error)[:200]))
    assert wrong == []


STRANGE = [
    None, True, -1, 0, 1, 2**40, 2**70, -(2**70), 1.5, float("nan"), float("inf"), 1e300, "",
    "text", "1e-4", "a\nb", "\0", [], [[]], {}, {"a": 1}, [1, 2, 3], [float("nan")], {1: 2},
    {"": 1}, "tau_2d", "x.py", "/dev/null", ["centre"], {"x": {"y": {"z": 1}}},
]  # fmt: skip


def places(value, path=()):
    if path:
        yield path
    if isinstance(value, dict | list):
        items = value.items() if isinstance(value, dict) else enumerate(value)
        for key, part in items:
            yield from places(part, (*path, key))


def test_strange_configurations_are_accepted_or_refused_in_one_line():
    base, wrong = configuration(), []
    everywhere = list(places(base))
    for number in range(KINDS["configuration"].count):
        rng = random.Random(f"configuration {number}")
        changed, what = copy.deepcopy(base), []
        for _ in range(rng.choice([1, 1, 2])):
            path, value = rng.choice(everywhere), copy.deepcopy(rng.choice(STRANGE))
            part = changed
            try:
                for key in path[:-1]:
                    part = part[key]
                part[path[-1]] = value
            except (KeyError, TypeError, IndexError):  # replaced by the change before
                continue
            what.append((path, value))
        try:
            with KINDS["configuration"].trial(), warnings.catch_warnings():
                warnings.simplefilter("ignore")
                assert "\n" not in attempt(lambda c: posing.check(study.load(c)), changed)[1]
        except Exception as error:
            wrong.append((what, repr(error)[:200]))
    assert wrong == []
