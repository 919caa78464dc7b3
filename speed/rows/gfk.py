"""GFK beside the dense algebra of its widely copied implementation, which makes and roots the d × d kernel."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from speed.row import Peer, Row
from speed.rows.data import Array, Domains, domains
from speed.timing import Work

POINTS, WIDTH, DIMENSION = 2000, 2048, 20


def ours(inputs: Domains) -> Work:
    """The factor F of the kernel G = F F'."""
    from mtl_bench.methods.shallow.gfk import GFK

    method: Any = GFK(dimension=DIMENSION, classifier="1-NN")  # its projection's type is that of a function
    return lambda: method.fit(inputs.source, inputs.labels, inputs.target).projection.matrix


def dense(root: Callable[[Array], Array], inputs: Domains) -> Work:
    """A root of G, which is made by the paper's equations 4 to 6 from whole bases."""
    from scipy.linalg import null_space

    def axes(points: Array) -> Array:
        return np.linalg.svd(points - points.mean(0), full_matrices=False)[2][:DIMENSION].T

    def fit() -> Array:
        source, target = axes(inputs.source), axes(inputs.target)
        rest = null_space(source.T)
        left, cosines, right = np.linalg.svd(source.T @ target)
        angles = np.arccos(np.clip(cosines, -1, 1))
        across = -(rest.T @ target @ right.T) / np.maximum(np.sin(angles), 1e-20)
        first = 0.5 * (1 + np.sin(2 * angles) / np.maximum(2 * angles, 1e-20))
        mixed = 0.5 * (np.cos(2 * angles) - 1) / np.maximum(2 * angles, 1e-20)
        second = 0.5 * (1 - np.sin(2 * angles) / np.maximum(2 * angles, 1e-20))
        middle = np.block([[np.diag(first), np.diag(mixed)], [np.diag(mixed), np.diag(second)]])
        flow = np.hstack([source @ left, rest @ across])
        return root(flow @ middle @ flow.T)

    return fit


def general_root(kernel: Array) -> Array:
    """As the copies have it."""
    from scipy.linalg import fractional_matrix_power

    return np.asarray(np.real(fractional_matrix_power(kernel, 0.5)))


def symmetric_root(kernel: Array) -> Array:
    """As they could have it."""
    from scipy.linalg import eigh

    values, vectors = eigh(kernel)
    return np.asarray(vectors * np.sqrt(np.maximum(values, 0)) @ vectors.T)


def difference(a: Any, b: Any) -> float:
    """Relative, of the kernels G, in the Frobenius norm."""
    kernel = a @ a.T
    return float(np.linalg.norm(kernel - b @ b.T) / np.linalg.norm(kernel))


ROWS = (
    Row(
        name="gfk",
        sentence=f"GFK, {POINTS} points of {WIDTH} dimensions, {DIMENSION} components",
        inputs=partial(domains, POINTS, WIDTH),
        ours=ours,
        peers=(
            Peer("dense, general root", partial(dense, general_root)),
            Peer("dense, symmetric root", partial(dense, symmetric_root)),
        ),
        goal=0.03,
        distance=difference,
        measure="relative difference of the kernels",
        tolerance=1e-4,
        rounds=6,
    ),
)
