"""CORAL beside `adapt`'s, both with the paper's C + I."""

from __future__ import annotations

from functools import partial
from importlib import import_module
from typing import Any

import numpy as np

from speed.row import Peer, Row
from speed.rows.data import Domains, domains
from speed.timing import Work

POINTS, WIDTH = 3000, 800


def ours(inputs: Domains) -> Work:
    """The neighbours' classifier only keeps the source's points where CORAL has brought them."""
    from mtl_bench.methods.shallow.coral import CORAL

    return lambda: (
        CORAL(regulariser=1.0, classifier="1-NN").fit(inputs.source, inputs.labels, inputs.target).classifier._fit_X
    )


def adapt(inputs: Domains) -> Work:
    method = import_module("adapt.feature_based").CORAL
    return lambda: method(lambda_=1.0, verbose=0).fit_transform(inputs.source, inputs.target)


def difference(a: Any, b: Any) -> float:
    """Relative, in the Frobenius norm."""
    return float(np.linalg.norm(a - b) / np.linalg.norm(a))


ROWS = (
    Row(
        name="coral",
        sentence=f"CORAL, {POINTS} points of {WIDTH} dimensions",
        inputs=partial(domains, POINTS, WIDTH),
        ours=ours,
        peers=(Peer("adapt", adapt, "adapt", "adapt"),),
        goal=0.2,
        distance=difference,
        measure="relative difference of the source's points",
        tolerance=1e-6,
        rounds=7,
    ),
)
