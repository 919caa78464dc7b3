"""Inputs that any program can write down, and what the authors' codes say of them: run as published, in float64.

Each domain has four rows of three features, three logits and three logits of a second classifier.
"""

from __future__ import annotations

import torch
from torch import Tensor


def waves(rows: int, columns: int, step: float, start: float = 0.0) -> Tensor:
    """sin(start), sin(start + step), ... as (rows, columns) in float64."""
    return torch.sin(start + step * torch.arange(rows * columns, dtype=torch.float64)).reshape(rows, columns)


FEATURES = waves(4, 3, 0.7), waves(4, 3, 1.1, 0.5)  # of the source and of the target, as below
LOGITS = 2 * waves(4, 3, 1.3, 1.0), 2 * waves(4, 3, 0.9, 2.0)
SECOND_LOGITS = 2 * waves(4, 3, 1.7, 0.3), 2 * waves(4, 3, 0.4, 0.2)
DOMAIN_WEIGHTS = waves(1, 9, 0.6, 0.1)  # of a domain classifier without hidden layer, on the outer product
REVERSAL = 0.3

# thuml/Transfer-Learning-Library at c4aa59e, tllib/alignment/jan.py: GaussianKernel of alpha .5, 1 and 2 on features,
# sigma^2 = .84 on the softmax, all pairs, without the constant 2 / 3 that it adds; squared norms of its gradients with
# respect to the source's features and logits.
JOINT_MMD = -0.37102212632674864
JOINT_MMD_GRADIENTS = 0.03188208246310577, 0.01750302430087154

# thuml/CDAN at c904cd3, pytorch/loss.py: values of CDAN and CDAN+E, and squared norms of the gradients with respect to
# all features and, of CDAN+E, all logits. Of CDAN, tllib/alignment/cdan.py has the same value.
CDAN = 0.9602943509510786
CDAN_FEATURES = 0.0032719761459672914
CDAN_E = 0.9767755157939945
CDAN_E_FEATURES, CDAN_E_LOGITS = 0.0035642164274054342, 0.00017914728090667132

# thuml/MDD at 51e5484, model/MDD.py: the transfer loss at srcweight 4. tllib's has 9.461247, with 1e-6 in a logarithm.
MDD = 9.461248521518
