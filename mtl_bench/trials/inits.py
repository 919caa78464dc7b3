"""Where training starts from: a network's first layers, a whole network, or layers that nothing trained."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal, get_args

from torch import nn

from mtl_bench.core.trial import Work
from mtl_bench.training.learner import Learner
from mtl_bench.training.seeding import random_state, restore_random_state
from mtl_bench.trials.contracts import Init
from mtl_bench.trials.weights import Weights

Initialisation = Literal["N(0, .01)", "He", "own"]
LEVELS = 255  # of Caffe's pixels, for which its weights are drawn; a network here gets them in [0, 1]


@dataclass(frozen=True)
class FirstLayers:
    """The first `count` layers of a trained network: left as they are with `freeze`, else where training starts."""

    weights: Weights
    count: int
    freeze: bool = True

    @property
    def frozen(self) -> int:
        return self.count if self.freeze else 0

    def apply(self, learner: Learner, work: Work) -> None:
        """Copy them. Raises ValueError unless both networks have one backbone with so many layers."""
        check_backbone(self.weights, learner)
        check_count(self.count, learner)
        state = self.weights.state(work)
        for layer in learner.net.layers[: self.count]:
            learner.net.stages[layer].load_state_dict(below(state, f"net.stages.{layer}."))


@dataclass(frozen=True)
class Whole:
    """All layers of a trained network, under a fresh classifier or, with `head`, its own too."""

    weights: Weights
    head: bool = False

    @property
    def frozen(self) -> int:
        return 0

    def apply(self, learner: Learner, work: Work) -> None:
        """Copy them, with the pixels' mean. Raises ValueError unless both networks have one backbone (and head)."""
        check_backbone(self.weights, learner)
        state = self.weights.state(work)
        # Running averages of other domains have no counterpart here: what a network has is what it takes.
        own = learner.net.state_dict().keys()
        shared = {name: value for name, value in below(state, "net.").items() if name in own}
        learner.net.load_state_dict(shared, strict=False)
        if self.head:
            try:
                learner.classifier.load_state_dict(below(state, "classifier."))
            except RuntimeError as error:
                raise ValueError(
                    "the classifiers differ in their classes or layers, so that one can't start from the other; "
                    "take Whole(…, head=False)"
                ) from error


@dataclass(frozen=True)
class RandomLayers:
    """`count` first layers that nothing trained and nothing trains: a control.

    Their weights are normal, of deviation .01 for pixels of 0 to 255 or as He et al. (ICCV 2015) scale them for ReLU,
    with biases of zero, or the backbone's own.
    """

    count: int
    initialisation: Initialisation = "N(0, .01)"

    def __post_init__(self) -> None:
        if self.initialisation not in get_args(Initialisation):
            known = " | ".join(get_args(Initialisation))
            raise ValueError(f"there is no initialisation {self.initialisation!r}; choose one of {known}")

    @property
    def frozen(self) -> int:
        return self.count

    def apply(self, learner: Learner, work: Work) -> None:
        """Draw them. Raises ValueError when the network has fewer layers."""
        check_count(self.count, learner)
        draw(self.initialisation, *(learner.net.stages[layer] for layer in learner.net.layers[: self.count]))


def apply_init(init: Init | None, learner: Learner, work: Work) -> None:
    """Put a start into a learner with fresh weights and freeze what stands still.

    What training draws later (dropout) does not depend on what this draws or builds.
    """
    if init is None:
        return
    random = random_state()
    init.apply(learner, work)
    restore_random_state(random)
    learner.net.freeze(init.frozen)


def below(state: dict[str, Any], start: str) -> dict[str, Any]:
    """What lies under a name in a state."""
    return {name.removeprefix(start): value for name, value in state.items() if name.startswith(start)}


def check_backbone(weights: Weights, learner: Learner) -> None:
    if weights.of.backbone != learner.net.backbone:
        raise ValueError(
            f"layers of {weights.of.backbone} do not fit into {learner.net.backbone}; use one backbone for both"
        )


def check_count(count: int, learner: Learner) -> None:
    layers = learner.net.layers
    if not 1 <= count <= len(layers):
        raise ValueError(f"{count} layers cannot be taken from a network of {len(layers)} ({', '.join(layers)})")


def draw(initialisation: Initialisation, *modules: nn.Module) -> None:
    """New weights for convolutions and linear layers, in their order, by torch's random numbers."""
    if initialisation == "own":
        return
    layers = [layer for module in modules for layer in module.modules() if isinstance(layer, nn.Conv2d | nn.Linear)]
    for i, layer in enumerate(layers):
        if initialisation == "He":
            nn.init.kaiming_normal_(layer.weight, nonlinearity="relu")
        else:
            nn.init.normal_(layer.weight, std=0.01 if i else 0.01 * LEVELS)
        if layer.bias is not None:
            nn.init.zeros_(layer.bias)
