"""Features on one scale, against the definitions."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.preprocessing import StandardScaler, normalize

from mtl_bench.inputs.normalisation import Normalisation, ZScore, normalised

X = np.array([[1.0, 3, 0, 2], [0, 4, 4, 2], [0, 0, 0, 0], [6, 2, 0, 2]])


def test_each_is_by_its_definition() -> None:
    fractions = normalize(X, "l1")
    scaled = StandardScaler().fit_transform(fractions)
    assert np.array_equal(normalised(X, "none"), X)
    assert normalised(X, "unit length") == pytest.approx(normalize(X))
    assert normalised(X, "z-score") == pytest.approx(StandardScaler().fit_transform(X))
    assert normalised(X, "L1, z-score") == pytest.approx(scaled)
    assert normalised(X, "L1, z-score, unit length") == pytest.approx(normalize(scaled))


@pytest.mark.parametrize("constant", [0.1, 1 / 3, -0.7, 1e9 + 0.1, 0.0])
@pytest.mark.parametrize("n", [1, 7, 1000])
def test_what_is_constant_but_for_rounding_becomes_0(constant: float, n: int) -> None:
    x = np.column_stack([np.full(n, constant), np.arange(n) * 1e-6])
    assert not normalised(x, "z-score")[:, 0].any()
    assert normalised(x, "z-score")[:, 1].std() == pytest.approx(float(n > 1))
    assert not ZScore.of(x)(x + 1)[:, 0].any()  # a domain that has no scale for a feature has none for other points


def test_other_points_are_scaled_by_the_domain() -> None:
    other = X[::-1] * 3 + 1
    assert ZScore.of(X)(other)[:, :3] == pytest.approx(StandardScaler().fit(X).transform(other)[:, :3])


@pytest.mark.usefixtures("unchecked")
def test_an_unknown_one_is_refused_with_a_sentence() -> None:
    unknown: Normalisation = "L2"  # type: ignore[assignment]
    with pytest.raises(ValueError, match="there is no normalisation 'L2'; choose one of none "):
        normalised(X, unknown)
