"""Training in half the bits: on processors with instructions for it, in about half the time."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor, nn

from mtl_bench.training.learner import Batch, Learner


class InBfloat16(Learner):
    """A learner with one optimiser, trained with macs in bfloat16; weights, updates and predictions are float32."""

    def __init__(self, learner: Learner) -> None:
        nn.Module.__init__(self)
        self.learner = learner
        # Not as modules: an optimiser would find their weights twice.
        self.__dict__.update(net=learner.net, classifier=learner.classifier)

    def losses(self, batches: Mapping[str, Batch], progress: float) -> dict[str, Tensor]:
        with torch.autocast(next(self.parameters()).device.type, torch.bfloat16):
            return self.learner.losses(batches, progress)

    def predict(self, images: Tensor, domain: str) -> Tensor:
        return self.learner.predict(images, domain)  # in bfloat16 the two highest logits may be equal
