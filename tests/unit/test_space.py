"""Spaces: what is one, points of them, and the way to plain data and back."""

import numpy as np
import pytest

from analog_sbi.errors import SpaceError
from analog_sbi.space import Space, printed_unit

BOX = Space(("a", "b"), ("mV", "ms"), [-1.0, 10.0], [1.0, 30.0])


@pytest.mark.parametrize(
    ("parts", "message"),
    [
        ((("a", "b"), ("mV",), [0, 0], [1, 1]), "units and bounds for 2 names, found 1 units"),
        ((("a", "b"), ("mV", "mV"), [0], [1, 1]), r"found 2 units, bounds of shape \(1,\)"),
        ((("a", "b"), ("mV", "mV"), [0, 0], [1]), r"shape \(2,\) and \(1,\)"),
        ((("a",), ("mV",), [[0]], [[1]]), r"shape \(1, 1\)"),
        ((("a", "a"), ("mV", "mV"), [0, 0], [1, 1]), "different names, found a, a"),
        ((("a",), ("mV",), [1], [1]), r"a: expected bounds low < high, found \[1.0, 1.0\]"),
        ((("a",), ("mV",), [2], [1]), "low < high"),
        ((("a",), ("mV",), [np.inf], [np.inf]), "low < high"),
        ((("a",), ("mV",), [np.nan], [1]), "low < high"),
        (((), (), [], []), "at least one parameter"),
        ((("a",), ("mV",), ["x"], [1]), "expected numbers as bounds"),
    ],
)
def test_what_is_no_space_is_refused_in_one_line(parts, message):
    with pytest.raises(SpaceError, match=message) as caught:
        Space(*parts)
    assert "\n" not in str(caught.value)


def test_neighbouring_numbers_bound_a_space():
    assert Space(("a",), ("mV",), [1.0], [np.nextafter(1.0, 2.0)]).width > 0


def test_bounds_are_copies_that_cannot_be_written():
    low = np.zeros(1)
    space = Space(("a",), ("mV",), low, [1.0])
    low[0] = 0.5
    assert space.low == 0
    with pytest.raises(ValueError, match="read-only"):
        space.low[0] = 0.5


def test_equality_is_that_of_names_units_and_bounds():
    plain = BOX.plain()
    assert Space.from_plain(plain) == BOX
    assert hash(Space.from_plain(plain)) == hash(BOX)
    for key, value in (
        ("names", ["a", "c"]),
        ("units", ["mV", "us"]),
        ("low", [-2.0, 10.0]),
        ("high", [1.0, 31.0]),
    ):
        assert Space.from_plain(plain | {key: value}) != BOX
    assert BOX != "space"


@pytest.mark.parametrize("key", ["names", "units", "low", "high"])
def test_plain_data_that_lack_a_part_are_refused(key):
    plain = {name: value for name, value in BOX.plain().items() if name != key}
    with pytest.raises(SpaceError, match=f"missing '{key}'"):
        Space.from_plain(plain)


def test_extent():
    assert len(BOX) == 2
    np.testing.assert_array_equal(BOX.width, [2, 20])
    assert BOX.volume == 40
    assert BOX.log_volume == pytest.approx(np.log(40))
    assert BOX.limits("b") == (10.0, 30.0)
    assert BOX.unit("b") == "ms"
    for answer in (BOX.limits, BOX.unit):
        with pytest.raises(SpaceError, match="c: expected one of a, b, found 'c'"):
            answer("c")


def test_select_takes_any_order():
    both = BOX.select(["b", "a"])
    assert (both.names, both.units) == (("b", "a"), ("ms", "mV"))
    np.testing.assert_array_equal([both.low, both.high], [[10, -1], [30, 1]])
    with pytest.raises(SpaceError, match="found 'c'"):
        BOX.select(["c"])


def test_bounds_are_narrowed_parameter_by_parameter():
    narrow = BOX.narrowed({"b": (10.0, 20.0)})
    assert narrow.limits("a") == BOX.limits("a")
    assert narrow.limits("b") == (10, 20)
    assert BOX.narrowed({}) == BOX
    assert BOX.narrowed({"a": (-1.0, 1.0), "b": (10.0, 30.0)}) == BOX  # its own bounds are inside


@pytest.mark.parametrize(
    "bounds",
    [
        (np.nextafter(10.0, 0), 20.0),
        (10.0, np.nextafter(30.0, 40)),
        (20.0, 20.0),
        (20.0, 19.0),
        (np.nan, 20.0),
        (10.0, np.nan),
    ],
)
def test_bounds_that_are_not_within_the_space_are_refused(bounds):
    with pytest.raises(SpaceError, match=r"b: expected bounds within \[10, 30\] ms"):
        BOX.narrowed({"b": bounds})


def test_unknown_parameters_are_not_narrowed():
    with pytest.raises(SpaceError, match="c: expected one of a, b"):
        BOX.narrowed({"c": (0.0, 1.0)})


def test_positions_and_logits_invert():
    theta = BOX.draw(100, np.random.default_rng(0))
    np.testing.assert_allclose(BOX.scale(BOX.position(theta)), theta)
    np.testing.assert_allclose(BOX.bounded(BOX.unbounded(theta)), theta)
    np.testing.assert_allclose(BOX.centred(theta), 2 * BOX.position(theta) - 1)
    np.testing.assert_array_equal(BOX.scale([[0, 0], [0.5, 0.5], [1, 1]])[1], [0, 20])
    np.testing.assert_array_equal(BOX.unbounded(np.array([[0.0, 20.0]])), [[0, 0]])


def test_draws_fill_the_box_and_are_those_of_the_generator():
    theta = BOX.draw(2000, np.random.default_rng(0))
    assert BOX.contains(theta).all()
    np.testing.assert_allclose(BOX.position(theta).mean(axis=0), 0.5, atol=0.03)
    np.testing.assert_array_equal(theta[:7], BOX.draw(7, np.random.default_rng(0)))


def test_the_grid_has_its_ends_on_the_bounds_and_the_last_parameter_fastest():
    points = BOX.grid(3)
    assert points.shape == (9, 2)
    np.testing.assert_array_equal(points[[0, 1, 3, -1]], [[-1, 10], [-1, 20], [0, 10], [1, 30]])
    np.testing.assert_array_equal(BOX.grid(2), [[-1, 10], [-1, 30], [1, 10], [1, 30]])


def test_cells_tile_the_box():
    np.testing.assert_allclose(BOX.cells(2), [[-0.5, 15], [-0.5, 25], [0.5, 15], [0.5, 25]])
    np.testing.assert_allclose(BOX.cells(1), [[0, 20]])


def test_the_faces_belong_to_the_box():
    points = np.array(
        [[-1, 10], [1, 30], [np.nextafter(-1, -2), 20], [0, np.nextafter(30, 40)], [np.nan, 20]]
    )
    assert BOX.contains(points).tolist() == [True, True, False, False, False]
    assert BOX.contains(np.zeros((2, 3, 2))).shape == (2, 3)


OPEN = Space(
    ("a", "b", "c", "d"),
    ("mV",) * 4,
    [-1.0, 0.0, -np.inf, -np.inf],
    [1.0, np.inf, 0.0, np.inf],
)


def test_a_space_without_bounds_has_an_image_and_back():
    theta = np.array([[0.5, 2.0, -3.0, 4.0], [-0.9, 1e-3, -1e3, -7.0]])
    images = OPEN.unbounded(theta)
    np.testing.assert_allclose(OPEN.bounded(images), theta, rtol=1e-12)
    np.testing.assert_allclose(images[0], [np.log(3), np.log(2), -np.log(3), 4.0])
    assert OPEN.contains(theta).all()
    assert not OPEN.contains(np.array([[0.0, -1.0, -1.0, 0.0]])).any()
    assert Space.from_plain(OPEN.plain()) == OPEN


@pytest.mark.parametrize(
    "use",
    [
        lambda space: space.draw(1, np.random.default_rng(0)),
        lambda space: space.scale(np.full((1, 4), 0.5)),
        lambda space: space.position(np.full((1, 4), 0.5)),
        lambda space: space.centred(np.full((1, 4), 0.5)),
        lambda space: space.grid(2),
        lambda space: space.cells(2),
    ],
)
def test_what_needs_bounds_refuses_infinite_ones_in_one_line(use):
    with pytest.raises(SpaceError, match=r"^b: expected finite numbers .*, found \[0.0, inf\]$"):
        use(OPEN)
    assert len(use(OPEN.narrowed({"b": (0, 1), "c": (-1, 0), "d": (0, 1)})))


@pytest.mark.parametrize(
    ("unit", "printed"),
    [
        ("us", "µs"),
        ("uS", "µS"),
        ("S/cm2", "S/cm²"),
        ("S/cm", "S/cm"),
        ("MADC LSB", "MADC LSB"),
        ("unit", "unit"),
        ("1/us", "1/µs"),
    ],
)
def test_units_are_printed_as_in_a_paper(unit, printed):
    assert printed_unit(unit) == printed
