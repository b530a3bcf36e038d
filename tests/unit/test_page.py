"""The page of an answer: conclusions that follow from the samples, one file with everything."""

import re
from html.parser import HTMLParser

import numpy as np
import pytest

from analog_sbi.backends import Setup
from analog_sbi.diagnostics import certificate as rules
from analog_sbi.diagnostics.certificate import Certificate
from analog_sbi.page.answer import Answer
from analog_sbi.page.conclusions import at_edge, sentences, tied, widths
from analog_sbi.page.panels import FINEST, bin_edges
from analog_sbi.page.write import html, write_page
from analog_sbi.prior import Box
from analog_sbi.problem import Given, Problem
from analog_sbi.space import Space

SPACE = Space(("a", "b", "c"), ("mV", "", "S"), np.zeros(3), np.array([10.0, 10.0, 10.0]))


def answer(features: int = 2, position: bool = False) -> Answer:
    random = np.random.default_rng(0)
    names = tuple(f"x_{i}" for i in range(features))
    target = Given("slice7", "data/<slice7>.csv", "digest")
    setup = Setup("function", "mine.py")
    units = ("mV",) * features
    problem = Problem(setup, "all", "all", Box(SPACE), names, units, {}, target)
    samples = 5 + random.normal(size=(3, 200, 3)) * [0.3, 1.5, 3.0]
    certificate = Certificate(problem.name, problem.key, (rules.mass_is_inside(np.ones(3)),))
    return Answer(
        problem=problem,
        certificate=certificate,
        samples=samples.clip(0, 10),
        trials=random.normal(size=(20, features)),
        prior=5 * random.normal(size=(100, features)),
        predictive=random.normal(size=(100, features)),
        distances=np.array([[5.0, 2.0, 1.0]] * 3),
        facts={"file": "data/<slice7>.csv"},
        position=np.full(3, 5.0) if position else None,
    )


def test_widths_and_words():
    made = answer()
    share = [width.share for width in widths(made.pooled, Box(SPACE))]
    assert share[0] < 0.25 < share[1] < 0.8 < share[2]
    told = " ".join(sentences(made.pooled, Box(SPACE)))
    assert "observation determines: a (" in told
    assert "observation narrows down: b (" in told
    assert "observation hardly determines: c (" in told
    assert "of the prior); of their values it says little." in told


@pytest.mark.parametrize(("correlation", "count"), [(0.5, 0), (0.7, 1)])
def test_tied_parameters(correlation, count):
    a, b = np.random.default_rng(1).normal(size=(2, 5000))
    b = correlation * a + np.sqrt(1 - correlation**2) * b
    assert len(tied(np.stack([a, b], axis=1), ("a", "b"))) == count
    assert tied(a[:, None], ("a",)) == []


@pytest.mark.parametrize(("share", "crowded"), [(0.15, []), (0.25, ["a"])])
def test_samples_at_a_bound_are_told(share, crowded):
    samples = np.full((1000, 3), 5.0)
    samples[: int(1000 * share), 0] = 0.1
    assert at_edge(samples, Box(SPACE)) == crowded


class Tags(HTMLParser):
    def __init__(self):
        super().__init__()
        self.found = []

    def handle_starttag(self, tag, attrs):
        self.found.append((tag, dict(attrs)))


@pytest.mark.parametrize("features", [1, 16])
def test_the_page_is_one_file_with_three_figures(features, tmp_path):
    made = answer(features, position=features == 1)
    write_page(made, tmp_path / "page.html", tmp_path / "page.png")
    text = (tmp_path / "page.html").read_text()
    page = Tags()
    page.feed(text)
    sources = [attrs["src"] for tag, attrs in page.found if tag == "img"]
    assert len(sources) == 3
    assert all(source.startswith("data:image/png;base64,") for source in sources)
    assert not re.search(r'(src|href)="(?!data:)', text)
    assert "data/&lt;slice7&gt;.csv" in text
    assert made.certificate.verdict in text
    assert (tmp_path / "page.png").read_bytes()[:4] == b"\x89PNG"


def test_equal_answers_give_equal_pages():
    assert html(answer()) == html(answer())


@pytest.mark.parametrize(
    ("width", "expected"), [(10.0, 25), (1.0, 243), (1e-3, FINEST), (0.0, FINEST)]
)
def test_bins_are_as_narrow_as_the_posterior(width, expected):
    values = np.linspace(5 - width / 2, 5 + width / 2, 1001)
    edges = bin_edges(values, 0, 10, 24)
    assert len(edges) - 1 == pytest.approx(expected, rel=0.02)
    assert (edges[0], edges[-1]) == (0, 10)
