"""mSDA's layers beside the authors' equations as public code has them: dense, in double precision, one LU per layer."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np

from speed.row import Peer, Row
from speed.rows.data import Array, reviews
from speed.timing import Work

LAYERS, CORRUPTION, REGULARISER = 5, 0.5, 1e-5


def ours(counts: Any) -> Work:
    """All features of the points that the layers are fitted on."""
    from mtl_bench.methods.shallow.denoising import DenoisingStack

    return lambda: DenoisingStack.of(counts, LAYERS, CORRUPTION, REGULARISER)(counts)


def dense(counts: Any) -> Work:
    """Equations 4 to 6 of the paper: points in columns, a 1 beneath each, and a system for every layer."""
    points = counts.toarray().astype(np.float64).T

    def layer(x: Array) -> Array:
        with_one = np.vstack([x, np.ones((1, x.shape[1]))])
        scatter = with_one @ with_one.T
        q = np.full(len(with_one), 1 - CORRUPTION)
        q[-1] = 1
        second = scatter * np.outer(q, q)
        np.fill_diagonal(second, q * np.diag(scatter))
        second[np.diag_indices(len(x))] += REGULARISER
        weights = np.linalg.solve(second.T, (scatter[:-1] * q).T).T
        return np.asarray(np.tanh(weights @ with_one))

    def fit() -> Array:
        features, hidden = [points], points
        for _ in range(LAYERS):
            hidden = layer(hidden)
            features.append(hidden)
        return np.vstack(features).T

    return fit


def difference(a: Any, b: Any) -> float:
    """The largest of any feature; hidden ones lie between -1 and 1."""
    return float(np.abs(a - b).max())


def row(name: str, points: int, words: int, optional: bool) -> Row:
    return Row(
        name=name,
        sentence=f"mSDA, {LAYERS} layers on {points} reviews as counts of {words} words",
        inputs=partial(reviews, points, words),
        ours=ours,
        peers=(Peer("dense, as published", dense),),
        goal=0.5,
        distance=difference,
        measure="largest difference of a feature",
        tolerance=1e-4,
        rounds=1 if optional else 6,
        note=lambda _: "ours is in single precision, the peer in double",
        optional=optional,
    )


ROWS = (row("msda", 1600, 2000, False), row("msda-5000", 4000, 5000, True))
