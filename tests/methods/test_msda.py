"""mSDA's closed form, beside every way to drop features, the paper's own equations, and regression on many copies."""

from __future__ import annotations

from itertools import product
from typing import Any

import numpy as np
import pytest
from scipy.sparse import csr_matrix

from mtl_bench.methods.shallow import denoising
from mtl_bench.methods.shallow.denoising import DenoisingLayer, DenoisingStack, denoising_layer
from mtl_bench.methods.shallow.msda import MSDA
from mtl_bench.methods.shallow.no_adaptation import NoAdaptation

Array = np.ndarray[Any, Any]
CORRUPTIONS = [0.1, 0.5, 0.9]


def counts(n: int = 12, d: int = 5, seed: int = 0) -> Array:
    """Correlated counts, most of them 0; the last feature never occurs."""
    random = np.random.default_rng(seed)
    topics = random.integers(0, 2, (n, 2)) @ random.integers(0, 2, (2, d))
    x = random.poisson(0.2 + topics).astype(np.float64)
    x[:, -1] = 0
    return x


def expected(x: Array, corruption: float, regulariser: float) -> Array:
    """W' (d + 1, d) of the minimum over W of E ||x - W [x~; 1]||² + regulariser ||W||², bias apart, by a sum over every
    way to drop features.
    """
    n, d = x.shape
    second, cross = np.zeros((d + 1, d + 1)), np.zeros((d + 1, d))
    for kept in product((0, 1), repeat=d):
        share = np.prod([1 - corruption if k else corruption for k in kept])
        corrupted = np.hstack([x * kept, np.ones((n, 1))])
        second += share * corrupted.T @ corrupted
        cross += share * corrupted.T @ x
    return np.asarray(np.linalg.solve(second + np.diag([regulariser] * d + [0.0]), cross))


def published(x: Array, corruption: float, regulariser: float = 1e-5) -> Array:
    """W (d, d + 1) as the paper has it, points in columns and the 1 in the last row: S, q, Q and P."""
    points = np.vstack([x.T, np.ones(len(x))])
    scatter = points @ points.T
    q = np.array([1 - corruption] * x.shape[1] + [1.0])
    second = np.where(np.eye(len(q), dtype=bool), scatter * q[:, None], scatter * np.outer(q, q))
    ridge = regulariser * np.eye(len(q))
    ridge[-1, -1] = 0
    return np.asarray(np.linalg.solve((second + ridge).T, (scatter[:-1] * q).T).T)


@pytest.mark.parametrize("corruption", CORRUPTIONS)
@pytest.mark.parametrize("regulariser", [1e-5, 1.0])
def test_it_is_the_best_map_over_all_ways_to_drop_features(corruption: float, regulariser: float) -> None:
    layer = denoising_layer(counts(), corruption, regulariser)
    best = expected(counts(), corruption, regulariser)
    assert layer.weights == pytest.approx(best[:-1], abs=1e-8)
    assert layer.bias == pytest.approx(best[-1], abs=1e-8)


@pytest.mark.parametrize("sparse", [False, True])
@pytest.mark.parametrize("corruption", CORRUPTIONS)
def test_a_stack_is_the_authors_from_layer_to_layer(corruption: float, sparse: bool) -> None:
    x = counts(30, 8)
    stack = DenoisingStack.of(csr_matrix(x) if sparse else x, 5, corruption, 1e-5)
    hidden = [x.T]
    for layer in stack.layers:
        w = published(hidden[-1].T, corruption)
        assert np.hstack([layer.weights.T, layer.bias[:, None]]) == pytest.approx(w, abs=1e-7)
        hidden.append(np.tanh(w @ np.vstack([hidden[-1], np.ones(len(x))])))
    unseen = counts(7, 8, seed=1)
    assert stack(x) == pytest.approx(np.vstack(hidden).T, abs=1e-7)
    assert stack(csr_matrix(unseen)) == pytest.approx(stack(unseen))
    assert np.array_equal(stack(unseen)[:, :8], unseen)


@pytest.mark.parametrize("sparse", [False, True])
def test_points_in_single_precision_lose_nothing(sparse: bool) -> None:
    x = counts(300, 8)
    single = x.astype(np.float32)
    layer, best = denoising_layer(csr_matrix(single) if sparse else single, 0.5, 1e-5), published(x, 0.5)
    assert np.hstack([layer.weights.T, layer.bias[:, None]]) == pytest.approx(best, abs=1e-9)


def test_regression_on_many_corrupted_copies_comes_to_the_same() -> None:
    x, random = counts(20, 4), np.random.default_rng(0)
    copies = np.concatenate([np.hstack([x * (random.random(x.shape) > 0.5), np.ones((20, 1))]) for _ in range(20_000)])
    drawn = np.linalg.lstsq(copies, np.tile(x, (20_000, 1)), rcond=None)[0]
    layer = denoising_layer(x, 0.5, 1e-9)
    assert layer.weights == pytest.approx(drawn[:-1], abs=0.01)
    assert layer.bias == pytest.approx(drawn[-1], abs=0.01)


def test_the_constant_is_never_dropped_and_maps_the_mean_of_corrupted_points_to_the_mean() -> None:
    x = counts(40, 6) + 3
    layer = denoising_layer(x, 0.5, 1e-5)
    assert 0.5 * x.mean(0) @ layer.weights + layer.bias == pytest.approx(x.mean(0))
    alone = denoising_layer(np.full((10, 2), 3.0), 0.999999, 1e-5)  # nothing but the constant is left
    assert alone.weights == pytest.approx(np.zeros((2, 2)), abs=1e-5) and alone.bias == pytest.approx([3, 3], abs=1e-5)


def test_without_corruption_points_are_left_as_they_are() -> None:
    x = np.random.default_rng(0).standard_normal((40, 6))
    layer = denoising_layer(x, 0.0, 1e-8)
    assert layer.weights == pytest.approx(np.eye(6), abs=1e-6) and layer.bias == pytest.approx(np.zeros(6), abs=1e-6)


def test_the_order_of_points_does_not_matter_and_twins_count_like_a_smaller_regulariser() -> None:
    x = counts(30, 6)
    one = denoising_layer(x, 0.5, 1e-3)
    for other in (
        denoising_layer(x[np.random.default_rng(0).permutation(30)], 0.5, 1e-3),
        denoising_layer(np.vstack([x, x]), 0.5, 2e-3),
    ):
        assert other.weights == pytest.approx(one.weights) and other.bias == pytest.approx(one.bias)


def test_a_feature_that_never_occurs_stays_0() -> None:
    hidden = DenoisingStack.of(counts(), 3, 0.5, 1e-5)(counts(seed=2)).reshape(12, 4, 5)
    assert not hidden[:, :, -1].any()


@pytest.mark.parametrize("sparse", [False, True])
def test_single_precision_is_near_double(sparse: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    x = counts(300, 200)
    given = csr_matrix(x) if sparse else x
    double = DenoisingStack.of(given, 5, 0.5, 1e-5)(given)
    monkeypatch.setattr(denoising, "MANY", 1)
    monkeypatch.setattr(denoising, "BLOCK", 64)  # an inverse is mirrored block by block
    single = DenoisingStack.of(given, 5, 0.5, 1e-5)(given)
    assert single.dtype == np.float32
    assert double.dtype == np.float64
    assert single == pytest.approx(double, abs=2e-5)
    nearly_uncorrupted = denoising_layer(x, 0.001, 1e-5)
    assert nearly_uncorrupted.weights.dtype == np.float64, "the condition number is too high for single precision"


def test_what_goes_along_with_a_word_in_the_target_speaks_for_it() -> None:
    """Words 0 and 1 are the classes' in both domains, 2 and 3 the same in the target alone, where 0 and 1 are rare."""
    random = np.random.default_rng(0)
    ys, yt = (random.integers(0, 2, 400) for _ in range(2))
    xs, xt = (np.zeros((400, 6)) for _ in range(2))
    xs[np.arange(400), ys] = 1
    xt[np.arange(400), 2 + yt] = 1
    shown = random.random(400) < 0.3
    xt[np.arange(400)[shown], yt[shown]] = 1
    for x in (xs, xt):
        x[:, 4:] = random.random((400, 2)) < 0.5
    adapted, plain = (np.mean(m.fit(xs, ys, xt).predict(xt) == yt) for m in (MSDA(), NoAdaptation("linear SVM")))
    assert adapted == 1 and plain < 0.8


@pytest.mark.parametrize(("wrong", "sentence"), [
    ({"corruption": 1.0}, "denoising has corruption 1.0; give a probability from 0 to below 1"),
    ({"regulariser": 0.0}, "denoising has regulariser 0.0; give a number above 0"),
    ({"layers": 0}, "denoising has 0 layers; give at least one"),
])  # fmt: skip
def test_impossible_parameters_are_refused_in_a_sentence(wrong: dict[str, Any], sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence):
        MSDA(**wrong).fit(counts(), np.arange(12) % 2, counts(seed=1))


def test_a_layer_is_a_tanh() -> None:
    layer = DenoisingLayer(np.array([[2.0]]), np.array([1.0]))
    assert layer(np.array([[0.5]])) == pytest.approx(np.array([[np.tanh(2)]]))
