"""What makes GFK GFK: the integral over the geodesic, in closed form, and never as a matrix of d times d."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import scipy.integrate
import scipy.linalg

from mtl_bench.methods.shallow.gfk import GFK, flow_factor
from mtl_bench.methods.shallow.no_adaptation import NoAdaptation
from mtl_bench.methods.shallow.pca import PCA

Array = np.ndarray[Any, Any]


def bases(d: int, k: int, seed: int = 0) -> tuple[Array, Array]:
    random = np.random.default_rng(seed)
    first, second = (np.linalg.qr(random.standard_normal((d, k)))[0] for _ in range(2))
    return first, second


def integrated(source: Array, target: Array) -> Array:
    """The integral of P(t) P(t)' by quadrature; P(t) = expm(t A) source, A the plane rotations' generator."""
    k = source.shape[1]
    rest = scipy.linalg.null_space(source.T)
    u, cosines, vt = np.linalg.svd(source.T @ target)
    across = rest @ rest.T @ target @ vt.T  # the target's principal vectors, less their source parts
    lengths = np.linalg.norm(across, axis=0)
    turns = np.where(lengths > 1e-12, np.arccos(np.clip(cosines, -1, 1)) / np.where(lengths > 1e-12, lengths, 1), 0)
    generator = across * turns @ (source @ u).T
    generator = generator - generator.T

    def product(t: float) -> Array:
        moved = scipy.linalg.expm(t * generator) @ source
        return np.asarray(moved @ moved.T)

    end = product(1.0)
    assert end == pytest.approx(target @ target.T, abs=1e-7)  # the flow does arrive
    assert k == np.linalg.matrix_rank(end)
    value, _ = scipy.integrate.quad_vec(product, 0, 1, epsabs=1e-11)
    return np.asarray(value)


@pytest.mark.parametrize(("d", "k"), [(12, 3), (7, 3), (6, 5), (4, 4), (9, 1)])
def test_the_factor_gives_the_integral(d: int, k: int) -> None:
    source, target = bases(d, k)
    factor = flow_factor(source, target)
    assert factor.shape == (d, 2 * k)
    assert factor @ factor.T == pytest.approx(integrated(source, target), abs=1e-7)


@pytest.mark.parametrize("turn", [0.0, 1e-9, 1e-4])
def test_near_subspaces_lose_no_accuracy(turn: float) -> None:
    source, other = bases(10, 3)
    across = other - source @ (source.T @ other)
    target = np.linalg.qr(source + turn * across)[0]
    factor = flow_factor(source, target)
    assert factor @ factor.T == pytest.approx((source @ source.T + target @ target.T) / 2, abs=turn**2 + 1e-12)


def test_orthogonal_subspaces_are_a_quarter_turn_apart() -> None:
    eye = np.eye(4)
    factor = flow_factor(eye[:, :2], eye[:, 2:])
    inner = factor @ factor.T
    assert np.diag(inner) == pytest.approx(np.full(4, 0.5))
    assert np.sort(np.linalg.eigvalsh(inner)) == pytest.approx([0.5 - 1 / np.pi] * 2 + [0.5 + 1 / np.pi] * 2)


def test_the_signs_and_rotations_of_bases_do_not_matter() -> None:
    source, target = bases(9, 3)
    turn = np.linalg.qr(np.random.default_rng(4).standard_normal((3, 3)))[0]
    one, other = flow_factor(source, target), flow_factor(source @ turn, -target)
    assert other @ other.T == pytest.approx(one @ one.T)


def domains(n: int = 150) -> tuple[Array, Array, Array, Array]:
    """Two classes in a plane of 12 features, which the target has turned by 50 degrees; noise elsewhere."""
    random = np.random.default_rng(0)
    basis = np.linalg.qr(random.standard_normal((12, 12)))[0].T
    cos, sin = np.cos(0.87), np.sin(0.87)

    def draw(axes: Array) -> tuple[Array, Array]:
        labels = np.arange(n) % 2
        plane = np.stack([2.0 * (2 * labels - 1), 3 * random.standard_normal(n)], 1)
        return plane @ axes + 0.9 * random.standard_normal((n, 12)), labels

    return *draw(basis[:2]), *draw(np.stack([cos * basis[0] + sin * basis[2], cos * basis[1] + sin * basis[3]]))


def test_the_inner_product_is_that_of_the_subspaces_between() -> None:
    xs, ys, xt, yt = domains()
    predictor = GFK(2).fit(xs, ys, xt)
    source, target = (np.linalg.svd(x - x.mean(0))[2][:2].T for x in (xs, xt))
    features = predictor.features(xt)
    assert features @ features.T == pytest.approx(xt @ integrated(source, target) @ xt.T, abs=1e-5)
    assert np.mean(predictor.predict(xt) == yt) > np.mean(NoAdaptation().fit(xs, ys, xt).predict(xt) == yt)


def test_equal_domains_reduce_to_pca() -> None:
    xs, ys, _, _ = domains()
    unseen = np.random.default_rng(1).standard_normal((50, 12))
    assert np.array_equal(GFK(3).fit(xs, ys, xs).predict(unseen), PCA(3).fit(xs, ys, xs).predict(unseen))


def test_an_impossible_dimension_is_refused_with_a_sentence() -> None:
    xs, ys, xt, _ = domains()
    with pytest.raises(ValueError, match="GFK has 1 to 4 dimensions here, not 20; choose one of these"):
        GFK().fit(xs, ys, xt[:5])
