"""The proxy A-distance as DANN's authors compute it: by the linear SVM that tells two domains apart best."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float

from mtl_bench.inputs import gate

COSTS = (1e-5, 1e-4, 1e-3, 1e-2, 1e-1, 1.0)


def a_distance_by_svm(
    source: Float[np.ndarray, "n d"], target: Float[np.ndarray, "m d"], costs: Sequence[float] = COSTS
) -> float:
    """2 (1 - 2 epsilon), 0 for equal distributions and 2 for separable ones, of rows in no particular order.

    epsilon (Ganin et al., JMLR 2016, section 5.1.3, and their code) is the least balanced error on the second halves of
    SVMs that learnt the first halves, over `costs`; an error above 1/2 counts as its distance from 1. The code's costs
    go on to 10,000. Nothing is standardised, so that a rotation of the features changes nothing. `proxy_a_distance`
    has another classifier. Raises ValueError for fewer than four rows of a domain.
    """
    from sklearn.svm import SVC

    source = gate.points("source", source)
    target = gate.points("target", target, source.shape[1])
    if min(len(source), len(target)) < 4:
        raise ValueError(f"the proxy A-distance needs four rows of each domain, not {len(source)} and {len(target)}")
    n, m = len(source) // 2, len(target) // 2
    learnt = np.concatenate([source[:n], target[:m]])
    products, of_source, of_target = learnt @ learnt.T, source[n:] @ learnt.T, target[m:] @ learnt.T
    domains = np.repeat([0, 1], [n, m])
    least = 0.5
    for cost in costs:
        machine = SVC(kernel="precomputed", C=cost).fit(products, domains)
        error = float(np.mean([machine.predict(of_source).mean(), 1 - machine.predict(of_target).mean()]))
        least = min(least, error, 1 - error)
    return 2 * (1 - 2 * least)
