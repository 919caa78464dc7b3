"""JDA beside its widely copied implementation, which calls the general eigensolver on a symmetric problem."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np

from speed.row import Peer, Row
from speed.rows.data import Array, Domains, domains
from speed.rows.tca import width
from speed.timing import Work

POINTS, WIDTH, DIMENSION, ITERATIONS = 1000, 800, 30, 2


def ours(inputs: Domains) -> Work:
    """The neighbours' classifier only keeps the source's points in the new space."""
    from mtl_bench.methods.shallow.jda import JDA

    method = JDA(dimension=DIMENSION, iterations=ITERATIONS, kernel="RBF", width=width(inputs), classifier="1-NN")
    return lambda: method.fit(inputs.source, inputs.labels, inputs.target).classifier._fit_X


def plain(inputs: Domains) -> Work:
    """As the copies go; scipy's eigenvectors have length 1."""
    from scipy.linalg import eig
    from sklearn.metrics.pairwise import rbf_kernel
    from sklearn.neighbors import KNeighborsClassifier

    half, gamma, classes = len(inputs.source), width(inputs), np.unique(inputs.labels)

    def fit() -> Array:
        k = rbf_kernel(inputs.pooled, gamma=gamma)
        n = len(k)
        both = np.concatenate([np.full(half, 1 / half), np.full(n - half, -1 / (n - half))])[:, None]
        centring = np.eye(n) - 1 / n
        guessed: Any = None
        for _ in range(ITERATIONS):
            m = both @ both.T * len(classes)
            for c in classes if guessed is not None else ():
                e = np.zeros((n, 1))
                e[:half][inputs.labels == c] = 1 / np.sum(inputs.labels == c)
                e[half:][guessed == c] = -1 / max(np.sum(guessed == c), 1)
                m = m + e @ e.T
            m = m / np.linalg.norm(m)
            scatter = k @ centring @ k.T
            values, vectors = eig(k @ m @ k.T + np.eye(n), scatter)
            w = np.real(vectors[:, np.argsort(np.real(values))[:DIMENSION]])
            z = k @ w
            z = z / np.linalg.norm(z, axis=1, keepdims=True)
            guessed = KNeighborsClassifier(1).fit(z[:half], inputs.labels).predict(z[half:])
        return np.asarray(z[:half])

    return fit


def difference(a: Any, b: Any) -> float:
    """Relative, of the cosines between all of the source's points, in the Frobenius norm: signs of axes don't count."""
    return float(np.linalg.norm(a @ a.T - b @ b.T) / np.linalg.norm(a @ a.T))


ROWS = (
    Row(
        name="jda",
        sentence=f"JDA, RBF kernel, {POINTS} points, {DIMENSION} components, {ITERATIONS} rounds",
        inputs=partial(domains, POINTS, WIDTH),
        ours=ours,
        peers=(Peer("scipy's general eig", plain),),
        goal=0.05,
        distance=difference,
        measure="relative difference of the cosines between points",
        tolerance=1e-4,
        rounds=6,
    ),
)
