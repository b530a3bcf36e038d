"""The page as a self-contained HTML file and as one picture."""

from __future__ import annotations

import base64
import io
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import jinja2
import matplotlib.pyplot as plt
import seaborn as sns
from matplotlib.figure import Figure

from analog_sbi.artifacts import Maker, write_bytes, write_text
from analog_sbi.page import panels
from analog_sbi.page.answer import Answer
from analog_sbi.page.conclusions import sentences, widths

TEMPLATE = Path(__file__).with_name("page.html")
WIDTH = 7.5  # inches


def html(answer: Answer) -> str:
    """The page: no file beside it is needed."""
    template = jinja2.Environment(autoescape=True, undefined=jinja2.StrictUndefined).from_string(
        TEMPLATE.read_text()
    )
    side = panels.side(answer)
    return template.render(
        title=answer.problem.name,
        certificate=answer.certificate,
        sentences=sentences(answer.pooled, answer.problem.prior),
        widths=widths(answer.pooled, answer.problem.prior),
        seeds=len(answer.samples),
        parameters=_embedded(panels.parameters, answer, (side, side)),
        predictions=_embedded(panels.predictions, answer, (WIDTH, 3.2)),
        rounds=_embedded(panels.rounds, answer, (WIDTH, 2.6)),
        facts=answer.facts,
    )


def write_page(
    answer: Answer, page: str | Path, picture: str | Path, maker: Maker | None = None
) -> None:
    """Write the page and its picture; equal answers of one maker give equal files."""
    write_text(html(answer), page, maker)
    side = panels.side(answer)
    width = max(side, WIDTH)
    with _figure((width, side + 6.4)) as canvas:
        parts = canvas.subfigures(3, 1, squeeze=False, height_ratios=(side, 3.3, 2.6))
        upper, middle, lower = parts[:, 0]
        margin = max((width - side) / 2, 0.01)
        square = upper.subfigures(1, 3, squeeze=False, width_ratios=(margin, side, margin))
        panels.parameters(square[0, 1], answer)
        panels.predictions(middle, answer)
        panels.rounds(lower, answer)
        canvas.suptitle(f"{answer.problem.name}\n{answer.certificate.verdict}", wrap=True)
        write_bytes(_png(canvas), picture, maker)


def _embedded(
    draw: Callable[[Figure, Answer], None], answer: Answer, size: tuple[float, float]
) -> str:
    with _figure(size) as canvas:
        draw(canvas, answer)
        return base64.b64encode(_png(canvas)).decode()


def _png(canvas: Figure) -> bytes:
    file = io.BytesIO()
    canvas.savefig(file, format="png", dpi=150, metadata={"Software": None})
    return file.getvalue()


@contextmanager
def _figure(size: tuple[float, float]) -> Iterator[Figure]:
    with sns.axes_style("ticks"), plt.rc_context({"font.size": 8, "axes.linewidth": 0.6}):
        canvas = plt.figure(figsize=size, layout="constrained")
        try:
            yield canvas
        finally:
            plt.close(canvas)
