"""Scores of a candidate model: accuracy, which needs labels, and rules that need none of the target's."""

from __future__ import annotations

from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]

PENALTIES = (1e-4, 1e-3, 1e-2, 1e-1, 1.0)  # the C of the domain classifier, weakest fit first
ROWS = 1000  # of a similarity matrix held at once


def accuracy(logits: Array, labels: Array) -> float:
    """The share of the rows of logits (n, classes) whose largest entry is the label, in percent. Higher is better."""
    return 100 * float((logits.argmax(1) == labels).mean())


def log_probabilities(logits: Array) -> Array:
    """The logarithm of the softmax of logits (n, classes), float64."""
    shifted = logits.astype(np.float64) - logits.max(1, keepdims=True)
    normalised: Array = shifted - np.log(np.exp(shifted).sum(1, keepdims=True))
    return normalised


def entropy(logits: Array) -> float:
    """The mean entropy of the target's predictions, in nats (Morerio et al., ICLR 2018). Lower is better.

    Takes logits (n, classes). Certain and wrong scores as well as certain and right.
    """
    logarithms = log_probabilities(logits)
    return float(-(np.exp(logarithms) * logarithms).sum(1).mean())


def soft_neighbourhood_density(logits: Array, temperature: float = 0.05) -> float:
    """SND, the mean entropy of each target item's soft neighbours, in nats (Saito et al., ICCV 2021). Higher is better.

    An item's soft neighbours are the softmax of its cosine similarities / `temperature` (equation 2) to all others,
    between predicted probabilities. Takes logits (n, classes) and a time that grows with n^2.
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


def importance_weights(source: Array, target: Array, validation: Array) -> Array:
    """p_target / p_source (m,) at the source's validation features (m, d), by Bayes' rule (You et al., ICML 2019).

    From a logistic regression between the features of source (n_s, d) and target (n_t, d), standardised; its penalty
    has the smallest log-loss on every fifth row. (The authors' is a multi-layer perceptron, chosen by accuracy.)
    """
    from sklearn.linear_model import LogisticRegression
    from sklearn.metrics import log_loss
    from sklearn.preprocessing import StandardScaler

    scaler = StandardScaler().fit(np.concatenate([source, target]).astype(np.float64))
    points = scaler.transform(np.concatenate([source, target]).astype(np.float64))
    is_target = np.repeat([0, 1], [len(source), len(target)])
    held_out = np.concatenate([np.arange(len(source)), np.arange(len(target))]) % 5 == 4
    best_loss, best = np.inf, None
    for penalty in PENALTIES:
        classifier = LogisticRegression(C=penalty, max_iter=1000).fit(points[~held_out], is_target[~held_out])
        loss = log_loss(is_target[held_out], classifier.predict_proba(points[held_out])[:, 1])
        if loss < best_loss:
            best_loss, best = loss, classifier
    assert best is not None
    log_odds: Array = best.decision_function(scaler.transform(validation.astype(np.float64)))
    weights: Array = np.exp(log_odds) * (is_target == 0).sum() / is_target.sum()
    return weights


def importance_weighted_risk(weights: Array, losses: Array) -> float:
    """IWV: the mean of weight x loss over source validation items (Sugiyama et al., JMLR 2007). Lower is better."""
    return float((weights * losses).mean())


def deep_embedded_validation(weights: Array, losses: Array) -> float:
    """DEV: the importance-weighted risk with the weights as control variate (You et al., ICML 2019). Lower is better.

    mean(w l) + eta (mean(w) - 1) with eta = -Cov(w l, w) / Var(w), since true weights have mean one.
    """
    weighted = weights * losses
    covariance = np.cov(weighted, weights)
    eta = -covariance[0, 1] / covariance[1, 1] if covariance[1, 1] > 0 else 0.0
    return float(weighted.mean() + eta * (weights.mean() - 1))
