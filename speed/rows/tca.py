"""TCA beside the dense generalised eigenproblem, which is what the paper's sentence says, and a library."""

from __future__ import annotations

from functools import partial
from importlib import import_module
from typing import Any, Literal

import numpy as np

from speed.row import Peer, Row
from speed.rows.data import Array, Domains, domains
from speed.timing import Work

LANDMARKS = 1000

Kernel = Literal["linear", "RBF"]


def ours(kernel: Kernel, dimension: int, inputs: Domains, budget_gib: float = 4.0) -> Work:
    """The neighbours' classifier only keeps the source's points in the new space."""
    from mtl_bench.methods.shallow.tca import TCA

    method = TCA(dimension, 1.0, kernel, width(inputs), classifier="1-NN", budget_gib=budget_gib, landmarks=LANDMARKS)
    return lambda: method.fit(inputs.source, inputs.labels, inputs.target).classifier._fit_X


def dense(kernel: Kernel, dimension: int, inputs: Domains) -> Work:
    """The leading W of KHK W = (KLK + mu I) W Λ by LAPACK's symmetric solver for a part of the spectrum."""
    from scipy.linalg import eigh
    from sklearn.metrics.pairwise import rbf_kernel

    half, gamma = len(inputs.source), width(inputs)

    def fit() -> Array:
        x = inputs.pooled
        k = x @ x.T if kernel == "linear" else rbf_kernel(x, gamma=gamma)
        apart = k[:, :half].mean(1) - k[:, half:].mean(1)
        penalty = np.outer(apart, apart) + np.eye(len(x))
        part = [len(x) - dimension, len(x) - 1]
        _, w = eigh(k @ (k - k.mean(0)), penalty, subset_by_index=part, overwrite_a=True, overwrite_b=True)
        return np.asarray(k[:half] @ w)

    return fit


def skada(kernel: Kernel, dimension: int, inputs: Domains) -> Work:
    from sklearn.metrics.pairwise import rbf_kernel

    gamma = width(inputs)
    similar = "linear" if kernel == "linear" else partial(rbf_kernel, gamma=gamma)
    method = import_module("skada").TransferComponentAnalysisAdapter
    domain = np.repeat([1, -2], [len(inputs.source), len(inputs.target)])  # skada's targets have negative numbers

    def fit() -> Array:
        adapter = method(kernel=similar, n_components=dimension, mu=1.0)
        return np.asarray(adapter.fit_transform(inputs.pooled, sample_domain=domain)[domain > 0])

    return fit


def width(inputs: Domains) -> float:
    """One over the mean squared distance, for all alike."""
    return float(1 / (2 * inputs.pooled.var(0).sum()))


def angle(a: Any, b: Any) -> float:
    """The largest principal angle between the spans of the source's components."""
    from scipy.linalg import subspace_angles

    return float(subspace_angles(a, b)[0])


def lost(a: Any, b: Any) -> float:
    """The share of the exact components' span that the approximate ones miss: 1 - the mean squared cosine."""
    from scipy.linalg import subspace_angles

    return float(np.mean(np.sin(subspace_angles(a, b)) ** 2))


def approximate(points: int) -> Row:
    """Nyström's approximation, as it is taken above the memory budget, beside the exact solution."""
    return Row(
        name=f"nystroem-{points}",
        sentence=f"TCA, RBF kernel, {points} points of 800 dimensions, 10 components by {LANDMARKS:,} landmarks",
        inputs=partial(domains, points, 800),
        ours=partial(ours, "RBF", 10, budget_gib=1e-3),
        peers=(Peer("the exact TCA of this package", partial(ours, "RBF", 10)),),
        distance=lost,
        measure="share of the exact components' span that is missed",
        tolerance=1.0,
        rounds=6,
    )


def _row(name: str, kernel: Kernel, points: int, features: int, dimension: int, goal: float, *peers: Peer) -> Row:
    return Row(
        name=name,
        sentence=f"TCA, {kernel} kernel, {points} points of {features} dimensions, {dimension} components",
        inputs=partial(domains, points, features),
        ours=partial(ours, kernel, dimension),
        peers=peers,
        unit="ratio" if peers else "seconds",
        goal=goal,
        distance=angle,
        measure="largest principal angle of the components' spans",
        tolerance=1e-4,
        rounds=6,
    )


ROWS = (
    _row(
        "tca-linear", "linear", 3000, 800, 30, 0.06,
        Peer("scipy's dense eigh", partial(dense, "linear", 30)),
        Peer("skada", partial(skada, "linear", 30), "skada", "skada"),
    ),
    _row("tca-rbf", "RBF", 3000, 2048, 100, 0.6, Peer("scipy's dense eigh", partial(dense, "RBF", 100))),
    _row("tca-large", "RBF", 8000, 800, 30, 10.0),
    *(approximate(points) for points in (2000, 4000, 8000)),
)  # fmt: skip
