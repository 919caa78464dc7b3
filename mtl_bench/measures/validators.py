"""Scores of a candidate model: accuracy, which needs labels, and rules that need none of the target's."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float, Float64, Int

from mtl_bench.inputs import gate

PENALTIES = (1e-4, 1e-3, 1e-2, 1e-1, 1.0)  # the C of the domain classifier, weakest fit first
ROWS = 1000  # of a similarity matrix held at once


def accuracy(logits: Float[np.ndarray, "n c"], labels: Int[np.ndarray, " n"]) -> float:
    """The fraction of the rows of logits whose largest entry is the label, in percent. Higher is better."""
    scores = gate.points("logits", logits)
    known = gate.labels("labels", labels, *scores.shape)
    return 100 * float((scores.argmax(1) == known).mean())


def log_probabilities(logits: Float[np.ndarray, "n c"]) -> Float64[np.ndarray, "n c"]:
    """The logarithm of the softmax of each row of logits."""
    shifted = logits.astype(np.float64) - logits.max(1, keepdims=True)
    normalised: Float64[np.ndarray, "n c"] = shifted - np.log(np.exp(shifted).sum(1, keepdims=True))
    return normalised


def entropy(logits: Float[np.ndarray, "n c"]) -> float:
    """The mean entropy of the target's predictions, in nats (Morerio et al., ICLR 2018). Lower is better.

    Certain and wrong scores as well as certain and right.
    """
    logarithms = log_probabilities(logits)
    return float(-(np.exp(logarithms) * logarithms).sum(1).mean())


def soft_neighbourhood_density(logits: Float[np.ndarray, "n c"], temperature: float = 0.05) -> float:
    """SND, the mean entropy of each target item's soft neighbours, in nats (Saito et al., ICCV 2021). Higher is better.

    An item's soft neighbours are the softmax of its cosine similarities / `temperature` (equation 2) to all others,
    between predicted probabilities. Takes a time that grows with n^2.
    """
    probabilities = np.exp(log_probabilities(logits))
    points = probabilities / np.linalg.norm(probabilities, axis=1, keepdims=True)
    entropies = []
    for first in range(0, len(points), ROWS):
        similarities = points[first : first + ROWS] @ points.T / temperature
        rows = np.arange(len(similarities))
        similarities[rows, first + rows] = -1e9  # no item is its own neighbour
        logarithms = log_probabilities(similarities)
        entropies.append(-(np.exp(logarithms) * logarithms).sum(1))
    return float(np.concatenate(entropies).mean())


def importance_weights(
    source: Float[np.ndarray, "s d"], target: Float[np.ndarray, "t d"], validation: Float[np.ndarray, "n d"]
) -> Float64[np.ndarray, " n"]:
    """p_target / p_source at the source's validation features, by Bayes' rule (You et al., ICML 2019).

    From a logistic regression between the features of source and target, standardised; its penalty
    has the smallest log-loss on every fifth row. (The authors' is a multi-layer perceptron, chosen by accuracy.)
    """
    from sklearn.linear_model import LogisticRegression
    from sklearn.metrics import log_loss
    from sklearn.preprocessing import StandardScaler

    source = gate.points("source", source)
    target, validation = (
        gate.points(name, x, source.shape[1]) for name, x in (("target", target), ("validation", validation))
    )
    scaler = StandardScaler().fit(np.concatenate([source, target]))
    points = scaler.transform(np.concatenate([source, target]))
    is_target = np.repeat([0, 1], [len(source), len(target)])
    held_out = np.concatenate([np.arange(len(source)), np.arange(len(target))]) % 5 == 4
    best_loss, best = np.inf, None
    for penalty in PENALTIES:
        classifier = LogisticRegression(C=penalty, max_iter=1000).fit(points[~held_out], is_target[~held_out])
        loss = log_loss(is_target[held_out], classifier.predict_proba(points[held_out])[:, 1])
        if loss < best_loss:
            best_loss, best = loss, classifier
    assert best is not None
    log_odds: Float64[np.ndarray, " n"] = best.decision_function(scaler.transform(validation))
    weights: Float64[np.ndarray, " n"] = np.exp(log_odds) * (is_target == 0).sum() / is_target.sum()
    return weights


def importance_weighted_risk(weights: Float[np.ndarray, " n"], losses: Float[np.ndarray, " n"]) -> float:
    """IWV: the mean of weight x loss over source validation items (Sugiyama et al., JMLR 2007). Lower is better."""
    weights, losses = _paired(weights, losses)
    return float((weights * losses).mean())


def deep_embedded_validation(weights: Float[np.ndarray, " n"], losses: Float[np.ndarray, " n"]) -> float:
    """DEV: the importance-weighted risk with the weights as control variate (You et al., ICML 2019). Lower is better.

    mean(w l) + eta (mean(w) - 1) with eta = -Cov(w l, w) / Var(w), since true weights have mean one.
    """
    weights, losses = _paired(weights, losses)
    weighted = weights * losses
    covariance = np.cov(weighted, weights)
    eta = -covariance[0, 1] / covariance[1, 1] if covariance[1, 1] > 0 else 0.0
    return float(weighted.mean() + eta * (weights.mean() - 1))


def _paired(
    weights: Float[np.ndarray, " n"], losses: Float[np.ndarray, " n"]
) -> tuple[Float[np.ndarray, " n"], Float[np.ndarray, " n"]]:
    """Both, if there is one loss for each weight."""
    if weights.shape != losses.shape or weights.ndim != 1:
        raise ValueError(
            f"the weights have the shape {weights.shape} and the losses {losses.shape}; give one loss per weight"
        )
    return weights, losses
