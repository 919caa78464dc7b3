"""Error consistency against Cohen's kappa of scikit-learn, and by what it is of."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import cohen_kappa_score

from mtl_bench.measures.mistakes import error_consistency


def test_it_is_cohens_kappa_of_being_right() -> None:
    draw = np.random.default_rng(0)
    a = draw.random(500) < 0.7
    b = np.where(draw.random(500) < 0.5, a, draw.random(500) < 0.8)
    assert error_consistency(a, b) == pytest.approx(cohen_kappa_score(a, b))
    assert error_consistency(b, a) == pytest.approx(error_consistency(a, b))
    assert error_consistency(a, a) == pytest.approx(1)
    assert error_consistency(a, ~a) < 0


def test_independent_mistakes_have_none_whatever_the_accuracies() -> None:
    draw = np.random.default_rng(1)
    for p, q in ((0.5, 0.5), (0.9, 0.95), (0.2, 0.9)):
        assert abs(error_consistency(draw.random(200_000) < p, draw.random(200_000) < q)) < 0.01


@pytest.mark.parametrize("right", [True, False])
def test_without_a_mistake_or_a_success_it_is_undefined(right: bool) -> None:
    with pytest.raises(ValueError, match="give harder rows"):
        error_consistency(np.full(5, right), np.full(5, right))


def test_rows_must_pair(unchecked: None) -> None:
    with pytest.raises(ValueError, match="a has 2 rows and b 3"):
        error_consistency(np.ones(2, bool), np.ones(3, bool))
