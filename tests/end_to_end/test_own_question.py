"""docs/own-question.md from an empty folder: every command on the page, and the page looked at."""

import base64
import json
import os
import re
import shutil
import subprocess

import matplotlib.image
import numpy as np
import pytest

from analog_sbi.artifacts import read_metadata
from analog_sbi.errors import ConfigurationError
from analog_sbi.study import load, posing
from tests.setups import LINE, configuration
from tests.workflow import ROOT, SNAKEMAKE, copy_of_the_study, environment

PAGE = ROOT / "docs" / "own-question.md"
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")


def commands() -> str:
    """Every block of commands on the page, as one script."""
    return "\n".join(re.findall(r"```sh\n(.*?)```", PAGE.read_text(), re.DOTALL))


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A folder that was empty, after every command on the page."""
    study = copy_of_the_study(tmp_path_factory.mktemp("study"))
    shutil.copytree(ROOT / "examples", study / "examples")
    found = tmp_path_factory.mktemp("question")
    path = os.pathsep.join((str(SNAKEMAKE.parent), os.environ["PATH"]))
    done = subprocess.run(
        ["bash", "-ec", commands()],
        cwd=found,
        env=environment(study) | {"STUDY": str(study), "PATH": path},
        capture_output=True,
        text=True,
        timeout=900,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return found / "results/bss2_sim/mine"


def test_the_certificate_answers(folder):
    told = json.loads((folder / "certificate.json").read_text())
    assert told["verdict"].startswith("usable")
    assert len(told["findings"]) == 8
    assert told["verdict"][1:] in (folder / "certificate.md").read_text()


def test_all_parts_of_the_answer_carry_one_key(folder):
    names = ("certificate.json", "certificate.md", "page.html", "page.png")
    found = [read_metadata(folder / name)["lineage"] for name in names]
    assert found[0]["inputs"]
    assert all(lineage == found[0] for lineage in found)


def test_the_page_needs_no_other_file(folder):
    page = (folder / "page.html").read_text()
    assert not re.findall(r'(?:src|href)="(?!data:|#)', page)
    pictures = re.findall(r'src="data:image/png;base64,([^"]+)"', page)
    assert len(pictures) == 3
    assert all(base64.b64decode(picture).startswith(b"\x89PNG") for picture in pictures)


@pytest.mark.skipif(CHROMIUM is None, reason="no Chromium")
def test_a_browser_shows_the_page(folder, tmp_path):
    shot = tmp_path / "shot.png"
    subprocess.run(
        [
            *(str(CHROMIUM), "--headless", "--no-sandbox", "--disable-gpu"),
            *(f"--user-data-dir={tmp_path}", "--window-size=900,2400", f"--screenshot={shot}"),
            (folder / "page.html").as_uri(),
        ],
        capture_output=True,
        timeout=120,
        check=True,
    )
    picture = matplotlib.image.imread(shot)[..., :3]
    written = (picture < 0.5).any(axis=2)
    assert written.any(axis=1).mean() > 0.2  # rows with ink
    colours = np.unique((picture[written] * 8).astype(int), axis=0)
    assert len(colours) > 20  # figures, not text alone


def asked(tmp_path, **experiment):
    """The study with a question, checked as Snakemake does before any job."""
    content = configuration()
    content["targets"]["own"] = {"file": str(tmp_path / "own.csv")}
    content["experiments"]["mine"] = {
        "parameters": "global",
        "observable": "first",
        "target": "own",
        "rounds": [100],
        "seeds": 1,
    } | experiment
    study = load(content | {"experiment": "mine"})
    posing.check(study)
    posing.try_model(study)


def refused(tmp_path, message, table=None, **experiment):
    if table is not None:
        (tmp_path / "own.csv").write_text(table)
    with pytest.raises(ConfigurationError, match=message) as caught:
        asked(tmp_path, **experiment)
    assert "\n" not in str(caught.value)


HEAD = "h_00,h_10,h_20,h_30\n"
GOOD = HEAD + "100,50,30,20\n101,51,31,21\n"


def test_a_good_table_is_taken(tmp_path):
    (tmp_path / "own.csv").write_text(GOOD)
    asked(tmp_path)


@pytest.mark.parametrize(
    ("table", "message"),
    [
        (None, r"targets\.own: .*own\.csv"),
        ("", "expected a CSV table, found"),
        ("\x00\x01\x02", "own.csv"),
        (HEAD, "expected a row a trial, found none"),
        ("h_01,h_11\n1,2\n3,4\n", "missing: h_00"),
        (HEAD.replace("h_30", "h_44") + "1,2,3,4\n2,3,4,5\n", "found h_44"),
        (HEAD.replace("h_30", "h_00") + "1,2,3,4\n2,3,4,5\n", "found h_00 twice"),
        (HEAD + "1,2,3,x\n2,3,4,5\n", "column h_30 expected numbers, found 'x' in row 1"),
        (HEAD + "mV,mV,mV,mV\n1,2,3,4\n2,3,4,5\n", "expected in MADC LSB, found 'mV'"),
        (HEAD + "1,2,3\n2,3,4,5,6\n", "expected a CSV table, found"),
        (HEAD + "1,2,3,4000\n2,3,4,5\n", "within the readout's range .* found 4000"),
        (HEAD + "1,2,3,inf\n2,3,4,5\n", "expected finite numbers, found inf"),
        (HEAD + "1,2,3,4\n", "expected at least 2 trials, found 1"),
        (HEAD + "1,2,3,4\n1,2,3,4\n", "expected trials that differ"),
        (HEAD + ",,,\n,,,\n", "expected values of features, found none"),
        (HEAD + "nan,nan,nan,nan\n" * 2, "expected values of features, found none"),
        ("trial,time,v_0,v_1,v_2,v_3\n0,0,1,1,1,1\n1,0,1,1,1,1\n1,1,1,1,1,1\n", "trial"),
    ],
)
def test_bad_observations_get_one_line(tmp_path, table, message):
    refused(tmp_path, message, table)


@pytest.mark.parametrize(
    ("experiment", "message"),
    [
        ({"target": "onw"}, "experiments.mine.target: expected one of .*own"),
        ({"observable": "frist"}, "experiments.mine.observable: expected one of .*first"),
        ({"observable": "none.py"}, r"experiments\.mine\.observable: none\.py: .* found no file"),
        ({"parameters": "gobal"}, "experiments.mine.parameters: expected one of .*global"),
        ({"model": "chian"}, "experiments.mine.model: expected one of .*chain"),
        ({"prior": {"g_leek": [1, 2]}}, r"experiments\.mine\.prior\.g_leek: expected one of"),
        ({"prior": {"g_leak": [1, 2000]}}, r"experiments\.mine\.prior\.g_leak: expected bounds"),
        ({"parameters": "global_log"}, "global_log: .*g_leak: expected bounds above 0"),
    ],
)
def test_wrong_names_get_one_line(tmp_path, experiment, message):
    refused(tmp_path, message, GOOD, **experiment)


@pytest.mark.parametrize(
    ("model", "message"),
    [
        (None, "expected a file to read, found"),
        ("import no_such_module", "found ModuleNotFoundError"),
        (LINE.replace("def measure", "def mesure"), r"expected a function measure"),
        (LINE.replace("trace[:, [0, -1]]", "trace"), r"expected ends of shape \(3, 2\)"),
        (LINE.replace("trace[:, [0, -1]]", "trace[:-1, [0, -1]]"), r"found \(2, 2\)"),
        (LINE.replace("trace[:, [0, -1]]", "trace[[0, 0, 1, 1], :2]"), r"found \(4, 2\)"),
        (LINE.replace("trace[:, [0, -1]]", "[['a', 'b']] * 3"), "expected numbers in ends"),
    ],
)
def test_bad_model_files_get_one_line(tmp_path, model, message):
    path = tmp_path / "own.py"
    if model is not None:
        path.write_text(model)
    table = "first,last\n0.1,1\n0.2,1.1\n"
    arguments = {"model": str(path), "parameters": "identity", "observable": "ends"}
    refused(tmp_path, message, table, **arguments)
