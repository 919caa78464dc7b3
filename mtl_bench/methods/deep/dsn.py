"""DSN: what domains share and what each has for itself, in separate encoders (Bousmalis et al., NIPS 2016)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from mtl_bench.methods.deep.dann import domain_classifier, domain_confusion
from mtl_bench.methods.deep.mmd import domain_discrepancy
from mtl_bench.models.network import Network
from mtl_bench.training.learner import Batch, Learner


@dataclass(frozen=True)
class DSN:
    """Classification + alpha reconstruction + beta difference + gamma similarity by DANN or MMD (equation 1).

    All terms but the classification start after the fraction `start` of the run (after 10,000 steps in section 4.2).
    """

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
        self.private = nn.ModuleDict({domain: net.fresh() for domain in net.domains})
        self.decoder = decoder(net.width, net.input_shape)
        if method.similarity == "DANN":
            self.domain_classifier = domain_classifier(net.width, method.hidden)

    def losses(self, batches: Mapping[str, Batch], progress: float) -> dict[str, Tensor]:
        method = self.method
        shared = self.features(batches)
        losses = {"classification": self.classification(shared, batches)}
        if progress < method.start:
            return losses
        reconstruction, difference = [], []
        for domain, batch in batches.items():
            own = self.private[domain]({domain: batch.inputs})[domain][self.net.layers[-1]].flatten(1)
            inputs = self.net.prepared(batch.inputs)
            reconstruction.append(scale_invariant_error(self.decoder(shared[domain] + own), inputs))
            difference.append(soft_orthogonality(own, shared[domain]))
        losses["reconstruction"] = method.alpha * torch.stack(reconstruction).sum()
        losses["difference"] = method.beta * torch.stack(difference).sum()
        losses["similarity"] = method.gamma * self.similarity(shared, batches)
        return losses

    def similarity(self, shared: Mapping[str, Tensor], batches: Mapping[str, Batch]) -> Tensor:
        """What falls as the shared features of source and target become alike (section 3.2)."""
        if self.method.similarity == "MMD":
            return domain_discrepancy(shared, batches)
        return domain_confusion(self.domain_classifier, shared, batches, 1.0)


def decoder(width: int, shape: tuple[int, ...]) -> nn.Module:
    """Features (n, width) to pixels (n, C, H, W): one dense layer, then convolutions on an enlarged map.

    To features (n, d), where these are the input: a hidden layer. Raises ValueError for tokens.
    """
    if not shape:
        raise ValueError("DSN reconstructs its inputs and can't reconstruct tokens; choose another method for text")
    if len(shape) == 1:
        return nn.Sequential(nn.Linear(width, width), nn.ReLU(), nn.Linear(width, *shape))
    channels, height, width_px = shape
    return nn.Sequential(
        nn.Linear(width, 16 * (height // 4) * (width_px // 4)),
        nn.ReLU(),
        nn.Unflatten(1, (16, height // 4, width_px // 4)),
        nn.Conv2d(16, 16, 5, padding=2),
        nn.ReLU(),
        nn.Upsample(size=(height, width_px)),
        nn.Conv2d(16, 16, 3, padding=1),
        nn.ReLU(),
        nn.Conv2d(16, channels, 3, padding=1),
    )


def scale_invariant_error(reconstruction: Tensor, inputs: Tensor) -> Tensor:
    """The mean over images of ||d||^2 / k - (sum d)^2 / k^2 (equation 4): a constant offset costs nothing."""
    d = (reconstruction - inputs).flatten(1)
    return (d.square().mean(1) - d.mean(1).square()).mean()


def soft_orthogonality(private: Tensor, shared: Tensor) -> Tensor:
    """||P' S||_F^2 over rows centred and scaled to unit length (equation 5), as a mean over the entries."""
    p = F.normalize(private - private.mean(0), dim=1)
    s = F.normalize(shared - shared.mean(0), dim=1)
    return (p.T @ s).square().mean()
