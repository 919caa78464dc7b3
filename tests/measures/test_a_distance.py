"""The proxy A-distance between known distributions."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import scipy.stats

from mtl_bench.measures.a_distance import proxy_a_distance

Array = np.ndarray[Any, Any]


def domains(shift: float, n: int = 1000, m: int = 1000, d: int = 5) -> tuple[Array, Array]:
    random = np.random.default_rng(0)
    source, target = random.standard_normal((n, d)), random.standard_normal((m, d))
    target[:, 0] += shift
    return source, target


def test_equal_distributions_are_near_zero_and_separable_ones_near_two() -> None:
    assert abs(proxy_a_distance(*domains(0.0))) < 0.2
    assert proxy_a_distance(*domains(20.0)) == 2.0


@pytest.mark.parametrize("shift", [0.5, 1.0, 2.0])
def test_gaussians_are_at_their_bayes_error(shift: float) -> None:
    error = scipy.stats.norm.cdf(-shift / 2)
    assert proxy_a_distance(*domains(shift, 4000, 4000)) == pytest.approx(2 * (1 - 2 * error), abs=0.12)


def test_units_offsets_and_the_sides_do_not_matter() -> None:
    source, target = domains(1.0)
    expected = proxy_a_distance(source, target)
    scale = np.array([1e-3, 1.0, 10.0, 1e4, 1.0])
    assert proxy_a_distance(scale * source + 7, scale * target + 7) == pytest.approx(expected, abs=1e-9)
    assert proxy_a_distance(target, source) == pytest.approx(expected, abs=1e-9)


def test_a_larger_domain_does_not_make_domains_look_apart() -> None:
    """The majority's share is no evidence: 95 % of one domain would give 1.8 if the error were not balanced."""
    assert abs(proxy_a_distance(*domains(0.0, 3800, 200))) < 0.4


def test_a_larger_domain_does_not_hide_a_distance() -> None:
    """With 95 % of one domain, a classifier that always names it has the smallest error if errors are not weighted."""
    assert proxy_a_distance(*domains(1.0, 3800, 200)) == pytest.approx(0.77, abs=0.25)


def test_more_features_than_rows_do_not_fake_a_distance() -> None:
    assert abs(proxy_a_distance(*domains(0.0, 100, 100, 400))) < 0.5


def test_half_precision_and_constant_features_are_taken() -> None:
    source, target = (x.astype(np.float16) for x in domains(20.0))
    source[:, 1], target[:, 1] = 0, 0
    assert proxy_a_distance(source, target) == 2.0


def test_too_few_rows_are_refused_with_a_sentence() -> None:
    with pytest.raises(ValueError, match="needs four rows of each domain, not 3 and 10"):
        proxy_a_distance(np.zeros((3, 2)), np.zeros((10, 2)))
