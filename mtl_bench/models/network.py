"""The network: the one place where domains meet a backbone."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, Protocol

import torch
from torch import Tensor, nn

BatchNormPolicy = Literal["together", "separate", "per domain"]


class Backbone(Protocol):
    """An architecture, as a frozen dataclass: named stages from pixels to features, and its head."""

    @property
    def input_shape(self) -> tuple[int, int, int]: ...

    @property
    def batch_norm(self) -> BatchNormPolicy: ...

    def stages(self) -> dict[str, nn.Module]: ...

    def head(self, width: int, classes: int) -> nn.Module: ...


class DomainBatchNorm(nn.Module):
    """Batch normalisation with the statistics of one domain each, and one shared scale and shift."""

    def __init__(self, norm: nn.BatchNorm2d, domains: tuple[str, ...]) -> None:
        super().__init__()
        self.domain = domains[0]
        self.statistics = nn.ModuleDict(
            {d: nn.BatchNorm2d(norm.num_features, norm.eps, norm.momentum, affine=False) for d in domains}
        )
        for statistics in self.statistics.values():  # a pre-trained network's running averages are every domain's start
            statistics.load_state_dict(dict(norm.named_buffers()))
        self.weight, self.bias = norm.weight, norm.bias

    def forward(self, x: Tensor) -> Tensor:
        normalised: Tensor = self.statistics[self.domain](x)
        return normalised * self.weight[:, None, None] + self.bias[:, None, None]


class Network(nn.Module):
    """A backbone's stages over the batches of several domains.

    `domains` names the sources, then the target. The backbone's BatchNorm policy says whose statistics normalise
    whom: all domains `together` as one batch, each `separate`ly into shared running averages, or `per domain`.
    """

    mean: Tensor
    std: Tensor
    learning_rate_share = 1.0  # of the recipe's rate; smaller for a pre-trained backbone under new heads

    def __init__(self, backbone: Backbone, domains: tuple[str, ...]) -> None:
        super().__init__()
        self.backbone, self.domains = backbone, domains
        self.stages = nn.ModuleDict(backbone.stages())
        self.layers = tuple(self.stages)
        self.input_shape = backbone.input_shape
        channels = self.input_shape[0]
        self.register_buffer("mean", torch.zeros(channels, 1, 1))
        self.register_buffer("std", torch.ones(channels, 1, 1))
        if backbone.batch_norm == "per domain":
            self._split_batch_norm(self.stages)
        self._frozen = 0
        with torch.no_grad():
            self.eval()
            blank = torch.zeros(1, *self.input_shape)
            self.width = self._through(blank)[self.layers[-1]].flatten(1).shape[1]
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
        """Set the mean and standard deviation, (C, 1, 1), of pixels in [0, 1]."""
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

    def pixels(self, images: Tensor) -> Tensor:
        """uint8 images (n, 1 or C, H, W) as normalised float32 (n, C, H, W), grey ones repeated over the channels."""
        channels, *size = self.input_shape
        if images.shape[1] not in (1, channels) or list(images.shape[2:]) != size:
            raise ValueError(
                f"images of shape {tuple(images.shape[1:])} don't fit a network for {self.input_shape}; "
                "give the data set another size or choose another backbone"
            )
        scaled = (images.float() / 255 - self.mean) / self.std
        return scaled.contiguous(memory_format=torch.channels_last)

    def forward(self, batches: Mapping[str, Tensor]) -> dict[str, dict[str, Tensor]]:
        """{domain: {layer: features}} of uint8 images (n, C, H, W) per domain."""
        inputs = {domain: self.pixels(images) for domain, images in batches.items()}
        if self.backbone.batch_norm == "together":
            sizes = [len(x) for x in inputs.values()]
            joint = self._through(torch.cat(list(inputs.values())))
            parts = {layer: features.split(sizes) for layer, features in joint.items()}
            return {domain: {layer: parts[layer][i] for layer in self.layers} for i, domain in enumerate(inputs)}
        return {domain: self._through(x, domain) for domain, x in inputs.items()}

    def _through(self, x: Tensor, domain: str | None = None) -> dict[str, Tensor]:
        if domain is not None:
            for module in self.modules():
                if isinstance(module, DomainBatchNorm):
                    module.domain = domain
        features = {}
        for layer, stage in self.stages.items():
            x = features[layer] = stage(x)
        return features

    def _split_batch_norm(self, module: nn.Module) -> None:
        for name, child in module.named_children():
            if isinstance(child, nn.BatchNorm2d):
                setattr(module, name, DomainBatchNorm(child, self.domains))
            else:
                self._split_batch_norm(child)
