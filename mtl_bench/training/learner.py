"""What a deep method is to the training loop: losses, predictions and, where it is unusual, its own step."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractContextManager, nullcontext
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from mtl_bench.models.network import Network
from mtl_bench.models.sparse_linear import dense
from mtl_bench.training.recipe import Recipe

UNKNOWN = -1  # the label of a row whose class training may not see


class Batch(NamedTuple):
    """Rows of one domain: pixels uint8 (n, C, H, W), features float32 (n, d) or tokens int64 (n, length).

    Features that are mostly 0 may be compressed sparse rows.

    `labels` are int64 (n,), -1 where training may not see them, or None where it may see none.
    """

    inputs: Tensor
    labels: Tensor | None
    target: bool = False


def sources(batches: Mapping[str, Batch]) -> dict[str, Batch]:
    """The source domains' batches."""
    return {domain: batch for domain, batch in batches.items() if not batch.target}


def targets(batches: Mapping[str, Batch]) -> dict[str, Batch]:
    """The target domain's batch."""
    return {domain: batch for domain, batch in batches.items() if batch.target}


def labelled(batches: Mapping[str, Batch]) -> dict[str, Batch]:
    """All rows whose labels training may see: the sources', and those of a target of which a few are known."""
    found = {}
    for domain, batch in batches.items():
        if batch.labels is not None:
            known = batch.labels != UNKNOWN if batch.target else None
            found[domain] = batch if known is None else Batch(dense(batch.inputs)[known], batch.labels[known])
    return found


class Learner(nn.Module):
    """A network, a classifier on its features, and the losses that train them."""

    in_bfloat16 = False  # whether products are computed in bfloat16; weights, updates and predictions stay float32

    def __init__(self, net: Network, classes: int) -> None:
        super().__init__()
        self.net = net
        self.classifier = net.head(classes)

    def losses(self, batches: Mapping[str, Batch], progress: float) -> dict[str, Tensor]:
        """The terms of the objective by name, weights included; `progress` in [0, 1] is how much of the run is done."""
        raise NotImplementedError(f"{type(self).__name__} does not define losses(batches, progress)")

    def predict(self, inputs: Tensor, domain: str) -> Tensor:
        """Logits (n, classes)."""
        return self.scores(self.features({domain: Batch(inputs, None)})[domain], domain)

    def scores(self, features: Tensor, domain: str) -> Tensor:
        """Logits (n, classes) of a domain's features (n, width)."""
        logits: Tensor = self.classifier_of(domain)(features)
        return logits

    def classifier_of(self, domain: str) -> nn.Module:
        """What turns a domain's features into logits."""
        return self.classifier

    def optimizers(self, recipe: Recipe) -> dict[str, torch.optim.Optimizer]:
        """One optimiser for everything; adversaries that alternate have more."""
        return {"all": recipe.optimizer_for(self)}

    def step(
        self, batches: Mapping[str, Batch], optimizers: Mapping[str, torch.optim.Optimizer], progress: float
    ) -> dict[str, Tensor]:
        """One update; returns the detached losses. Without a loss, nothing but running averages moves."""
        with self._precision():
            losses = self.losses(batches, progress)
        if losses:
            descend(sum(losses.values(), torch.zeros(())), *optimizers.values())
        return {name: loss.detach() for name, loss in losses.items()}

    def features(self, batches: Mapping[str, Batch]) -> dict[str, Tensor]:
        """The flattened output (n, width) of the network's last stage, per domain."""
        layers = self.net({domain: batch.inputs for domain, batch in batches.items()})
        return {domain: layers[domain][self.net.layers[-1]].flatten(1) for domain in batches}

    def classification(
        self, features: Mapping[str, Tensor], batches: Mapping[str, Batch], classifier: nn.Module | None = None
    ) -> Tensor:
        """Cross-entropy over all rows whose labels are known."""
        known = [domain for domain, batch in batches.items() if batch.labels is not None]
        if not known:
            raise ValueError(
                f"{type(self).__name__} learns from labels, and no domain has any; give a source, or a method that "
                "adapts without one, such as AdaBN"
            )
        logits = (classifier or self.classifier)(torch.cat([features[domain] for domain in known]))
        labels = torch.cat([labels for batch in batches.values() if (labels := batch.labels) is not None])
        return F.cross_entropy(logits, labels, ignore_index=UNKNOWN)

    def _precision(self) -> AbstractContextManager[object]:
        if not self.in_bfloat16:
            return nullcontext()
        return torch.autocast(next(self.parameters()).device.type, torch.bfloat16)


def descend(loss: Tensor, *optimizers: torch.optim.Optimizer) -> None:
    """One step down `loss` by each optimiser; other parameters' gradients are thrown away at their own next step."""
    for optimizer in optimizers:
        optimizer.zero_grad(set_to_none=True)
    loss.backward()
    for optimizer in optimizers:
        optimizer.step()
