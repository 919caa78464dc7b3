"""Coordinates in a span: products and lengths stay, and so does what a linear SVM learns."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from sklearn.svm import SVC

from mtl_bench.methods.shallow import span
from mtl_bench.methods.shallow.span import Span

Array = np.ndarray[Any, Any]


def points() -> Array:
    """Of which one is there twice and one is the sum of two others."""
    x = np.random.default_rng(0).standard_normal((30, 200))
    x[7], x[9] = x[3], x[1] + x[2]
    return x


@pytest.mark.parametrize("precision", [np.float32, np.float64])
def test_products_with_the_points_are_kept_and_lengths_of_the_rest_are_of_what_is_spanned(precision: Any) -> None:
    x, other = points().astype(precision), np.random.default_rng(1).standard_normal((5, 200)).astype(precision)
    of = Span.of(x)
    assert (of.directions, of.width) == (28, 30)
    mine, theirs = of(x), of(other)
    assert mine.shape == (30, 30) and not mine[:, 28:].any()
    tolerance = 1e-3 if precision == np.float32 else 1e-9
    assert mine @ mine.T == pytest.approx(x.astype(float) @ x.T.astype(float), abs=tolerance)
    assert theirs @ mine.T == pytest.approx(other.astype(float) @ x.T.astype(float), abs=tolerance)
    basis = np.linalg.svd(x.astype(float), full_matrices=False)[2][:28]
    inside = np.linalg.norm(other @ basis.T, axis=1)
    assert np.linalg.norm(theirs, axis=1) == pytest.approx(inside, abs=tolerance)


def test_it_does_not_matter_in_how_many_blocks_products_are_summed(monkeypatch: pytest.MonkeyPatch) -> None:
    x = points()
    whole = Span.of(x)(x)
    monkeypatch.setattr(span, "COLUMNS", 7)
    assert Span.of(x)(x) == pytest.approx(whole, abs=1e-9)


def test_a_linear_svm_of_the_points_predicts_the_same() -> None:
    random = np.random.default_rng(2)
    x, other = random.poisson(0.2, (40, 500)).astype(float), random.poisson(0.2, (300, 500)).astype(float)
    y = random.integers(0, 2, 40)
    of = Span.of(x)
    found = SVC(kernel="linear", C=0.1).fit(of(x), y).predict(of(other))
    assert np.array_equal(found, SVC(kernel="linear", C=0.1).fit(x, y).predict(other))


def test_points_of_zeros_are_refused_in_a_sentence() -> None:
    with pytest.raises(ValueError, match="points that are all 0 span nothing; give others"):
        Span.of(np.zeros((3, 4)))
