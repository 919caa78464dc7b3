"""The network: the one place where domains meet a backbone."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, Protocol

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from mtl_bench.models.domain_norm import DomainBatchNorm, split_batch_norm
from mtl_bench.models.sparse_linear import dense, stacked

BatchNormPolicy = Literal["together", "separate", "per domain"]
FILLING = 0  # the token that fills the ends of short sequences
SHORT = 8  # tokens of the sequence that measures a network's width


class Backbone(Protocol):
    """An architecture, as a frozen dataclass: named stages from inputs to features, and its head.

    `input_shape` is (C, H, W) for pixels, (d,) for features and () for tokens. One that `reads_sparse` gets features
    that are mostly 0 as compressed sparse rows, others get all of them. One with published weights may have a
    `normalisation`: the mean and standard deviation of pixels by which they were learnt.
    """

    @property
    def input_shape(self) -> tuple[int, ...]: ...

    @property
    def batch_norm(self) -> BatchNormPolicy: ...

    def stages(self) -> dict[str, nn.Module]: ...

    def head(self, width: int, classes: int) -> nn.Module: ...


class Network(nn.Module):
    """A backbone's stages over the batches of several domains.

    `domains` names the sources, then the target. The backbone's BatchNorm policy says whose statistics normalise
    whom: all domains `together` as one batch, each `separate`ly into shared running averages, or `per domain`.
    """

    mean: Tensor
    std: Tensor
    lr_multiplier = 1.0  # of the recipe's rate; smaller for a pre-trained backbone under new heads

    def __init__(self, backbone: Backbone, domains: tuple[str, ...]) -> None:
        super().__init__()
        self.backbone, self.domains = backbone, domains
        self.stages = nn.ModuleDict(backbone.stages())
        self.layers = tuple(self.stages)
        self.input_shape = backbone.input_shape
        channels = self.input_shape[:1] if len(self.input_shape) == 3 else (1,)
        self.register_buffer("mean", torch.zeros(*channels, 1, 1))
        self.register_buffer("std", torch.ones(*channels, 1, 1))
        if published := self._published():
            self.mean.copy_(published[0])
            self.std.copy_(published[1])
        if backbone.batch_norm == "per domain":
            split_batch_norm(self.stages, domains)
        self._frozen = 0
        with torch.no_grad():
            self.eval()
            self.width = self._through(self._blank())[self.layers[-1]].flatten(1).shape[1]
            self.train()

    def fresh(self) -> Network:
        """The same architecture with new weights and the same normalisation of pixels."""
        network = Network(self.backbone, self.domains)
        network.normalise(self.mean, self.std)
        return network

    def head(self, classes: int) -> nn.Module:
        """A new classifier of the backbone's own shape for features (n, width)."""
        return self.backbone.head(self.width, classes)

    def normalise(self, mean: Tensor, std: Tensor) -> None:
        """Set the mean and standard deviation, (C, 1, 1), of pixels in [0, 1]; published weights keep their own."""
        if not self._published():
            self.mean.copy_(mean)
            self.std.copy_(std)

    def freeze(self, count: int) -> None:
        """Stop the first `count` stages: weights, biases and running averages."""
        self._frozen = count
        for layer in self.layers[:count]:
            self.stages[layer].requires_grad_(False)
        self.train(self.training)

    def train(self, mode: bool = True) -> Network:
        """Training mode, but for frozen stages, whose running averages must not move either."""
        super().train(mode)
        for layer in self.layers[: self._frozen]:
            self.stages[layer].eval()
        return self

    def prepared(self, inputs: Tensor) -> Tensor:
        """What the first stage takes. The dtype is the modality.

        uint8 (n, 1 or C, H, W) are pixels, normalised to float32 with grey ones repeated over the channels; floats
        (n, d), which may be compressed sparse rows, are features and int64 (n, length) tokens, both as they are.
        Raises ValueError for any other.
        """
        pixels, floats = inputs.dtype == torch.uint8, inputs.is_floating_point()
        kind = "pixels" if pixels else "features" if floats else "tokens"
        wanted = {3: "pixels", 1: "features", 0: "tokens"}[len(self.input_shape)]
        given = tuple(inputs.shape[1:])
        if kind == wanted == "tokens" and inputs.ndim == 2:
            return inputs
        if kind == wanted == "features" and given == self.input_shape:
            return inputs.float()
        if kind == wanted == "pixels" and given in (self.input_shape, (1, *self.input_shape[1:])):
            scaled = (inputs.float() / 255 - self.mean) / self.std
            return scaled.contiguous(memory_format=torch.channels_last)
        raise ValueError(
            f"{kind} of shape {given} don't fit a network for {wanted} of {self.input_shape or 'any length'}; "
            "give the data set another size or choose another backbone"
        )

    def forward(self, batches: Mapping[str, Tensor]) -> dict[str, dict[str, Tensor]]:
        """{domain: {layer: features}} of the inputs of each domain, as `prepared` takes them."""
        inputs = {domain: self._read(self.prepared(x)) for domain, x in batches.items()}
        if self.backbone.batch_norm == "together":
            sizes = [len(x) for x in inputs.values()]
            joint = self._through(together(list(inputs.values())))
            parts = {layer: features.split(sizes) for layer, features in joint.items()}
            return {domain: {layer: parts[layer][i] for layer in self.layers} for i, domain in enumerate(inputs)}
        return {domain: self._through(x, domain) for domain, x in inputs.items()}

    def _read(self, x: Tensor) -> Tensor:
        """What the first stage reads: rows without their zeros only where it takes such."""
        return x if getattr(self.backbone, "reads_sparse", False) else dense(x)

    def _published(self) -> tuple[Tensor, Tensor] | None:
        found: tuple[Tensor, Tensor] | None = getattr(self.backbone, "normalisation", None)
        return found

    def _through(self, x: Tensor, domain: str | None = None) -> dict[str, Tensor]:
        if domain is not None:
            for module in self.modules():
                if isinstance(module, DomainBatchNorm):
                    module.domain = domain
        features = {}
        for layer, stage in self.stages.items():
            x = features[layer] = stage(x)
        return features

    def _blank(self) -> Tensor:
        if not self.input_shape:
            return torch.ones(1, SHORT, dtype=torch.int64)
        return torch.zeros(1, *self.input_shape)


def together(inputs: list[Tensor]) -> Tensor:
    """The batches as one; of sequences, the shorter ones are filled to the length of the longest."""
    if inputs[0].layout == torch.sparse_csr:
        return stacked(inputs)
    if not inputs[0].is_floating_point():
        longest = max(x.shape[1] for x in inputs)
        inputs = [F.pad(x, (0, longest - x.shape[1]), value=FILLING) for x in inputs]
    return torch.cat(inputs)
