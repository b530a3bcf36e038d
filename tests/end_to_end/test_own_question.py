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
