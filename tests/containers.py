"""The images of containers/ without Docker or Apptainer: their steps, done in an empty root.

    debootstrap --variant=minbase --include=ca-certificates,python3,python3-pip bookworm ROOT
    python tests/containers.py containers/Dockerfile ROOT

copies what a recipe copies into ROOT, which holds a Debian with Python 3.11, and runs there what it
runs (``chroot``, as root). Names and files of package indices are those of this machine.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).parents[1]
DOCKERFILE, DEFINITION = "containers/Dockerfile", "containers/analog-sbi.def"


@dataclass(frozen=True)
class Copy:
    """A file or folder of the repository, and its absolute place in the image."""

    source: str
    place: str


@dataclass(frozen=True)
class Run:
    """A command of the shell and the folder it runs in."""

    command: str
    folder: str


def steps(recipe: str) -> list[Copy | Run]:
    """Steps of a recipe, a path in the repository, without optional arguments of the build."""
    text = (HERE / recipe).read_text()
    return _of_dockerfile(text) if recipe == DOCKERFILE else _of_definition(text)


def _of_dockerfile(text: str) -> list[Copy | Run]:
    found: list[Copy | Run] = []
    folder = "/"
    lines = re.sub(r"\\\n", "", re.sub(r"^#.*\n", "", text, flags=re.M)).splitlines()
    for word, _, rest in (line.partition(" ") for line in lines if line.strip()):
        if word == "WORKDIR":
            folder = rest
        elif word == "COPY":
            *sources, place = rest.split()
            found += [_copied(source, place, folder, len(sources)) for source in sources]
        elif word == "RUN":
            found.append(Run(rest, folder))
        elif word not in ("FROM", "ARG", "ENV", "CMD"):
            raise ValueError(f"{DOCKERFILE}: expected a known instruction, found {word}")
    return found


def _copied(source: str, place: str, folder: str, many: int) -> Copy:
    """Into a folder if the place ends like one, as Docker copies."""
    path = os.path.normpath(os.path.join(folder, place))
    inside = place.endswith("/") or many > 1
    return Copy(source, os.path.join(path, os.path.basename(source)) if inside else path)


def _of_definition(text: str) -> list[Copy | Run]:
    sections = dict(re.findall(r"^%(\w+)\n(.*?)(?=^%|\Z)", text, flags=re.M | re.S))
    copies = [Copy(*line.split()) for line in sections["files"].splitlines() if line.strip()]
    commands = re.sub(r"\{\{ \w+ \}\}", "", sections["post"])
    return [*copies, Run(commands, "/")]


def build(recipe: str, root: Path) -> None:
    """Do the steps of a recipe in a root."""
    for step in steps(recipe):
        if isinstance(step, Copy):
            source, place = HERE / step.source, root / step.place.lstrip("/")
            place.parent.mkdir(parents=True, exist_ok=True)
            if source.is_dir():
                ignore = shutil.ignore_patterns("__pycache__", "*.egg-info")
                shutil.copytree(source, place, ignore=ignore, dirs_exist_ok=True)
            else:
                shutil.copyfile(source, place)
        else:
            (root / step.folder.lstrip("/")).mkdir(parents=True, exist_ok=True)
            own = {**os.environ, "TORCH_INDEX": "", "PIP_BREAK_SYSTEM_PACKAGES": "1"}
            own["PATH"] = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
            script = f"set -e; cd {step.folder}; {step.command}"
            subprocess.run(["chroot", str(root), "sh", "-c", script], env=own, check=True)


if __name__ == "__main__":
    build(sys.argv[1], Path(sys.argv[2]))
