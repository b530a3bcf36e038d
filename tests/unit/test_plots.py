"""What figures have in common: ticks, marks, labels of contour lines, points side by side."""

from types import SimpleNamespace

import matplotlib
import numpy as np
import pandas as pd
import pytest
import seaborn as sns
from matplotlib.text import Annotation

from analog_sbi.paper import coverage, pairs, trust
from analog_sbi.plots import plane, style
from analog_sbi.space import Space

CODES = Space(("g_leak", "g_axial"), ("DAC code", "DAC code"), (0.0, 0.0), (1022.0, 1022.0))


def test_figures_have_the_ticks_style_of_seaborn():
    """Set by what matplotlib ships: seaborn takes longer to import than a figure to draw."""
    with style.figure(2.0):
        ours = {name: matplotlib.rcParams[name] for name in sns.axes_style("ticks")}
    theirs = dict(sns.axes_style("ticks"))
    for unused in ("font.sans-serif", "image.cmap"):
        del ours[unused], theirs[unused]
    assert ours == theirs


@pytest.mark.parametrize(
    ("low", "high", "labels"),
    [
        (4.6, 8.5, ["5", "6", "7", "8"]),
        (0.054, 0.076, ["0.055", "0.06", "0.065", "0.07", "0.075"]),
        (2.9, 11.0, ["3", "4", "6", "8", "10"]),
        (3.8, 45.0, ["5", "10", "20"]),
        (0.02, 300.0, ["0.1", "1", "10", "100"]),
    ],
)
def test_logarithmic_axes_have_few_plain_numbers(low, high, labels):
    with style.figure(2.0) as canvas:
        axes = canvas.subplots()
        axes.plot([0, 1], [low, high])
        axes.set_yscale("log")
        axes.set_ylim(low, high)
        style.plain_logarithm(axes.yaxis)
        canvas.draw_without_rendering()
        inside = [
            tick.label1.get_text() for tick in axes.yaxis.get_major_ticks() if _within(tick, axes)
        ]
        minor = [tick.label1.get_text() for tick in axes.yaxis.get_minor_ticks()]
    assert inside == labels
    assert not any(minor)


def _within(tick, axes) -> bool:
    low, high = axes.get_ylim()
    return low <= tick.get_loc() <= high


def test_a_cross_in_a_colour_has_a_rim_and_a_black_one_none():
    with style.figure(2.0) as canvas:
        axes = canvas.subplots()
        style.cross(axes, 0, 0)
        assert len(axes.lines) == 1
        style.cross(axes, 1, 1, style.GREEN)
        rim, cross = axes.lines[1:]
        assert (rim.get_mec(), cross.get_mec()) == ("black", style.GREEN)
        assert rim.get_mew() > cross.get_mew()
        assert not cross.get_clip_on()


def test_every_contour_line_is_labelled_away_from_marks_edges_and_other_labels():
    points = np.array([[0.1, 0.9], [0.5, 0.5], [0.9, 0.1]])
    where = plane.Plane(CODES, ("x", "y"), points)
    steps = np.linspace(0, 1022, 40)
    noise = np.random.default_rng(1).normal(0, 0.05, (40, 40))
    rows = [
        {"g_leak": x, "g_axial": y, "tau": 0.3 + 3 * y / 1022 - 0.8 * x / 1022 + noise[i, j]}
        for i, x in enumerate(steps)
        for j, y in enumerate(steps)
    ]
    with style.figure(3.0) as canvas:
        axes = canvas.subplots()
        plane.draw_values(axes, pd.DataFrame(rows), "tau", 1.15, "tau", where)
        canvas.draw_without_rendering()
        labels = [text for text in axes.texts if not isinstance(text, Annotation)]
        places = np.array([text.get_position() for text in labels]) / 1022
    assert {text.get_text() for text in labels} == {"0.8", "1.15", "1.6", "2"}
    for index, place in enumerate(places):
        assert np.all(place > 0.04), place
        assert np.all(place < 0.96), place
        others = np.vstack([points, np.delete(places, index, axis=0)])
        assert np.hypot(*(others - place).T).min() > 0.12


@pytest.mark.parametrize(
    ("outliers", "top"), [((), None), ((20.0,), 5.0), ((6.0,), None), ((np.nan,), None)]
)
def test_few_values_far_above_the_others_do_not_take_all_colours(outliers, top):
    values = np.linspace(0, 5.02, 144)
    values[: len(outliers)] = outliers
    assert plane._top(values.reshape(12, 12)) == pytest.approx(top, abs=0.1)


def test_pairs_of_few_samples_have_wide_bins():
    def bins(count):
        return pairs._bins({"first": pd.DataFrame(index=range(count))})

    assert [bins(count) for count in (5, 100, 1000, 10_000)] == [8, 8, 26, 26]


@pytest.mark.parametrize(("seeds", "reach"), [(1, 0.0), (2, 0.025), (10, 0.2)])
def test_points_of_a_round_lie_around_it(seeds, reach):
    rows = [("seed", n, r, 0.6, False) for n in range(seeds) for r in range(3)]
    rows += [("ensemble", 0, r, 0.6, False) for r in range(3)]
    table = pd.DataFrame(rows, columns=["kind", "member", "round", "c2st", "blind"])
    with style.figure(2.0) as canvas:
        axes = canvas.subplots()
        trust._over_rounds(axes, table, "c2st")
        x = [np.asarray(points.get_offsets())[:, 0] for points in axes.collections]
    of_seeds, blind, of_ensembles, _ = x
    assert not len(blind)
    assert np.abs(of_seeds - np.round(of_seeds)).max() == pytest.approx(reach)
    assert of_ensembles.tolist() == [1, 2, 3]


@pytest.mark.parametrize("blind", [False, True])
def test_legends_name_what_is_there(blind):
    summaries = pd.DataFrame({"kind": ["seed", "ensemble"], "blind": [blind, False]})
    shown = SimpleNamespace(legend=lambda **_: None)
    with style.figure(2.0) as canvas:
        axes = canvas.subplots()
        coverage._legend(shown, axes, summaries)
        labels = axes.get_legend_handles_labels()[1]
    assert (coverage.BLIND.label in labels) == blind
    assert (coverage.SEES.label in labels) != blind
    assert coverage.BLIND_ENSEMBLE.label not in labels


@pytest.mark.parametrize(
    ("width", "known", "enlarged"), [(4, True, 1), (4, False, 0), (40, True, 0)]
)
def test_samples_that_the_cross_would_hide_are_enlarged(width, known, enlarged):
    generator = np.random.default_rng(3)
    sets = [
        plane.Samples(
            pd.DataFrame(generator.normal(511, sd, (200, 2)), columns=list(CODES.names)),
            "black",
            "",
        )
        for sd in (150, width)
    ]
    where = plane.Plane(CODES, ("x", "y"), np.empty((0, 2)))
    with style.figure(3.0) as canvas:
        axes = canvas.subplots()
        plane.draw_samples(axes, sets, 100, np.array([511.0, 511.0]) if known else None, where)
        canvas.draw_without_rendering()
        insets = axes.child_axes[2:]  # behind the marginals
        assert len(insets) == enlarged
        for inset in insets:
            left, right = inset.get_xlim()
            assert right - left == pytest.approx(6 * width, rel=0.2)
            drawn = np.asarray(inset.collections[1].get_offsets())
            assert np.mean((drawn[:, 0] > left) & (drawn[:, 0] < right)) > 0.95
