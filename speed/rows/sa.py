"""Subspace alignment: fit and predict, beside two libraries with the same classifier behind them."""

from __future__ import annotations

from functools import partial
from importlib import import_module
from typing import Any

from speed.row import Peer, Row
from speed.rows.data import Domains, domains
from speed.timing import Work

POINTS, WIDTH, DIMENSION = 3000, 800, 30


def ours(inputs: Domains) -> Work:
    from mtl_bench.methods.shallow.sa import SA

    def fit() -> Any:
        predictor = SA(dimension=DIMENSION).fit(inputs.source, inputs.labels, inputs.target)
        return predictor.axes, predictor.predict(inputs.target)

    return fit


def adapt(inputs: Domains) -> Work:
    method = import_module("adapt.feature_based").SA

    def fit() -> Any:
        from sklearn.svm import LinearSVC

        xs, xt = standardised(inputs)
        aligner = method(n_components=DIMENSION, verbose=0, random_state=0)
        svm = LinearSVC(dual=False).fit(aligner.fit_transform(xs, xt), inputs.labels)
        return aligner.pca_tgt_.components_.T, svm.predict(aligner.transform(xt, domain="tgt"))

    return fit


def skada(inputs: Domains) -> Work:
    import numpy as np

    method = import_module("skada").SubspaceAlignmentAdapter
    domain = np.repeat([1, -2], [len(inputs.source), len(inputs.target)])  # skada's targets have negative numbers

    def fit() -> Any:
        from sklearn.svm import LinearSVC

        aligner = method(n_components=DIMENSION, random_state=0)
        aligned = aligner.fit_transform(np.concatenate(standardised(inputs)), sample_domain=domain)
        svm = LinearSVC(dual=False).fit(aligned[domain > 0], inputs.labels)
        return aligner.pca_target_.components_.T, svm.predict(aligned[domain < 0])

    return fit


def standardised(inputs: Domains) -> Any:
    """Source and target with mean 0 and standard deviation 1 each, which the libraries leave to the user."""
    from sklearn.preprocessing import StandardScaler

    return StandardScaler().fit_transform(inputs.source), StandardScaler().fit_transform(inputs.target)


def angle(a: Any, b: Any) -> float:
    """The largest principal angle between the target's subspaces."""
    from scipy.linalg import subspace_angles

    return float(subspace_angles(a[0], b[0])[0])


ROWS = (
    Row(
        name="sa",
        sentence=f"SA with a linear SVM, {POINTS} points of {WIDTH} dimensions, {DIMENSION} components",
        inputs=partial(domains, POINTS, WIDTH),
        ours=ours,
        peers=(
            Peer("adapt", adapt, "adapt", "adapt"),
            Peer("skada", skada, "skada", "skada"),
        ),
        distance=angle,
        measure="largest principal angle of the target's subspaces",
        tolerance=0.05,  # the peers' PCA is scikit-learn's, which is randomised at this size
        note=lambda _: "the peers' PCA is scikit-learn's randomised one, ours is exact",
    ),
)
