"""What the report tells: sections with figures and claims, and how the run was made."""

from __future__ import annotations

import base64
import platform
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path
from typing import Any

import pandas as pd

from analog_sbi.artifacts import read_table
from analog_sbi.paper.table import SCHEMA
from analog_sbi.provenance import version

PLACES = {
    "bss2_sim": "on a model of the chip",
    "bss2": "on BrainScaleS-2",
    "arbor": "in the simulator Arbor",
}
"""How a headline says where a backend measures."""
PACKAGES = ("snakemake", "sbi", "torch", "numpy", "scipy", "pandas", "numba", "arbor", "zuko")
LARGEST_DRAWING = 1_000_000  # bytes of an SVG; beyond, a page is slow to open
SECONDS, MEMORY = "s", "max_rss"  # columns of Snakemake's benchmarks, MB of memory


@dataclass(frozen=True)
class Picture:
    """A figure: its SVG, what is said below it, and the tables that it is drawn from."""

    name: str
    title: str
    number: str | None
    path: str
    caption: str
    tables: tuple[str, ...]

    @property
    def called(self) -> str:
        """Heading."""
        return f"Figure {self.number}" if self.number else self.title

    @property
    def embedded(self) -> str:
        """The file as a data URI, so that the page needs none beside it; pixels of a huge one."""
        drawing, pixels = Path(self.path), Path(self.path).with_suffix(".png")
        if drawing.stat().st_size > LARGEST_DRAWING and pixels.is_file():
            return f"data:image/png;base64,{_base64(pixels)}"
        return f"data:image/svg+xml;base64,{_base64(drawing)}"


@dataclass(frozen=True)
class Claim:
    """A row of the table of claims; ``holds`` is None where it is not computed."""

    id: str
    paper: str
    value: str
    criterion: str
    holds: bool | None
    ours: bool


@dataclass(frozen=True)
class Section:
    """Figures and claims of one module: a figure of the paper, or a question of our own."""

    anchor: str
    pictures: tuple[Picture, ...]
    claims: tuple[Claim, ...]

    @property
    def heading(self) -> str:
        """Of its first figure, else the name of the module."""
        first = self.pictures[0] if self.pictures else None
        if first is None:
            return self.anchor
        return f"{first.called}: {first.title}" if first.number else first.title

    @property
    def called(self) -> str:
        """Short heading, for the list of sections."""
        return self.pictures[0].called if self.pictures else self.anchor


@dataclass(frozen=True)
class Jobs:
    """Time and memory of the jobs of one rule."""

    rule: str
    count: int
    seconds: float
    longest: float
    memory: float | None


def _base64(path: Path) -> str:
    return base64.b64encode(path.read_bytes()).decode()


def sections(
    pictures: Sequence[Mapping[str, Any]], tables: Mapping[str, str], ours: Sequence[str]
) -> tuple[Section, ...]:
    """Sections in the order of ``pictures``, plain data with a ``module`` each.

    ``tables`` are paths of the tables of claims by module, ``ours`` claims that are not the
    paper's.
    """
    modules = dict.fromkeys([*(picture["module"] for picture in pictures), *tables])
    return tuple(
        Section(
            anchor=module.replace(".", "-"),
            pictures=tuple(_picture(part) for part in pictures if part["module"] == module),
            claims=tuple(_claims(tables[module], ours)) if module in tables else (),
        )
        for module in modules
    )


def _picture(content: Mapping[str, Any]) -> Picture:
    parts = {key: value for key, value in content.items() if key != "module"}
    return Picture(**{**parts, "tables": tuple(parts["tables"])})


def _claims(path: str, ours: Sequence[str]) -> list[Claim]:
    rows = read_table(path, SCHEMA).to_dict("records")
    return [
        Claim(
            id=row["id"],
            paper=row["paper"],
            value="" if pd.isna(row["value"]) else row["value"],
            criterion=row["criterion"],
            holds=None if pd.isna(row["holds"]) else bool(row["holds"]),
            ours=row["id"] in ours,
        )
        for row in rows
    ]


def jobs(folder: str | Path) -> list[Jobs]:
    """Time and memory by rule, longest first, of the benchmarks that Snakemake wrote."""
    found: dict[str, list[pd.Series]] = {}
    for path in sorted(Path(folder).rglob("*.tsv")):
        inside = path.relative_to(folder)
        rule = inside.parts[0].removesuffix(".tsv")
        row = pd.read_csv(path, sep="\t", na_values=["NA", "-"])
        if len(row) and SECONDS in row:
            found.setdefault(rule, []).append(row.iloc[-1])
    every = [
        Jobs(
            rule=rule,
            count=len(rows),
            seconds=sum(float(row[SECONDS]) for row in rows),
            longest=max(float(row[SECONDS]) for row in rows),
            memory=_most([row.get(MEMORY) for row in rows]),
        )
        for rule, rows in found.items()
    ]
    return sorted(every, key=lambda job: -job.seconds)


def _most(values: Sequence[Any]) -> float | None:
    known = [float(value) for value in values if value is not None and not pd.isna(value)]
    return max(known) if known else None


def counted(parts: Sequence[Section]) -> dict[str, int]:
    """How many claims hold, fail and are not computed."""
    verdicts = [claim.holds for part in parts for claim in part.claims]
    return {
        "hold": verdicts.count(True),
        "fail": verdicts.count(False),
        "open": verdicts.count(None),
    }


def day(paths: Sequence[str]) -> str:
    """Day on which the latest of some files was written."""
    latest = max(Path(path).stat().st_mtime for path in paths)
    return datetime.fromtimestamp(latest, UTC).strftime("%d %B %Y").lstrip("0")


def versions() -> dict[str, str]:
    """Versions of Python, of this library and of what the numbers depend on."""
    known = {"Python": platform.python_version(), "analog-sbi": version()}
    for package in PACKAGES:
        try:
            known[package] = metadata.version(package)
        except metadata.PackageNotFoundError:
            continue
    return {**known, "system": f"{platform.system()} {platform.machine()}"}
