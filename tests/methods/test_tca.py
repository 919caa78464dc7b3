"""What makes TCA TCA: the eigenvectors of its paper, whichever way they are computed, in and out of sample."""

from __future__ import annotations

import warnings
from typing import Any, get_args

import numpy as np
import pytest
import scipy.linalg
from hypothesis import given, settings
from hypothesis import strategies as st

from mtl_bench.methods.shallow import components, kernels
from mtl_bench.methods.shallow.components import InverseRoot, Projected, unit_rows
from mtl_bench.methods.shallow.kernels import GIB, Kernel, Representation, median_width, memory_of, rbf
from mtl_bench.methods.shallow.pca import PCA
from mtl_bench.methods.shallow.tca import TCA, Variant

Array = np.ndarray[Any, Any]


def domains(source: int = 60, target: int = 45, d: int = 8, seed: int = 0) -> tuple[Array, Array, Array]:
    random = np.random.default_rng(seed)
    scales = np.linspace(3, 0.5, d)
    xs, xt = (random.standard_normal((n, d)) * scales for n in (source, target))
    return xs + 1, np.arange(source) % 3, xt - 0.5 * scales


def gram(x: Array, y: Array, kernel: Kernel, width: float = 0.05) -> Array:
    """The kernel of each pair, by its definition ("primal": the features)."""
    if kernel == "primal":
        return x
    if kernel == "linear":
        return np.asarray([[a @ b for b in y] for a in x])
    return np.asarray([[np.exp(-width * ((a - b) ** 2).sum()) for b in y] for a in x])


def mmd(source: int, target: int) -> Array:
    """L, entry by entry."""
    n = source + target
    matrix = np.empty((n, n))
    for i in range(n):
        for j in range(n):
            pair = i < source, j < source
            both = {(True, True): source**-2, (False, False): target**-2}
            matrix[i, j] = both.get(pair, -1 / (source * target))
    return matrix


def reference(xs: Array, xt: Array, kernel: Kernel, mu: float, count: int, scale: float = 1.0) -> Array:
    """W (n or d, count) by scipy's dense generalised eigensolver, with W'KHKW = I."""
    x = np.concatenate([xs, xt])
    k, n = gram(x, x, kernel), len(x)
    centring = np.eye(n) - 1 / n
    wanted, unwanted = k.T @ centring @ k, k.T @ (scale * mmd(len(xs), len(xt))) @ k + mu * np.eye(k.shape[1])
    values, vectors = scipy.linalg.eigh(wanted, unwanted)
    return np.asarray(vectors[:, ::-1][:, :count] / np.sqrt(values[::-1][:count]))


def angle(a: Array, b: Array) -> float:
    """The largest principal angle between two column spaces."""
    return float(scipy.linalg.subspace_angles(a - a.mean(0), b - b.mean(0)).max())


SIZES = {"more points": (60, 45, 8), "more features": (14, 11, 40), "one point": (40, 1, 8), "as many": (6, 6, 12)}


@pytest.mark.parametrize("kernel", ["primal", "linear", "RBF"])
@pytest.mark.parametrize("sizes", SIZES.values(), ids=SIZES)
@pytest.mark.parametrize("mu", [0.01, 1.0, 100.0])
def test_the_components_are_those_of_the_dense_generalised_problem(
    kernel: Kernel, sizes: tuple[int, int, int], mu: float
) -> None:
    xs, ys, xt = domains(*sizes)
    x = np.concatenate([xs, xt])
    found = TCA(5, mu, kernel, width=0.05).fit(xs, ys, xt).features(x)
    expected = gram(x, x, kernel) @ reference(xs, xt, kernel, mu, 5)
    assert angle(found, expected) < 1e-6
    assert np.abs(found) == pytest.approx(np.abs(expected), abs=1e-6)


@pytest.mark.parametrize("kernel", ["primal", "linear", "RBF"])
def test_the_features_of_all_points_have_unit_scatter(kernel: Kernel) -> None:
    xs, ys, xt = domains()
    features = TCA(6, kernel=kernel).fit(xs, ys, xt).features(np.concatenate([xs, xt]))
    centred = features - features.mean(0)
    assert centred.T @ centred == pytest.approx(np.eye(6), abs=1e-8)


@pytest.mark.parametrize("kernel", ["primal", "linear", "RBF"])
def test_the_iterative_solver_finds_the_same(kernel: Kernel, monkeypatch: pytest.MonkeyPatch) -> None:
    xs, ys, xt = domains(90, 60, 30)
    x = np.concatenate([xs, xt])
    method = TCA(2, kernel=kernel, width=0.05)
    dense = method.fit(xs, ys, xt).features(x)
    monkeypatch.setattr(components, "DENSE", 10)
    calls: list[int] = []
    original = components.Scatter._iterated
    monkeypatch.setattr(components.Scatter, "_iterated", lambda *a: calls.append(1) or original(*a))  # type: ignore[func-returns-value]
    iterated = method.fit(xs, ys, xt).features(x)
    assert calls
    assert angle(iterated, dense) < 1e-6
    assert iterated == pytest.approx(dense, abs=1e-6)


@pytest.mark.parametrize("kernel", ["primal", "linear", "RBF"])
@pytest.mark.parametrize("variant", get_args(Variant))
@pytest.mark.parametrize("projected", get_args(Projected))
def test_unseen_points_have_the_kernel_rows_times_w(kernel: Kernel, variant: Variant, projected: Projected) -> None:
    xs, ys, xt = domains()
    unseen = np.random.default_rng(5).standard_normal((7, 8))
    scale = 1 / float(np.linalg.norm(mmd(60, 45))) if variant == "released" else 1.0
    weights = reference(xs, xt, kernel, 1.0, 4, scale)
    weights = weights if variant == "paper" else weights / np.linalg.norm(weights, axis=0)
    rows = gram(unseen, np.concatenate([xs, xt]), kernel) @ weights
    expected = rows / np.linalg.norm(rows, axis=1, keepdims=True) if projected == "length 1" else rows
    found = TCA(4, kernel=kernel, width=0.05, variant=variant, projected=projected).fit(xs, ys, xt).features(unseen)
    assert np.abs(found) == pytest.approx(np.abs(expected), abs=1e-7)


@pytest.mark.parametrize("kernel", ["primal", "linear", "RBF"])
def test_a_training_point_has_the_same_features_as_an_unseen_one(kernel: Kernel) -> None:
    xs, ys, xt = domains()
    predictor = TCA(4, kernel=kernel).fit(xs, ys, xt)
    assert np.array_equal(predictor.predict(xs), ys)  # the nearest neighbour of a source point is itself
    assert predictor.features(xt)[3:5] == pytest.approx(predictor.features(xt[3:5]))


@pytest.mark.parametrize("count", [1, 3, 7])
def test_kernel_rows_are_made_in_blocks(count: int, monkeypatch: pytest.MonkeyPatch) -> None:
    xs, ys, xt = domains()
    predictor = TCA(4, kernel="RBF").fit(xs, ys, xt)
    whole = predictor.features(xt[:count])
    monkeypatch.setattr(kernels, "ROWS", 3)
    assert predictor.features(xt[:count]) == pytest.approx(whole)
    assert whole.shape == (count, 4)


@pytest.mark.parametrize("kernel", ["primal", "linear", "RBF"])
def test_the_order_of_points_does_not_matter(kernel: Kernel) -> None:
    xs, ys, xt = domains()
    random = np.random.default_rng(1)
    p, q = random.permutation(len(xs)), random.permutation(len(xt))
    one = TCA(4, kernel=kernel, width=0.05).fit(xs, ys, xt).features(xt)
    other = TCA(4, kernel=kernel, width=0.05).fit(xs[p], ys[p], xt[q]).features(xt)
    assert other == pytest.approx(one, abs=1e-8)


def test_equal_domains_reduce_to_whitened_pca() -> None:
    xs, ys, _ = domains()
    found = TCA(3, kernel="primal").fit(xs, ys, xs).features(xs)
    assert angle(found, PCA(3).fit(xs, ys, xs).features(xs)) < 1e-8


def shifted(kernel_seed: int = 0) -> tuple[Array, Array, Array, Array]:
    """Two classes along one feature; the domains differ along another by more, so the nearest source point misleads."""
    random = np.random.default_rng(kernel_seed)
    ys, yt = random.integers(0, 2, 120), random.integers(0, 2, 100)
    xs, xt = (random.standard_normal((len(y), 3)) * 0.4 + np.outer(2 * y - 1, [1.0, 0, 0]) for y in (ys, yt))
    return xs, ys, xt + np.array([1.2, 6, 0]), yt


def test_it_adapts_where_the_nearest_source_point_misleads() -> None:
    xs, ys, xt, yt = shifted()
    apart = TCA(2, 1e-3, "primal").fit(xs, ys, xt)
    gap = apart.features(xs).mean(0) - apart.features(xt).mean(0)
    raw = PCA(2).fit(xs, ys, xt)
    assert np.linalg.norm(gap) < 1e-3
    assert np.linalg.norm(raw.features(xs).mean(0) - raw.features(xt).mean(0)) > 5
    assert np.mean(apart.predict(xt) == yt) > 0.95
    assert np.mean(raw.predict(xt) == yt) < 0.9


@pytest.mark.parametrize("kernel", ["primal", "linear", "RBF"])
def test_repeated_points_and_constant_features_are_taken(kernel: Kernel) -> None:
    xs, ys, xt = domains(10, 7, 5)
    xs, ys, xt = np.repeat(xs, 3, 0), np.repeat(ys, 3), np.hstack([np.repeat(xt, 2, 0), np.full((14, 2), 5.0)])
    xs = np.hstack([xs, np.full((30, 2), 5.0)])
    x = np.concatenate([xs, xt])
    predictor = TCA(7, kernel=kernel, width=0.05).fit(xs, ys, xt)
    rank = 7 if kernel == "RBF" else 5
    expected = gram(x, x, kernel) @ reference(xs, xt, kernel, 1.0, rank)
    found = predictor.features(x)
    assert angle(found[:, :rank], expected) < 1e-6
    assert not found[:, rank:].any()
    assert np.array_equal(predictor.predict(xs), ys)


@pytest.mark.parametrize("kernel", ["primal", "linear", "RBF"])
@pytest.mark.parametrize("dense", [1, 1000])
def test_points_that_are_all_the_same_have_no_component(
    kernel: Kernel, dense: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(components, "DENSE", dense)
    x = np.full((14, 12), 0.1)
    predictor = TCA(1, kernel=kernel).fit(x, np.arange(14), x)
    assert not predictor.features(x).any()
    assert predictor.predict(x).shape == (14,)


@pytest.mark.slow
@settings(max_examples=40, deadline=None)
@given(st.integers(2, 12), st.integers(1, 12), st.integers(2, 15), st.integers(0, 99))
def test_any_shapes_give_the_reference(source: int, target: int, d: int, seed: int) -> None:
    xs, ys, xt = domains(source, target, d, seed)
    x = np.concatenate([xs, xt])
    for kernel in ("primal", "linear"):
        count = min(2, len(x) - 1, d)
        found = TCA(count, kernel=kernel).fit(xs, ys, xt).features(x)
        expected = gram(x, x, kernel) @ reference(xs, xt, kernel, 1.0, count)
        assert found @ found.T == pytest.approx(expected @ expected.T, abs=1e-5)


def test_the_inverse_root_is_the_dense_one() -> None:
    columns = np.random.default_rng(0).standard_normal((9, 3))
    columns[:, 2] = columns[:, 0]
    expected = np.linalg.inv(scipy.linalg.sqrtm(columns @ columns.T + 0.3 * np.eye(9)))
    assert InverseRoot.of(columns, 0.3)(np.eye(9)) == pytest.approx(expected)


@pytest.mark.filterwarnings("ignore:.*Nyström's approximation takes its place")
@pytest.mark.parametrize("kernel", ["linear", "RBF"])
def test_nystroem_with_every_point_is_exact(kernel: Kernel) -> None:
    xs, ys, xt = domains(20, 15, 40)
    x = np.concatenate([xs, xt])
    exact = TCA(4, kernel=kernel, width=0.02).fit(xs, ys, xt)
    found = TCA(4, kernel=kernel, width=0.02, budget_gib=0.0, landmarks=35).fit(xs, ys, xt)
    assert (exact.approximation, found.approximation) == ("exact", "Nyström, 35 landmarks")
    assert angle(found.features(x), exact.features(x)) < 1e-6
    assert np.abs(found.features(x)) == pytest.approx(np.abs(exact.features(x)), abs=1e-6)


@pytest.mark.filterwarnings("ignore:.*Nyström's approximation takes its place")
def test_nystroem_is_near_and_depends_on_its_seed() -> None:
    xs, ys, xt = domains(300, 200)
    x = np.concatenate([xs, xt])
    exact = TCA(3, kernel="RBF", width=0.005).fit(xs, ys, xt).features(x)
    one, same, other = (
        TCA(3, kernel="RBF", width=0.005, budget_gib=0.001, landmarks=60, seed=s).fit(xs, ys, xt) for s in (0, 0, 1)
    )
    assert 0 < angle(one.features(x), exact) < 0.1
    assert np.array_equal(one.features(x), same.features(x))
    assert not np.array_equal(one.features(x), other.features(x))
    assert one.approximation == "Nyström, 60 landmarks"


def test_memory_is_that_of_the_kernel_matrix_and_no_copy() -> None:
    assert 1 < memory_of(16_000, 800, 30, "RBF") / (8 * 16_000**2) < 1.1
    assert memory_of(16_000, 800, 30, "linear") < 0.4 * GIB
    assert memory_of(1_000_000, 50, 30, "primal") == memory_of(1_000_000, 50, 30, "linear")
    assert memory_of(40_000, 800, 30, "RBF") > 4 * GIB


def test_the_estimate_of_memory_holds() -> None:
    import tracemalloc

    for n, d, count, kernel in ((600, 40, 5, "RBF"), (1200, 40, 5, "RBF"), (900, 300, 5, "linear")):
        xs, ys, xt = domains(n // 2, n // 2, d)
        method = TCA(count, kernel=kernel, width=0.01)  # type: ignore[arg-type]
        TCA(1).fit(*domains(9, 9, 2))  # imports
        tracemalloc.start()
        method.fit(xs, ys, xt)
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert 0.3 < peak / memory_of(n, d, count, kernel) < 1.15  # type: ignore[arg-type]


def test_the_median_width_is_by_the_median_of_all_pairs() -> None:
    x = np.random.default_rng(0).standard_normal((31, 4)) + 3
    pairs = [((x[i] - x[j]) ** 2).sum() for i in range(31) for j in range(i)]
    assert median_width(x) == pytest.approx(1 / np.median(pairs))
    assert median_width(np.full((5, 3), 0.1)) == 1.0
    assert rbf(x, x[:4], 0.3) == pytest.approx(gram(x, x[:4], "RBF", 0.3))


@pytest.mark.parametrize("shape", [(30, 9), (9, 30)])
def test_a_representation_has_the_scatter_of_its_kernel(shape: tuple[int, int]) -> None:
    x = np.random.default_rng(0).standard_normal(shape)
    space = Representation.of(x, 2, "linear")
    assert space.points @ space.points.T == pytest.approx(x @ x.T @ x @ x.T)


def test_rows_of_length_one() -> None:
    assert unit_rows(np.array([[3.0, 4], [0, 0]])).tolist() == [[0.6, 0.8], [0, 0]]


@pytest.mark.parametrize(("kernel", "largest"), [("primal", 8), ("linear", 8), ("RBF", 104)])
def test_an_impossible_dimension_is_refused_with_a_sentence(kernel: Kernel, largest: int) -> None:
    for dimension in (0, largest + 1):
        with pytest.raises(ValueError, match=f"TCA has 1 to {largest} dimensions here, not {dimension}; choose one"):
            TCA(dimension, kernel=kernel).fit(*domains())
    assert TCA(largest, kernel=kernel).fit(*domains()).features(domains()[0]).shape == (60, largest)


@pytest.mark.usefixtures("unchecked")
def test_what_cannot_be_is_refused_with_a_sentence() -> None:
    xs, ys, xt = domains()
    with pytest.raises(ValueError, match=r"TCA has mu 0\.0; give a number above 0"):
        TCA(mu=0.0).fit(xs, ys, xt)
    with pytest.raises(ValueError, match="the source has 8 features and the target 7; give both domains the same ones"):
        TCA(2).fit(xs, ys, xt[:, :7])
    with pytest.raises(ValueError, match="there is no kernel 'cubic'; choose primal, linear or RBF"):
        TCA(2, kernel="cubic").fit(xs, ys, xt)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="TCA has no variant 'relaesed'; choose paper, released, unit eigenvectors"):
        TCA(2, variant="relaesed").fit(xs, ys, xt)  # type: ignore[arg-type]


def test_the_need_for_memory_is_said_before_a_large_fit(monkeypatch: pytest.MonkeyPatch) -> None:
    x = np.random.default_rng(0).standard_normal((60, 5))
    sentence = "60 points with kernel RBF need .* GiB, more than the budget of 1e-06 GiB: Nyström's approximation takes"
    with pytest.warns(UserWarning, match=sentence):
        TCA(2, kernel="RBF", budget_gib=1e-6, landmarks=20).fit(x[:30], np.arange(30) % 2, x[30:])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        TCA(2, kernel="RBF").fit(x[:30], np.arange(30) % 2, x[30:])
    monkeypatch.setattr("mtl_bench.methods.shallow.kernels.LARGE_GIB", 1e-6)
    kernels: tuple[Kernel, ...] = ("linear", "primal")
    for kernel in kernels:
        with pytest.warns(UserWarning, match=f"60 points with kernel {kernel} need [^ ]+ GiB$"):
            TCA(2, kernel=kernel).fit(x[:30], np.arange(30) % 2, x[30:])
