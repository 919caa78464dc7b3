"""SVCCA, PWCCA and Procrustes against scikit-learn, SciPy and what they are invariant to."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.linalg import orthogonal_procrustes, subspace_angles
from sklearn.cross_decomposition import CCA
from sklearn.decomposition import PCA

from mtl_bench import measures
from mtl_bench.measures.cca import procrustes, pwcca, svcca

Array = np.ndarray


def alike(n: int = 60, d: int = 6, e: int = 4) -> tuple[Array, Array]:
    draw = np.random.default_rng(0)
    x = draw.standard_normal((n, d)) * np.arange(1, d + 1)
    return x, np.tanh(x @ draw.standard_normal((d, e))) + 0.5 * draw.standard_normal((n, e))


def test_correlations_are_those_of_scikit_learns_cca() -> None:
    x, y = alike(d=4)
    one, other = CCA(n_components=4, max_iter=10_000, tol=1e-12).fit_transform(x, y)
    expected = [np.corrcoef(one[:, i], other[:, i])[0, 1] for i in range(4)]
    assert svcca(x, y, variance=1.0) == pytest.approx(np.mean(expected), abs=1e-6)


def test_components_are_those_of_a_pca() -> None:
    x, y = alike()
    one, other = (PCA(0.9, svd_solver="full").fit_transform(of) for of in (x, y))
    assert 1 < one.shape[1] < 6
    expected = np.cos(subspace_angles(one, other)).mean()
    assert svcca(x, y, variance=0.9) == pytest.approx(expected)


def test_projection_weights_are_what_directions_account_for() -> None:
    """Written out once more, with canonical directions from the covariances' eigenvectors, as Hotelling has them."""
    x, y = alike()
    x, y = x - x.mean(0), y - y.mean(0)
    inner = np.linalg.solve(x.T @ x, x.T @ y) @ np.linalg.solve(y.T @ y, y.T @ x)
    values, directions = np.linalg.eig(inner)
    order = np.argsort(-values.real)[: y.shape[1]]
    variates = x @ directions.real[:, order]
    variates /= np.linalg.norm(variates, axis=0)
    weights = np.abs(variates.T @ x).sum(1)
    assert pwcca(x, y) == pytest.approx(weights @ np.sqrt(values.real[order]) / weights.sum())


@pytest.mark.parametrize(("n", "d"), [(60, 6), (5, 20)])
def test_procrustes_is_what_the_best_rotation_leaves(n: int, d: int) -> None:
    x, y = alike(n, d, d)
    a, b = ((one - one.mean(0)) / np.linalg.norm(one - one.mean(0)) for one in (x, y))
    rotation, _ = orthogonal_procrustes(a, b)
    assert procrustes(x, y) == pytest.approx(1 - np.linalg.norm(a @ rotation - b) ** 2 / 2)


@pytest.mark.parametrize("measure", [svcca, pwcca, procrustes])
def test_itself_rotated_moved_and_scaled_is_one(measure: object) -> None:
    x, y = alike()
    rotation = np.linalg.qr(np.random.default_rng(1).standard_normal((6, 6)))[0]
    assert measure(x, 3 * x @ rotation + 5) == pytest.approx(1)  # type: ignore[operator]
    assert 0 < measure(x, y) < 0.99  # type: ignore[operator]
    order = np.random.default_rng(2).permutation(len(x))
    assert measure(x[order], y[order]) == pytest.approx(measure(x, y))  # type: ignore[operator]


def test_canonical_correlations_do_not_see_an_invertible_map_and_procrustes_does() -> None:
    x, _ = alike()
    mixed = x @ np.random.default_rng(3).standard_normal((6, 6))
    assert svcca(x, mixed, variance=1.0) == pytest.approx(1)
    assert pwcca(x, mixed) == pytest.approx(1)
    assert procrustes(x, mixed) < 0.99


@pytest.mark.parametrize("measure", [svcca, pwcca])
def test_rows_that_are_too_few_are_refused_as_all_would_be_alike(measure: object) -> None:
    draw = np.random.default_rng(0)
    with pytest.raises(ValueError, match="any two such representations are alike"):
        measure(draw.standard_normal((10, 20)), draw.standard_normal((10, 20)))  # type: ignore[operator]


@pytest.mark.parametrize("measure", [measures.svcca, measures.pwcca, measures.procrustes])
def test_what_does_not_pair_or_is_constant_is_refused(measure: object, unchecked: None) -> None:
    x, y = alike()
    with pytest.raises(ValueError, match="x has 60 rows and y 59"):
        measure(x, y[1:])  # type: ignore[operator]
    with pytest.raises(ValueError, match="y is the same for all rows"):
        measure(x, np.ones_like(x))  # type: ignore[operator]


@pytest.mark.parametrize("share", [0.0, 1.5])
def test_a_share_of_the_variance_is_one(share: float) -> None:
    with pytest.raises(ValueError, match="give a share above 0 and up to 1"):
        svcca(*alike(), variance=share)
