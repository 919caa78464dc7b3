"""The validators against naive versions, and their meaning where the truth is known."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from mtl_bench.measures import validators
from mtl_bench.measures.a_distance import proxy_a_distance
from mtl_bench.measures.class_mean import class_mean_accuracy
from mtl_bench.measures.validators import (
    accuracy,
    deep_embedded_validation,
    entropy,
    importance_weighted_risk,
    importance_weights,
    log_probabilities,
    soft_neighbourhood_density,
)

Array = np.ndarray[Any, Any]


def logits(n: int = 12, classes: int = 5, seed: int = 0) -> Array:
    return 3 * np.random.default_rng(seed).standard_normal((n, classes))


def clustered(n: int, spread: float) -> Array:
    """Predictions near three corners."""
    random = np.random.default_rng(1)
    return 4 * np.eye(3)[np.arange(n) % 3] + spread * random.standard_normal((n, 3))


def softmax(row: list[float]) -> list[float]:
    total = sum(math.exp(z) for z in row)
    return [math.exp(z) / total for z in row]


def test_accuracy_is_percent() -> None:
    scores = np.array([[0.1, 0.9], [2.0, 1.0], [0.0, 3.0], [5.0, 4.0]])
    assert accuracy(scores, np.array([1, 0, 0, 0])) == 75.0


def test_log_probabilities_survive_large_logits() -> None:
    found = log_probabilities(np.array([[1e4, 0.0], [-1e4, -1e4]], np.float32))
    assert found == pytest.approx(np.array([[0.0, -1e4], [math.log(0.5)] * 2]))


def test_entropy_by_hand() -> None:
    rows = [softmax(row) for row in logits().tolist()]
    assert entropy(logits()) == pytest.approx(np.mean([-sum(p * math.log(p) for p in row) for row in rows]))


def test_entropy_runs_from_zero_to_that_of_chance() -> None:
    assert entropy(np.zeros((4, 10), np.float16)) == pytest.approx(math.log(10))
    assert entropy(1e4 * np.eye(10)) == pytest.approx(0)


def snd_by_double_loop(scores: Array, temperature: float) -> float:
    points = [softmax(row) for row in scores.tolist()]
    entropies = []
    for i, p in enumerate(points):
        cosines = [
            sum(a * b for a, b in zip(p, q, strict=True)) / (math.hypot(*p) * math.hypot(*q))
            for j, q in enumerate(points)
            if j != i
        ]
        neighbours = softmax([c / temperature for c in cosines])
        entropies.append(-sum(s * math.log(s) for s in neighbours))
    return sum(entropies) / len(entropies)


@pytest.mark.parametrize("temperature", [0.05, 1.0])
def test_snd_is_the_double_loop(temperature: float) -> None:
    expected = snd_by_double_loop(logits(), temperature)
    assert soft_neighbourhood_density(logits(), temperature) == pytest.approx(expected)


def test_snd_in_pieces_is_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    expected = soft_neighbourhood_density(logits(25))
    monkeypatch.setattr(validators, "ROWS", 7)
    assert soft_neighbourhood_density(logits(25)) == pytest.approx(expected)


def test_snd_prefers_dense_clusters_and_entropy_agrees() -> None:
    scattered, dense = clustered(60, 3.0), clustered(60, 0.1)
    assert soft_neighbourhood_density(dense) > soft_neighbourhood_density(scattered)
    assert soft_neighbourhood_density(dense) == pytest.approx(math.log(19), abs=0.1)  # the 19 others of its cluster


def test_importance_weights_recover_a_known_ratio() -> None:
    """N(0, 1) to N(1, 1) in one of five features: the ratio at x is exp(x - 1 / 2)."""
    random = np.random.default_rng(0)
    source, target, validation = random.standard_normal((3, 4000, 5))
    target[:, 0] += 1
    found = importance_weights(source[:3000], target, validation)  # of unequal sizes
    true = np.exp(validation[:, 0] - 0.5)
    assert found.mean() == pytest.approx(1, abs=0.15)
    assert np.corrcoef(np.log(found), np.log(true))[0, 1] > 0.98
    assert np.polyfit(np.log(true), np.log(found), 1)[0] == pytest.approx(1, abs=0.15)


def test_importance_weights_of_equal_domains_are_one() -> None:
    random = np.random.default_rng(0)
    source, target, validation = random.standard_normal((3, 600, 20)).astype(np.float16)
    found = importance_weights(source, target, validation)
    assert found == pytest.approx(np.ones(600), abs=0.4)
    assert found.mean() == pytest.approx(1, abs=0.05)


def risks(draws: int = 400, n: int = 200) -> tuple[Array, Array, Array]:
    """IWV, DEV and the source's own risk under a shift from N(0, 1) to N(1, 1), where the loss is x > 1: one half."""
    random = np.random.default_rng(0)
    found = []
    for _ in range(draws):
        x = random.standard_normal(n)
        weights, losses = np.exp(x - 0.5), (x > 1).astype(float)
        found.append(
            (importance_weighted_risk(weights, losses), deep_embedded_validation(weights, losses), losses.mean())
        )
    iwv, dev, source = np.array(found).T
    return iwv, dev, source


def test_iwv_and_dev_estimate_the_targets_risk_and_the_source_does_not() -> None:
    iwv, dev, source = risks()
    assert iwv.mean() == pytest.approx(0.5, abs=0.02)
    assert dev.mean() == pytest.approx(0.5, abs=0.05)
    assert source.mean() < 0.2


def test_the_control_variate_lowers_the_variance() -> None:
    iwv, dev, _ = risks()
    assert dev.std() < 0.6 * iwv.std()


def test_dev_by_hand() -> None:
    w, losses = np.array([0.5, 1.0, 2.0, 1.5]), np.array([0.0, 1.0, 1.0, 0.0])
    mean_w, mean_wl = 1.25, 0.75
    covariance = sum((a * b - mean_wl) * (a - mean_w) for a, b in zip(w, losses, strict=True)) / 3
    eta = -covariance / (sum((a - mean_w) ** 2 for a in w) / 3)
    assert deep_embedded_validation(w, losses) == pytest.approx(mean_wl + eta * mean_w - eta)
    assert importance_weighted_risk(w, losses) == pytest.approx(mean_wl)


def test_constant_weights_and_constant_losses() -> None:
    """Without weights to compare both are the plain risk; a constant loss is known exactly by DEV."""
    losses = np.array([0.0, 1.0, 1.0])
    assert deep_embedded_validation(np.ones(3), losses) == pytest.approx(2 / 3)
    assert deep_embedded_validation(np.array([0.2, 5.0, 1.0]), np.full(3, 0.7)) == pytest.approx(0.7)


@pytest.mark.usefixtures("unchecked")
def test_labels_of_another_shape_or_kind_are_refused_where_they_would_give_a_wrong_number() -> None:
    scores = np.eye(3)
    for wrong in (np.arange(3)[:, None], np.array(["0", "1", "2"]), np.arange(3) + 1, np.arange(2)):
        for measure in (accuracy, class_mean_accuracy):
            with pytest.raises(ValueError, match=r"^labels [^\n]*; [^\n]+$"):
                measure(scores, wrong)
    with pytest.raises(ValueError, match="logits is nan in row 0, column 0; fill or leave out"):
        accuracy(np.full((3, 3), np.nan), np.arange(3))
    for risk in (importance_weighted_risk, deep_embedded_validation):
        with pytest.raises(
            ValueError, match=r"the weights have the shape \(3,\) and the losses \(3, 1\); give one loss"
        ):
            risk(np.ones(3), np.ones((3, 1)))


@pytest.mark.usefixtures("unchecked")
def test_features_that_are_none_are_refused_with_a_sentence() -> None:
    x = np.random.default_rng(0).standard_normal((10, 3))
    broken = x.copy()
    broken[3, 1] = np.nan
    for odd in (broken, x[:, :2], x[0], x[:0]):
        with pytest.raises(ValueError, match=r"^target [^\n]*; [^\n]+$"):
            proxy_a_distance(x, odd)
        with pytest.raises(ValueError, match=r"^validation [^\n]*; [^\n]+$"):
            importance_weights(x, x, odd)
