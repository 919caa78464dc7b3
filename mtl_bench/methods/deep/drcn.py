"""DRCN: one encoder that classifies the sources and reconstructs the target (Ghifary et al., ECCV 2016)."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import ClassVar, Literal, get_args

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from mtl_bench.methods.as_published import AsPublished
from mtl_bench.models.heads import layers_of
from mtl_bench.models.last_hidden import below_and_above
from mtl_bench.models.network import Network
from mtl_bench.models.sparse_linear import dense
from mtl_bench.training.learner import Batch, Learner, descend, labelled, sources, targets

Reconstructs = Literal["target", "sources", "both"]


@dataclass(frozen=True)
class DRCN:
    """`weight` (lambda) times classification and 1 - lambda times reconstruction, each in a step of its own.

    The encoder ends with the head's last hidden layer, or with the features where the head has none; the decoder has
    the same layers in reverse. DRCN reconstructs the "target", the paper's DRCN-S the "sources" (and so uses nothing of
    the target) and DRCN-ST "both". Inputs of which a share of `noise` is set to zero (black pixels, absent features)
    are to give clean ones.

    Deviations: the two steps alternate with each mini-batch, in paper and code with each epoch, and share one
    optimiser; a squared error is averaged over pixels, as in the code; no BatchNorm, dropout or augmentation of the
    sources is added, since no other method here has them. The released code has neither lambda nor noise; 0.4 is the
    noise of an earlier version of it.
    """

    uses: ClassVar[tuple[str, ...]] = ("features",)
    as_published: ClassVar = AsPublished(
        paper="Ghifary et al., ECCV 2016",
        code="ghif/drcn",
        layer=(
            "convolutions and fully connected layers, shared; a mirrored decoder",
            "three convolutions and a layer of 1,000 with BatchNorm and dropout, shared; a mirrored decoder",
            "all but the last layer of the head, shared; stages and layers mirrored, without BatchNorm and dropout",
        ),
        reduction=(
            "squared error of images, denoised; augmented sources",
            "mean over pixels in [0, 1]; without noise (0.4 in an earlier version) and augmentation",
            "mean over normalised pixels; noise 0.4; without augmentation",
        ),
        weight=("lambda = 0.7 on the classification, 0.3 on the reconstruction", "1 and 1", "0.7 and 0.3"),
        schedule=(
            "an epoch of the sources, then one of the target",
            "an epoch of the target, then one of the sources; Adam, 3e-4",
            "a mini-batch of the sources, then one of the target; the study's optimiser for both",
        ),
    )

    weight: float = 0.7  # lambda
    noise: float = 0.4
    reconstructs: Reconstructs = "target"

    def __post_init__(self) -> None:
        if self.reconstructs not in get_args(Reconstructs):
            raise ValueError(
                f"DRCN can't reconstruct {self.reconstructs!r}; choose {' or '.join(get_args(Reconstructs))}"
            )
        for name in ("weight", "noise"):
            if not 0 <= getattr(self, name) <= 1:
                raise ValueError(f"DRCN has the {name} {getattr(self, name)}; give a share, from 0 to 1")

    def build(self, net: Network, classes: int) -> Learner:
        return DRCNLearner(net, classes, self)


class DRCNLearner(Learner):
    def __init__(self, net: Network, classes: int, method: DRCN) -> None:
        super().__init__(net, classes)
        self.method = method
        self.decoder = mirrored_decoder(net, below_and_above(self.classifier)[0])

    def losses(self, batches: Mapping[str, Batch], progress: float) -> dict[str, Tensor]:
        return {"classification": self.classified(batches), "reconstruction": self.reconstructed(batches)}

    def step(
        self, batches: Mapping[str, Batch], optimizers: Mapping[str, torch.optim.Optimizer], progress: float
    ) -> dict[str, Tensor]:
        """One update by each term, of the layers that it reaches (algorithm 1)."""
        reported = {}
        for name, term in (("classification", self.classified), ("reconstruction", self.reconstructed)):
            loss = term(batches)
            descend(loss, *optimizers.values())
            reported[name] = loss.detach()
        return reported

    def classified(self, batches: Mapping[str, Batch]) -> Tensor:
        """lambda times the cross-entropy of all rows whose labels are known, which alone pass the network."""
        known = labelled(batches)
        return self.method.weight * self.classification(self.features(known), known)

    def reconstructed(self, batches: Mapping[str, Batch]) -> Tensor:
        """1 - lambda times the mean squared error of what `reconstructs` names, from noisy inputs while training."""
        parts = {"target": targets(batches), "sources": sources(batches), "both": batches}
        part = parts[self.method.reconstructs]
        if not part:
            raise ValueError(f"DRCN reconstructs the {self.method.reconstructs}, and there are none; use SourceOnly")
        inputs = {d: dense(batch.inputs) for d, batch in part.items()}
        noisy = {d: batch._replace(inputs=self.corrupted(inputs[d])) for d, batch in part.items()}
        below, _ = below_and_above(self.classifier)
        made = self.decoder(below(torch.cat(list(self.features(noisy).values()))))
        return (1 - self.method.weight) * F.mse_loss(made, torch.cat([self.net.prepared(x) for x in inputs.values()]))

    def corrupted(self, inputs: Tensor) -> Tensor:
        """While training, inputs of which a share is zero: whole pixels (n, C, H, W), single features (n, d)."""
        if not self.training or not self.method.noise:
            return inputs
        places = inputs[:, :1] if inputs.ndim == 4 else inputs
        return inputs * (torch.rand(places.shape, device=inputs.device) >= self.method.noise).to(inputs.dtype)


def mirrored_decoder(net: Network, below: nn.Module) -> nn.Module:
    """Codes (n, width) to prepared inputs: for each stage of the network and layer below the logits one, in reverse.

    A convolutional stage is mirrored by nearest-neighbour enlargement and a 3 x 3 convolution, another by a fully
    connected layer; all but the last have a ReLU. Raises ValueError for tokens.
    """
    if not net.input_shape:
        raise ValueError("DRCN reconstructs its inputs and can't reconstruct tokens; choose another method for text")
    shapes = shapes_up_to_code(net, below)
    layers: list[nn.Module] = [nn.Unflatten(1, shapes[-1])] if len(shapes[-1]) == 3 else []
    for outer, inner in reversed(list(pairwise(shapes))):
        layers += [*enlarged(inner, outer), nn.ReLU()]
    return nn.Sequential(*layers[:-1])


def shapes_up_to_code(net: Network, below: nn.Module) -> list[tuple[int, ...]]:
    """Of one row the shapes of the inputs, of each stage's output, if an image or a vector, and of hidden layers."""
    kind = torch.uint8 if len(net.input_shape) == 3 else torch.float32
    training = net.training
    for module in (net, below):
        module.eval()
    with torch.no_grad():
        stages = net({net.domains[0]: torch.zeros(1, *net.input_shape, dtype=kind)})[net.domains[0]]
        features = stages[net.layers[-1]]
        shapes = [net.input_shape, *(tuple(f.shape[1:]) for f in stages.values() if f.ndim in (2, 4))]
        if features.ndim not in (2, 4):
            shapes.append((net.width,))
        shapes += [(layer.shape[1],) for layer in layers_of(below, features.flatten(1))]
    for module in (net, below):
        module.train(training)
    return shapes


def enlarged(inner: tuple[int, ...], outer: tuple[int, ...]) -> list[nn.Module]:
    """Layers from one shape to another, each (width,) or (channels, height, width)."""
    if len(inner) == 1 < len(outer) and inner[0] == outer[0]:  # a mean over places
        return [nn.Unflatten(1, (*inner, 1, 1)), nn.Upsample(size=outer[1:])]
    if len(inner) == len(outer) == 3:
        return [nn.Upsample(size=outer[1:]), nn.Conv2d(inner[0], outer[0], 3, padding=1)]
    layer = nn.Linear(math.prod(inner), math.prod(outer))
    return [nn.Flatten(), layer, *([nn.Unflatten(1, outer)] if len(outer) == 3 else [])]
