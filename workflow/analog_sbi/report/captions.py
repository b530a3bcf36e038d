"""Captions of figures: templates that print what a run used, in the little of reST that they have.

The same files are captions of Snakemake's own report, which gives them ``snakemake``.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from html import escape
from types import SimpleNamespace
from typing import Any

import jinja2


def rendered(source: str, given: Mapping[str, Any], config: Mapping[str, Any], **named: str) -> str:
    """Text of a caption; ``given`` is what the figure is given, ``named`` its other params.

    Raises jinja2.UndefinedError if it asks for what there is not.
    """
    run = SimpleNamespace(params=SimpleNamespace(given=given, **named), config=config)
    return jinja2.Template(source, undefined=jinja2.StrictUndefined).render(snakemake=run).strip()


def html(text: str) -> str:
    """Caption as HTML: ``**strong**`` and double backquotes; all else is text."""
    safe = escape(text, quote=False)
    strong = re.sub(r"\*\*(.+?)\*\*", r"<strong>\1</strong>", safe)
    return re.sub(r"``(.+?)``", r"<code>\1</code>", strong)
