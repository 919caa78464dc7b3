"""What a deep method is to the training loop: losses, predictions and, where it is unusual, its own step."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from mtl_bench.models.network import Network
from mtl_bench.training.recipe import Recipe


class Batch(NamedTuple):
    """Images of one domain, uint8 (n, C, H, W), with labels (n,) where training may see them."""

    inputs: Tensor
    labels: Tensor | None


def sources(batches: Mapping[str, Batch]) -> dict[str, Batch]:
    """The source domains' batches."""
    return {domain: batch for domain, batch in batches.items() if batch.labels is not None}


def targets(batches: Mapping[str, Batch]) -> dict[str, Batch]:
    """The target domain's batch."""
    return {domain: batch for domain, batch in batches.items() if batch.labels is None}


class Learner(nn.Module):
    """A network, a classifier on its features, and the losses that train them."""

    def __init__(self, net: Network, classes: int) -> None:
        super().__init__()
        self.net = net
        self.classifier = net.head(classes)

    def losses(self, batches: Mapping[str, Batch], progress: float) -> dict[str, Tensor]:
        """The terms of the objective by name, weights included; `progress` in [0, 1] is the share of the run done."""
        raise NotImplementedError(f"{type(self).__name__} does not define losses(batches, progress)")

    def predict(self, images: Tensor, domain: str) -> Tensor:
        """Logits (n, classes)."""
        logits: Tensor = self.classifier(self.features({domain: Batch(images, None)})[domain])
        return logits

    def optimizers(self, recipe: Recipe) -> dict[str, torch.optim.Optimizer]:
        """One optimiser for everything; adversaries that alternate have more."""
        return {"all": recipe.optimizer_for(self)}

    def step(
        self, batches: Mapping[str, Batch], optimizers: Mapping[str, torch.optim.Optimizer], progress: float
    ) -> dict[str, Tensor]:
        """One update; returns the detached losses."""
        losses = self.losses(batches, progress)
        descend(sum(losses.values(), torch.zeros(())), *optimizers.values())
        return {name: loss.detach() for name, loss in losses.items()}

    def features(self, batches: Mapping[str, Batch]) -> dict[str, Tensor]:
        """The flattened output (n, width) of the network's last stage, per domain."""
        layers = self.net({domain: batch.inputs for domain, batch in batches.items()})
        return {domain: layers[domain][self.net.layers[-1]].flatten(1) for domain in batches}

    def classification(
        self, features: Mapping[str, Tensor], batches: Mapping[str, Batch], classifier: nn.Module | None = None
    ) -> Tensor:
        """Cross-entropy over the labelled batches."""
        known = sources(batches)
        logits = (classifier or self.classifier)(torch.cat([features[domain] for domain in known]))
        labels = torch.cat([batch.labels for batch in known.values() if batch.labels is not None])
        return F.cross_entropy(logits, labels)


def descend(loss: Tensor, *optimizers: torch.optim.Optimizer) -> None:
    """One step down `loss` by each optimiser; other parameters' gradients are thrown away at their own next step."""
    for optimizer in optimizers:
        optimizer.zero_grad(set_to_none=True)
    loss.backward()
    for optimizer in optimizers:
        optimizer.step()
