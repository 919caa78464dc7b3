"""DSN: what domains share and what each has for itself, in separate encoders (Bousmalis et al., NIPS 2016)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar, Literal

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from mtl_bench.methods.as_published import AsPublished
from mtl_bench.methods.deep.dann import domain_classifier, domain_confusion
from mtl_bench.methods.deep.mmd import domain_discrepancy
from mtl_bench.models.heads import first_layer
from mtl_bench.models.network import Network
from mtl_bench.models.sparse_linear import dense
from mtl_bench.training.learner import Batch, Learner


@dataclass(frozen=True)
class DSN:
    """Classification + alpha reconstruction + beta difference + gamma similarity by DANN or MMD (equation 1).

    The shared code is the head's first hidden layer (the authors' fc3, 100 units), or the features where the head has
    no hidden layer; a private encoder has the same layers. All terms but the classification start after the fraction
    `start` of the run (after 10,000 steps in section 4.2). Reductions are those of the authors' code
    (tensorflow/models, research/domain_adaptation): see `pairwise_squared_error` and `soft_orthogonality`. Their one
    command, for DANN without private encoders, has gamma 0.251175; alpha and beta stand in no source that we could
    read. The authors' private encoders and decoder have BatchNorm, these have none.
    """

    uses: ClassVar[tuple[str, ...]] = ("features",)
    as_published: ClassVar = AsPublished(
        paper="Bousmalis et al., NIPS 2016",
        code="tensorflow/models, research/domain_adaptation",
        layer=(
            "shared and private codes of 100 units",
            "fc3, 100 units; private encoders and decoder with BatchNorm",
            "the head's first hidden layer; without BatchNorm",
        ),
        reduction=(
            "reconstruction: summed over images (equations 3 and 4); difference: summed over entries (equation 5)",
            "reconstruction: twice the sum over the batch's images; difference: mean over 100 x 100 entries; "
            "similarity by DANN: mean over all images",
            "the same as the code",
        ),
        weight=(
            "alpha, beta, gamma, tuned on labelled target images",
            "gamma 0.251175 in the one command, without private encoders; no alpha or beta",
            "alpha 0.015, beta 0.075, gamma 0.25; the first two of no source that could be read",
        ),
        schedule=(
            "all but the classification from step 10,000",
            "all but the classification from a step that is given",
            "after the fraction `start` of the run",
        ),
    )

    alpha: float = 0.015
    beta: float = 0.075
    gamma: float = 0.25
    start: float = 0.05
    hidden: int = 100
    similarity: Literal["DANN", "MMD"] = "DANN"

    def build(self, net: Network, classes: int) -> Learner:
        return DSNLearner(net, classes, self)


class DSNLearner(Learner):
    def __init__(self, net: Network, classes: int, method: DSN) -> None:
        super().__init__(net, classes)
        self.method = method
        self.private = nn.ModuleDict({domain: PrivateEncoder(net, classes) for domain in net.domains})
        width = code_width(net, self.classifier)
        self.decoder = decoder(width, net.input_shape)
        if method.similarity == "DANN":
            self.domain_classifier = domain_classifier(width, method.hidden)

    def losses(self, batches: Mapping[str, Batch], progress: float) -> dict[str, Tensor]:
        method = self.method
        features = self.features(batches)
        losses = {"classification": self.classification(features, batches)}
        if progress < method.start:
            return losses
        shared = {domain: first_layer(self.classifier)(f) for domain, f in features.items()}
        reconstruction, difference = [], []
        for domain, batch in batches.items():
            own = self.private[domain](domain, batch.inputs)
            inputs = self.net.prepared(dense(batch.inputs))
            reconstruction.append(pairwise_squared_error(self.decoder(shared[domain] + own), inputs))
            difference.append(soft_orthogonality(own, shared[domain]))
        losses["reconstruction"] = method.alpha * torch.stack(reconstruction).sum()
        losses["difference"] = method.beta * torch.stack(difference).sum()
        losses["similarity"] = method.gamma * self.similarity(shared, batches)
        return losses

    def similarity(self, shared: Mapping[str, Tensor], batches: Mapping[str, Batch]) -> Tensor:
        """What falls as the shared codes of source and target become alike (section 3.2)."""
        if self.method.similarity == "MMD":
            return domain_discrepancy(shared, batches)
        return domain_confusion(self.domain_classifier, shared, batches, 1.0, "mean")


class PrivateEncoder(nn.Module):
    """A domain's own network and, where the head has one, hidden layer: rows to codes like the shared ones."""

    def __init__(self, net: Network, classes: int) -> None:
        super().__init__()
        self.net = net.fresh()
        self.hidden = first_layer(net.head(classes))

    def forward(self, domain: str, inputs: Tensor) -> Tensor:
        code: Tensor = self.hidden(self.net({domain: inputs})[domain][self.net.layers[-1]].flatten(1))
        return code


def code_width(net: Network, head: nn.Module) -> int:
    """How many units a code has: those of the head's first hidden layer, or the features."""
    linear = [module for module in first_layer(head) if isinstance(module, nn.Linear)]
    return linear[-1].out_features if linear else net.width


def decoder(width: int, shape: tuple[int, ...]) -> nn.Module:
    """Codes (n, width) to pixels (n, C, H, W), by the layers of the authors' small decoder.

    To features (n, d), where these are the input: a hidden layer. Raises ValueError for tokens.
    """
    if not shape:
        raise ValueError("DSN reconstructs its inputs and can't reconstruct tokens; choose another method for text")
    if len(shape) == 1:
        return nn.Sequential(nn.Linear(width, width), nn.ReLU(), nn.Linear(width, *shape))
    channels, height, width_px = shape
    return nn.Sequential(
        nn.Linear(width, 300),
        nn.ReLU(),
        nn.Unflatten(1, (3, 10, 10)),
        nn.Conv2d(3, 16, 3, padding=1),
        nn.ReLU(),
        nn.Conv2d(16, 16, 3, padding=1),
        nn.ReLU(),
        nn.Upsample(size=(height, width_px)),
        nn.Conv2d(16, 16, 3, padding=1),
        nn.ReLU(),
        nn.Conv2d(16, channels, 3, padding=1),
    )


def pairwise_squared_error(reconstruction: Tensor, inputs: Tensor) -> Tensor:
    """Twice the sum over a batch's images of ||d||^2 / k - (sum d)^2 / k^2: a constant offset costs nothing.

    Equations 3 and 4 have the sum, TensorFlow's mean_pairwise_squared_error, which the authors call, doubles it.
    """
    d = (reconstruction - inputs).flatten(1)
    return 2 * (d.square().mean(1) - d.mean(1).square()).sum()


def soft_orthogonality(private: Tensor, shared: Tensor) -> Tensor:
    """||P' S||_F^2 over rows centred and scaled to unit length (equation 5), in their code a mean over the entries."""
    p = F.normalize(private - private.mean(0), dim=1)
    s = F.normalize(shared - shared.mean(0), dim=1)
    return (p.T @ s).square().mean()
