"""A wrong configuration is refused with one line, and what is generated of it is current."""

import copy
import json
import random
import re

import pytest
import yaml
from jsonschema import Draft202012Validator

from analog_sbi.errors import ConfigurationError
from analog_sbi.study import generated, load, posing, repeated_keys, schema
from analog_sbi.study.anchors import apart
from tests.workflow import QUICK, copy_of_the_study, snakemake

LOOP: dict = {}
LOOP["again"] = LOOP
VALUES = [
    *(None, True, -1, 0, 1, 1.5, 2**40, 2**70, -(2**70), 1e300),
    *(float("nan"), float("inf"), -float("inf")),
    *("", "text", "1e-4", "two\nlines", "\x00", "tau_2d", "absent.py", "/dev/null"),
    *([], [[]], [1, 2, 3], [float("nan")], ["centre"], {}, {"a": 1}, {1: 2}, {"": 1}, LOOP),
    {"x": {"y": {"z": 1}}},
]
"""What may stand anywhere by mistake: other types, no numbers, huge, nested, aliases of itself."""


def places(value, path=()):
    """Paths of all parts of a configuration."""
    if path:
        yield path
    parts = value.items() if isinstance(value, dict) else enumerate(value)
    for key, part in parts:
        if isinstance(part, dict | list):
            yield from places(part, (*path, key))
        else:
            yield (*path, key)


def mutated(config: dict, rng: random.Random) -> dict:
    """A copy in which a part is replaced, missing, misnamed, or exchanged with another one."""
    changed = copy.deepcopy(config)
    paths = sorted(places(changed), key=str)
    *parents, last = rng.choice(paths)
    there = changed
    for key in parents:
        there = there[key]
    action = rng.choice(["replace", "replace", "remove", "rename", "wrap", "exchange"])
    if action == "replace":
        there[last] = rng.choice(VALUES)
    elif action == "remove":
        del there[last]
    elif action == "rename" and isinstance(there, dict):
        there[f"{last}x"] = there.pop(last)
    elif action == "wrap":
        there[last] = [there[last]] if rng.random() < 0.5 else {str(last): there[last]}
    else:
        other = changed
        for key in rng.choice(paths):
            other = other[key]
        there[last] = copy.deepcopy(other)
    return changed


def test_nothing_but_one_line_comes_of_a_mutated_configuration(config):
    rng = random.Random(1)
    messages = []
    for _ in range(800):
        try:
            posing.check(load(mutated(config, rng)))
        except ConfigurationError as error:
            messages.append(str(error))
    assert 400 < len(messages) < 800
    for message in messages:
        assert re.match(r"[\w'].*: .", message)
        assert message.isprintable()
        assert len(message) < 1000


def test_an_alias_of_itself_is_refused(config):
    text = "chain: &chain\n  length: *chain\n"
    with pytest.raises(ConfigurationError, match=r"chain\.length\.length.*: expected at most 12"):
        load({**config, **yaml.safe_load(text)})


def test_aliases_and_merges_are_values(config):
    text = yaml.safe_dump(config)
    overlay = yaml.safe_load(
        "experiments:\n  one: &one {parameters: global, observable: tau, rounds: [50], seeds: 2, "
        "target: centre, estimator: {transforms: 1, hidden: 10}}\n  two: {<<: *one, seeds: 3}\n"
    )
    whole = yaml.safe_load(text)
    whole["experiments"] |= overlay["experiments"]
    study = load(whole)
    assert (study.experiments["one"].seeds, study.experiments["two"].seeds) == (2, 3)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("seed: 1\ngrid: {steps: 3}\nseed: 2\n", "seed: expected once, found in lines 1 and 3"),
        ("grid:\n  steps: 3\n  steps: 4\n", "grid.steps: expected once, found in lines 2 and 3"),
        ('{"seed": 1,\n"seed": 1}', "seed: expected once, found in lines 1 and 2"),
        ("points:\n- {a: 1, a: 2}\n", "points.0.a: expected once, found in lines 2 and 2"),
        ("a: &a {x: 1}\nb: {<<: *a, x: 2}\nc: [*a, *a]\n", None),
        ("a: &a {b: *a}\n", None),
        ("1: 2\n'1': 3\n", None),
        ("{{{", None),
        ("", None),
    ],
)
def test_a_key_stands_once(tmp_path, text, found):
    path = tmp_path / "mine.yaml"
    path.write_text(text)
    if found is None:
        repeated_keys.check_once([path, tmp_path / "absent.yaml"])
    else:
        with pytest.raises(ConfigurationError, match=re.escape(f"{path}: {found}")):
            repeated_keys.check_once([path])


def test_a_run_refuses_a_repeated_key(tmp_path):
    folder = copy_of_the_study(tmp_path)
    (folder / "mine.yaml").write_text("seed: 1\nseed: 2\n")
    done = snakemake(folder, "-n", "--configfile", "mine.yaml", "--", "figure3")
    assert done.returncode != 0
    assert "mine.yaml: seed: expected once, found in lines 1 and 2" in done.stdout + done.stderr


@pytest.fixture(scope="module")
def editor() -> Draft202012Validator:
    Draft202012Validator.check_schema(schema.partial())
    return Draft202012Validator(schema.partial())


def test_generated_files_are_current(root):
    for name, content in generated.contents(root / "config").items():
        assert (root / "config" / name).read_text() == content, (
            f"config/{name} is not what the models say: run python -m analog_sbi.study"
        )


@pytest.mark.parametrize("name", ["config.yaml", "quick.yaml"])
def test_editors_accept_what_is_shipped(root, editor, name):
    path = root / "config" / name
    first = path.read_text().splitlines()[0]
    assert first == "# yaml-language-server: $schema=schema.json"
    assert list(editor.iter_errors(yaml.safe_load(path.read_text()))) == []


@pytest.mark.parametrize(
    "overlay",
    [
        {"bakend": "arbor"},
        {"chain": {"length": "four"}},
        {"targets": {"Slice": [0.1, 0.2]}},
        {"experiments": {"mine": {"rounds_as": "job"}}},
        {"experiments": {"mine": {"estimator": {"familie": "maf"}}}},
        {"reference": {"global": {"cells": 0}}},
    ],
)
def test_editors_refuse_what_is_wrong_in_an_overlay(editor, overlay):
    assert list(editor.iter_errors(overlay))


def test_nothing_is_required_in_an_overlay(root):
    text = (root / "config" / "schema.json").read_text()
    assert '"required"' not in text
    assert json.loads(text)["additionalProperties"]["type"] == "object"


def examples(root) -> list[str]:
    page = (root / "config" / "README.md").read_text()
    return re.findall(r"```yaml\n(.*?)```", page, re.DOTALL)


def overlaid(config: dict, overlay: dict) -> dict:
    """The configuration with an overlay, as Snakemake merges them."""
    merged = dict(config)
    for key, value in overlay.items():
        inner = isinstance(value, dict) and isinstance(merged.get(key), dict)
        merged[key] = overlaid(merged[key], value) if inner else value
    return merged


def test_examples_of_the_page_are_configurations(root, config, editor):
    pages = examples(root)
    assert len(pages) >= 5
    for text in pages:
        overlay = yaml.safe_load(text)
        assert list(editor.iter_errors(overlay)) == [], text
        load(overlaid(config, overlay))


def test_every_key_is_told_with_its_meaning(root, config):
    page = (root / "config" / "README.md").read_text()
    for name, section in config.items():
        keys = section if isinstance(section, dict) else {}
        assert f"### {name}\n" in page or f"| `{name}` |" in page
        if name in ("targets", "experiments"):
            keys = {}
        for key, value in keys.items():
            if (name, key) == ("compare_remedies", "ways"):
                continue
            inner = [f"{key}.{part}" for part in value] if isinstance(value, dict) else [key]
            assert all(f"| `{part}" in page for part in inner), f"{name}.{key}"
    empty = [line for line in page.splitlines() if re.match(r"\| `[^`]+` \|  \|", line)]
    assert empty == []


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return copy_of_the_study(tmp_path_factory.mktemp("configured"))


@pytest.mark.parametrize(
    ("overlay", "expected"),
    [
        ("chain: {lenght: 4}", "chain.lenght: unknown key"),
        ("inference: {learning_rate: .nan}", "inference.learning_rate: expected finite number"),
        ("experiments: {tau_2d: {model: absent.py}}", "absent.py"),
        (
            "targets: {mine: {file: absent.csv}}\nexperiments: {tau_2d: {target: mine}}",
            "absent.csv",
        ),
    ],
)
def test_snakemake_prints_one_line_and_no_traceback(folder, overlay, expected):
    (folder / "wrong.yaml").write_text(overlay)
    done = snakemake(folder, "figure3", "--dry-run", *QUICK, "wrong.yaml")
    assert done.returncode != 0
    output = done.stdout + done.stderr  # a dry-run writes to either
    told = [line for line in output.splitlines() if "configuration:" in line]
    assert len(told) == 1
    assert expected in told[0]
    assert "Traceback" not in output


@pytest.mark.parametrize("settings", [["backend=arbor"], ["experiment=tau_2d"], ["seed=7"]])
def test_the_command_line_sets_keys(folder, settings):
    done = snakemake(folder, "figure3", "--dry-run", *QUICK, "--config", *settings)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(
    ("setting", "expected"),
    [
        ("backend=bss3", "backend: expected one of arbor, bss2, bss2_sim"),
        ("sed=3", "sed: unknown key"),
        ("experiment=mine", "experiment: expected one of tau_2d"),
    ],
)
def test_the_command_line_is_checked(folder, setting, expected):
    done = snakemake(folder, "figure3", "--dry-run", *QUICK, "--config", setting)
    assert done.returncode != 0
    output = done.stdout + done.stderr
    assert expected in output
    assert "Traceback" not in output


def test_entries_with_one_anchor_are_things_of_their_own():
    shared = yaml.safe_load("one: &one {deep: {a: 1}, row: [{b: 2}]}\ntwo: {<<: *one}\nthree: *one")
    assert shared["one"]["deep"] is shared["two"]["deep"]
    own = apart(shared)
    assert own == shared
    own["two"]["deep"]["a"] = own["three"]["row"][0]["b"] = 7
    assert own["one"] == shared["one"] == {"deep": {"a": 1}, "row": [{"b": 2}]}


MINE = """
experiments:
  one: &one {parameters: global, observable: first, target: centre, rounds: [50], seeds: 2,
             estimator: {hidden: 20}}
  two: {<<: *one}
"""


@pytest.mark.parametrize("name", ["all_7d", "two"])
def test_one_of_several_experiments_with_an_anchor_is_changed_alone(tmp_path, name):
    folder = copy_of_the_study(tmp_path)
    (folder / "mine.yaml").write_text(MINE)
    change = f"experiments={{{name}: {{estimator: {{hidden: many}}}}}}"
    command = ("--dry-run", "--configfile", "mine.yaml", "--config", change)
    done = snakemake(folder, "figure2", *command)
    assert f"experiments.{name}.estimator.hidden: expected integer" in done.stdout + done.stderr
