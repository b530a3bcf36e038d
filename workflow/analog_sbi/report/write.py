"""The report as one HTML file that needs no file beside it."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import jinja2

from analog_sbi.artifacts import Maker, write_text
from analog_sbi.paper.table import caution
from analog_sbi.report import captions
from analog_sbi.report.content import PLACES, Jobs, Section, counted, versions

TEMPLATE = Path(__file__).with_name("report.html")


def write_report(
    path: str | Path,
    parts: Sequence[Section],
    *,
    backend: str,
    day: str,
    facts: Mapping[str, str],
    smaller: Sequence[str],
    missing: Sequence[str],
    settings: str,
    jobs: Sequence[Jobs],
    maker: Maker | None = None,
) -> None:
    """Write the page; links to tables lead from its folder to theirs.

    ``facts`` stand in the headline, ``smaller`` are keys with small budgets, ``missing`` figures
    that are not there for these settings, ``settings`` is the configuration as text.
    """
    environment = jinja2.Environment(autoescape=True, undefined=jinja2.StrictUndefined)
    environment.filters["caption"] = captions.html
    environment.filters["size"] = _size
    environment.filters["time"] = _time
    environment.filters["link"] = lambda target: _link(target, path)
    page: dict[str, Any] = {
        "place": PLACES.get(backend, f"on backend {backend}"),
        "day": day,
        "facts": facts,
        "sections": parts,
        "verdicts": counted(parts),
        "caution": caution(smaller),
        "smaller": smaller,
        "missing": missing,
        "settings": settings,
        "jobs": jobs,
        "seconds": sum(job.seconds for job in jobs),
        "versions": versions(),
    }
    template = environment.from_string(TEMPLATE.read_text(encoding="utf-8"))
    write_text(template.render(**page), path, maker)


def _link(target: str, page: str | Path) -> str:
    return Path(os.path.relpath(target, Path(page).parent)).as_posix()


def _time(seconds: float) -> str:
    """Seconds as words: 3.2 s, 4 min 5 s, 2 h 3 min."""
    if seconds < 60:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 60:
        return f"{minutes} min {rest} s"
    return f"{minutes // 60} h {minutes % 60} min"


def _size(megabytes: float | None) -> str:
    return "" if megabytes is None else f"{megabytes:.0f} MB"
