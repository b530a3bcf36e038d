"""Names, expansion and limits of the chain's parameters."""

import numpy as np
import pytest

from analog_sbi.chain import Limits, bounds, expand, grid, parameter_names, scale

LIMITS = Limits((0.0, 1022.0), (100.0, 500.0), "DAC code", "DAC code")


def test_names_are_those_of_the_tables():
    assert parameter_names("global", 4) == ["g_leak", "g_axial"]
    expected = ["g_leak_0", "g_leak_1", "g_leak_2", "g_axial_01", "g_axial_12"]
    assert parameter_names("individual", 3) == expected
    with pytest.raises(ValueError, match="at least 2 compartments, found 1"):
        parameter_names("global", 1)
    with pytest.raises(ValueError, match="found 'local'"):
        parameter_names("local", 4)


def test_global_parameters_reach_every_circuit():
    leak, axial = expand(np.array([[10.0, 20.0], [30.0, 40.0]]), 4)
    np.testing.assert_array_equal(leak, [[10.0] * 4, [30.0] * 4])
    np.testing.assert_array_equal(axial, [[20.0] * 3, [40.0] * 3])


def test_individual_parameters_are_leaks_then_axial():
    leak, axial = expand(np.arange(7.0), 4)
    np.testing.assert_array_equal(leak, [[0, 1, 2, 3]])
    np.testing.assert_array_equal(axial, [[4, 5, 6]])
    with pytest.raises(ValueError, match="takes 2 or 7 parameters, found 5 columns"):
        expand(np.zeros((3, 5)), 4)


@pytest.mark.parametrize("length", [2, 3, 4, 6])
def test_equal_individual_parameters_are_global_ones(length):
    point = [7.0, 3.0]
    theta = np.repeat(point, [length, length - 1])
    assert len(theta) == len(parameter_names("individual", length))
    for one, other in zip(expand([point], length), expand(theta, length), strict=True):
        np.testing.assert_array_equal(one, other)


def test_global_bounds_and_their_area():
    low, high = bounds("global", 4, LIMITS)
    np.testing.assert_array_equal([low, high], [[0, 100], [1022, 500]])
    assert LIMITS.area == 1022 * 400


def test_bounds_and_positions():
    low, high = bounds("individual", 2, LIMITS)
    np.testing.assert_array_equal(low, [0, 0, 100])
    np.testing.assert_array_equal(high, [1022, 1022, 500])
    np.testing.assert_array_equal(scale([[0.5, 0.5, 0.5]], low, high), [[511, 511, 300]])


def test_the_grid_spans_the_range():
    points = grid(5, LIMITS)
    assert points.shape == (25, 2)
    np.testing.assert_array_equal(points[0], [0, 100])
    np.testing.assert_array_equal(points[1], [0, 200])
    np.testing.assert_array_equal(points[-1], [1022, 500])
