"""What makes SCL that: pivots by frequency or by labels, a predictor of each, and a subspace of their weights."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy.linalg import subspace_angles
from scipy.optimize import minimize

from mtl_bench.methods.shallow import scl
from mtl_bench.methods.shallow.no_adaptation import NoAdaptation
from mtl_bench.methods.shallow.scl import SCL, correspondences, predictors

Array = np.ndarray[Any, Any]


def words(n: int = 60, d: int = 9, seed: int = 0) -> Array:
    """bool (n, d): words of three topics that go along with each other."""
    random = np.random.default_rng(seed)
    topics = random.random((n, 3)) < 0.5
    return np.asarray(random.random((n, d)) < np.where(topics[:, np.arange(d) % 3], 0.6, 0.1))


def one_by_one(occurs: Array, pivot: int, regulariser: float) -> Array:
    """The weights of one predictor by L-BFGS, from the features that it may see."""
    y = np.where(occurs[:, pivot], 1.0, -1.0)
    x = np.hstack([np.delete(occurs, pivot, 1), np.ones((len(occurs), 1))]).astype(float)

    def loss(w: Array) -> float:
        margins = y * (x @ w)
        huber = np.where(margins >= -1, np.maximum(0, 1 - margins) ** 2, -4 * margins)
        return float(huber.mean() + regulariser / 2 * (w[:-1] ** 2).sum())

    found = minimize(
        loss, np.zeros(x.shape[1]), method="L-BFGS-B", options={"ftol": 1e-15, "gtol": 1e-9, "maxfun": 10**6}
    )
    return np.insert(found.x[:-1], pivot, 0.0)


@pytest.mark.parametrize("regulariser", [1e-3, 0.1])
def test_all_predictors_at_once_are_those_found_one_by_one(regulariser: float, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scl, "TOLERANCE", 1e-8)
    monkeypatch.setattr(scl, "STEPS", 5000)
    pivots = np.array([4, 0, 7])
    found = predictors(words(), pivots, regulariser)
    assert found[pivots, np.arange(3)].tolist() == [0, 0, 0], "a pivot does not predict itself"
    for column, pivot in zip(found.T, pivots, strict=True):
        assert column == pytest.approx(one_by_one(words(), pivot, regulariser), abs=2e-4)


def test_the_usual_tolerance_leaves_the_subspace_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    occurs = words(400, 30)
    usual = correspondences(predictors(occurs, np.arange(12), 1e-3), 3)
    monkeypatch.setattr(scl, "TOLERANCE", 1e-9)
    monkeypatch.setattr(scl, "STEPS", 5000)
    exact = correspondences(predictors(occurs, np.arange(12), 1e-3), 3)
    assert usual.T @ usual == pytest.approx(np.eye(3))
    assert subspace_angles(usual, exact)[0] < 0.01


def test_pivots_are_frequent_in_both_domains_and_tell_the_source_s_classes() -> None:
    labels = np.arange(80) % 2
    source, target = np.zeros((80, 7), bool), np.zeros((80, 7), bool)
    for word, (in_source, in_target) in enumerate([(40, 40), (30, 50), (60, 3), (3, 60), (40, 0), (80, 80), (20, 20)]):
        source[:in_source, word] = target[:in_target, word] = True
    source[:, 6] = np.where(labels, source[:, 6], False)  # the only one that goes along with a class
    source[:, 6] |= (labels == 1) & (np.arange(80) < 30)
    by_frequency = SCL(chosen="frequency", pivots=2).found(source, labels, target)
    assert by_frequency.tolist() == [0, 1], "5 always occurs; 2 and 3 do so in one domain"
    by_labels = SCL(pivots=2).found(source, labels, target)
    assert by_labels[0] == 6
    assert set(SCL().found(source, labels, target)) == {0, 1, 6}, "2, 3 and 4 are too rare in one domain"


def reviews(seed: int = 0) -> tuple[Array, Array, Array, Array]:
    """Words 0 and 1 say good or bad in both domains; 2 to 9 do so in the source alone, 10 to 17 in the target alone."""
    random = np.random.default_rng(seed)
    ys, yt = (random.integers(0, 2, 600) for _ in range(2))
    xs, xt = (np.zeros((600, 24)) for _ in range(2))
    for x, y, first, shared in ((xs, ys, 2, 0.25), (xt, yt, 10, 0.25)):
        x[np.arange(600), y] = random.random(600) < shared
        own = random.integers(0, 4, (600, 2))
        for column in own.T:
            x[np.arange(600), first + 4 * y + column] = 1
        x[:, 18:] = random.random((600, 6)) < 0.5
    return xs, ys, xt, yt


def test_words_of_the_target_are_known_by_the_pivots_that_they_go_along_with() -> None:
    xs, ys, xt, yt = reviews()
    adapted = np.mean(SCL(dimension=2, pivots=2).fit(xs, ys, xt).predict(xt) == yt)
    plain = np.mean(NoAdaptation("linear SVM").fit(xs, ys, xt).predict(xt) == yt)
    assert adapted > 0.95 and plain < 0.75


@pytest.mark.parametrize("scale", [0.2, 1.0, 5.0])
def test_the_new_features_have_the_stated_length_and_are_appended(scale: float) -> None:
    xs, ys, xt, _ = reviews()
    both = np.concatenate([xs, xt])
    features = SCL(dimension=3, scale=scale).fit(xs, ys, xt).features(both)
    assert np.array_equal(features[:, :24], both)
    lengths = [np.linalg.norm(part, axis=1).mean() for part in (both, features[:, 24:])]
    assert lengths[1] == pytest.approx(scale * lengths[0])
    assert SCL(dimension=3, scale=scale).fit(xs, ys, xt).features(2 * both)[:, 24:] == pytest.approx(features[:, 24:])


@pytest.mark.usefixtures("unchecked")
def test_an_unknown_choice_of_pivots_is_refused_in_a_sentence() -> None:
    xs, ys, xt, _ = reviews()
    with pytest.raises(ValueError, match="pivots are not chosen by 'hand'; choose mutual information or frequency"):
        SCL(chosen="hand").fit(xs, ys, xt)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="SCL has 1 to 2 dimensions here, not 50; choose one of these"):
        SCL(pivots=2).fit(xs, ys, xt)
