"""The proxy A-distance: how well a linear classifier tells two domains apart (Ben-David et al., NIPS 2006)."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float

from mtl_bench.inputs import gate


def proxy_a_distance(source: Float[np.ndarray, "n d"], target: Float[np.ndarray, "m d"]) -> float:
    """2 (1 - 2 epsilon): about 0 for equal distributions, 2 for separable ones.

    epsilon (Ganin et al., JMLR 2016, section 3.2) is the balanced error on the odd rows of a logistic regression on the
    even rows, standardised; so the rows of a domain must be in no particular order. Below 0 by chance only.
    """
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    source = gate.points("source", source)
    target = gate.points("target", target, source.shape[1])
    if min(len(source), len(target)) < 4:
        raise ValueError(f"the proxy A-distance needs four rows of each domain, not {len(source)} and {len(target)}")
    training = np.concatenate([source[::2], target[::2]])
    domains = np.repeat([0, 1], [len(source[::2]), len(target[::2])])
    classifier = make_pipeline(StandardScaler(), LogisticRegression(C=0.01, class_weight="balanced", max_iter=1000))
    classifier.fit(training, domains)
    errors = [np.mean(classifier.predict(source[1::2])), 1 - np.mean(classifier.predict(target[1::2]))]
    return float(2 * (1 - 2 * np.mean(errors)))
