"""Distances, barriers and criticality on losses whose values are known by hand."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pytest

from mtl_bench.measures.parameters import barrier, criticality, noise_borne, parameter_distance

Bowl = Callable[[float, float], float]


def test_distances_in_three_scales() -> None:
    a, b = np.array([3.0, 0.0, 0.0, 0.0]), np.array([0.0, 4.0, 0.0, 0.0])
    found = parameter_distance(a, b)
    assert found == pytest.approx((5, 2.5, 5 / 3.5))
    assert parameter_distance(a, a) == (0, 0, 0)
    assert parameter_distance(np.zeros(3), np.zeros(3)) == (0, 0, 0)
    twice = parameter_distance(np.tile(a, 2), np.tile(b, 2))
    assert twice.raw > found.raw
    assert twice[1:] == pytest.approx(found[1:]), "a module twice as large is as far away"


def test_differences_are_taken_in_double_precision() -> None:
    a = np.full(10, 1e4, np.float32)
    assert parameter_distance(a, np.nextafter(a, np.float32(2e4))).raw == pytest.approx(10**0.5 * 2**-10)


def test_parameters_must_be_of_one_module(unchecked: None) -> None:
    with pytest.raises(ValueError, match="the same module"):
        parameter_distance(np.zeros(3), np.zeros(4))


def test_a_barrier_is_what_rises_above_the_chord() -> None:
    places = np.linspace(0, 1, 101)
    chord = 1 + 2 * places
    assert barrier(chord) == pytest.approx(0)
    assert barrier(chord + 5 * places * (1 - places)) == pytest.approx(1.25)
    assert barrier(chord - places * (1 - places)) == 0, "a valley is none"
    assert barrier(np.array([3.0, 1.0, 1.0])) == 0


def test_losses_beyond_the_ends_do_not_count() -> None:
    places = np.array([-0.5, 0.0, 0.5, 1.0, 1.5])
    assert barrier(np.array([90.0, 1.0, 2.0, 1.0, 90.0]), places) == 1
    with pytest.raises(ValueError, match="both ends"):
        barrier(np.array([1.0, 2.0]), np.array([0.0, 0.5]))


def bowl(a: float, s: float) -> float:
    """An error that rises with the distance from the trained module, a = 1, and with noise."""
    return (1 - a) ** 2 + s**2


def critical(
    error_at: Bowl, squared_distance: float, allowed: float, alphas: list[float], bisections: int = 7
) -> float:
    """At shares of the way between start and end."""
    return criticality(
        lambda i, s: error_at(alphas[i], s), [a**2 * squared_distance for a in alphas], allowed, bisections
    )


def test_criticality_of_a_bowl_is_known() -> None:
    """At a the largest s has s^2 = allowed - (1 - a)^2, so that the least of a^2 / s^2 can be written down."""
    alphas, allowed = np.linspace(0, 1, 201), 0.25
    found = critical(bowl, 4.0, allowed, list(alphas), bisections=30)
    inside = alphas[(1 - alphas) ** 2 < allowed]
    assert found == pytest.approx(4 * min(inside**2 / (allowed - (1 - inside) ** 2)), rel=1e-4)


def test_more_allowed_error_is_less_critical_and_few_bisections_err_upwards() -> None:
    alphas = [0.0, 0.25, 0.5, 0.75, 1.0]
    strict, loose = (critical(bowl, 1.0, allowed, alphas, bisections=20) for allowed in (0.1, 0.5))
    assert strict > loose > 0
    assert critical(bowl, 1.0, 0.1, alphas, bisections=4) >= strict


def test_a_module_that_can_be_set_back_has_none_and_one_that_bears_no_noise_is_infinite() -> None:
    assert critical(bowl, 1.0, 1.5, [0.0, 0.5, 1.0]) == 0
    assert critical(lambda a, s: 1.0, 1.0, 0.5, [0.0, 0.5, 1.0]) == math.inf
    assert critical(lambda a, s: 0.0, 1.0, 0.5, [0.5, 1.0]) == 0.25, "with noise of 1, the most that is tried"


def test_places_may_come_in_any_order() -> None:
    there, back = [0.0, 0.5, 1.0], [1.0, 0.0, 0.5]
    assert critical(bowl, 3.0, 0.5, there) == critical(bowl, 3.0, 0.5, back)


def test_noise_is_borne_up_to_where_the_error_is_allowed() -> None:
    assert noise_borne(lambda s: s, 0.3, bisections=40) == pytest.approx(0.3)
    assert noise_borne(lambda s: s, 0.3, bisections=3) <= 0.3, "what is given was within the error allowed"
    assert noise_borne(lambda s: 1.0, 0.3) == 0
    assert noise_borne(lambda s: 0.0, 0.3) == 1


def test_criticality_needs_a_place() -> None:
    with pytest.raises(ValueError, match="give one at least"):
        criticality(lambda i, s: 0.0, [], 0.5)


def test_what_is_no_number_is_told_and_is_too_much_noise(unchecked: None) -> None:
    with pytest.raises(ValueError, match=r"^a barrier needs losses that are numbers"):
        barrier(np.array([0.0, np.nan, 0.0]))
    with pytest.raises(ValueError, match=r"^parameters that are not finite are at no distance"):
        parameter_distance(np.array([0.0, np.inf]), np.zeros(2))
    assert noise_borne(lambda s: float("nan"), 1.0) == 0
