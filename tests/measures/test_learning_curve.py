"""Areas under learning curves and steps to a value, on curves of which both are known."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.integrate import quad

from mtl_bench.measures.learning_curve import learning_curve_area, steps_to


def test_the_area_is_the_mean_over_the_steps() -> None:
    steps = np.array([0.0, 10.0, 40.0])
    assert learning_curve_area(steps, np.full(3, 70.0)) == pytest.approx(70)
    assert learning_curve_area(steps, np.array([0.0, 50.0, 50.0])) == pytest.approx((10 * 25 + 30 * 50) / 40)
    fine = np.linspace(0, 5, 2001)
    expected = quad(lambda step: 100 * (1 - math.exp(-step)), 0, 5)[0] / 5
    assert learning_curve_area(fine, 100 * (1 - np.exp(-fine))) == pytest.approx(expected, rel=1e-6)


def test_a_curve_that_is_earlier_has_more() -> None:
    steps = np.arange(11.0)
    early, late = (learning_curve_area(steps, np.minimum(steps * rate, 80)) for rate in (20, 10))
    assert early > late


def test_steps_to_a_value_lie_between_the_points() -> None:
    steps, values = np.array([0.0, 10.0, 20.0, 30.0]), np.array([10.0, 50.0, 40.0, 90.0])
    assert steps_to(10, steps, values) == 0
    assert steps_to(30, steps, values) == 5
    assert steps_to(50, steps, values) == 10
    assert steps_to(65, steps, values) == 25
    assert steps_to(91, steps, values) == math.inf


@pytest.mark.parametrize(
    ("steps", "said"), [([0.0], "two at least"), ([0.0, 0.0], "must rise"), ([0.0, 1.0, 2.0], "as many of both")]
)
def test_what_is_no_curve_is_refused(steps: list[float], said: str, unchecked: None) -> None:
    with pytest.raises(ValueError, match=said):
        learning_curve_area(np.array(steps), np.arange(min(len(steps), 2), dtype=float))


def test_a_curve_that_diverged_has_no_area() -> None:
    with pytest.raises(ValueError, match=r"^a curve has values that are not finite"):
        learning_curve_area(np.arange(3.0), np.array([1.0, np.nan, 2.0]))
