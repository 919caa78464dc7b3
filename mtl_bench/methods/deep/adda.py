"""ADDA: an encoder of its own for the target, trained against an adversary (Tzeng et al., CVPR 2017)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from mtl_bench.methods.as_published import AsPublished
from mtl_bench.methods.deep.mmd import sources_and_target
from mtl_bench.models.network import Network
from mtl_bench.training.learner import Batch, Learner, descend, labelled
from mtl_bench.training.recipe import Recipe


@dataclass(frozen=True)
class ADDA:
    """Phase one trains the source encoder; phase two the target encoder against an adversary, with inverted labels.

    As in the authors' code an encoder is the whole network up to its logits, and these are what the adversary sees.
    Phase two starts from the source encoder, which then stands still, and takes the rest of the run. It has the
    authors' own optimiser, Adam at a constant rate, which the recipe's schedule does not touch. Their command
    (scripts/svhn-mnist.sh) has 10,000 steps of 128 images of each domain in either phase.
    """

    uses: ClassVar[tuple[str, ...]] = ("features",)
    as_published: ClassVar = AsPublished(
        paper="Tzeng et al., CVPR 2017",
        code="erictzeng/adda, scripts/svhn-mnist.sh",
        layer=(
            "the output of the encoder",
            "the logits; an adversary of 500 and 500 hidden units with ReLU",
            "the logits; the same adversary",
        ),
        reduction=("mean", "mean over all images", "the same"),
        weight=("none", "none", "none"),
        schedule=(
            "a source phase, then a phase with the source encoder fixed",
            "10,000 steps of 128 + 128 each; phase two by Adam, 2e-4, beta1 0.5, constant",
            "half of the run each; phase two by the code's Adam, at its constant rate",
        ),
    )

    source_phase: float = 0.5  # fraction of the run
    learning_rate: float = 2e-4  # of Adam in phase two, constant
    beta1: float = 0.5  # of Adam in phase two
    hidden: int = 500  # in each of the adversary's two hidden layers

    def build(self, net: Network, classes: int) -> Learner:
        return ADDALearner(net, classes, self)


class ADDALearner(Learner):
    adapting: Tensor  # whether phase two has begun; a buffer, so that a resumed run knows

    def __init__(self, net: Network, classes: int, method: ADDA) -> None:
        super().__init__(net, classes)
        self.method = method
        self.target = net.domains[-1]
        self.target_net = net.fresh()
        self.target_classifier = net.head(classes)
        self.adversary = adversary(classes, method.hidden)
        self.register_buffer("adapting", torch.tensor(False))

    def optimizers(self, recipe: Recipe) -> dict[str, torch.optim.Optimizer]:
        rate, betas = self.method.learning_rate, (self.method.beta1, 0.999)
        encoder = [*self.target_net.parameters(), *self.target_classifier.parameters()]
        return {
            "source": recipe.optimizer_for(self.net, self.classifier),
            "target": torch.optim.Adam(encoder, rate, betas),
            "adversary": torch.optim.Adam(self.adversary.parameters(), rate, betas),
        }

    def train(self, mode: bool = True) -> ADDALearner:
        """Training mode; in phase two the source encoder's running averages stand still too."""
        super().train(mode)
        if self.adapting:
            self.net.eval()
            self.classifier.eval()
        return self

    def features(self, batches: Mapping[str, Batch]) -> dict[str, Tensor]:
        """The sources through their network and, in phase two, the target through its own."""
        if not self.adapting or self.target not in batches:
            return super().features(batches)
        layers = self.target_net({self.target: batches[self.target].inputs})[self.target]
        rest = {domain: batch for domain, batch in batches.items() if domain != self.target}
        with torch.no_grad():
            sources = super().features(rest) if rest else {}
        return {**sources, self.target: layers[self.net.layers[-1]].flatten(1)}

    def logits(self, features: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """The other half of each domain's encoder."""
        return {domain: self.classifier_of(domain)(f) for domain, f in features.items()}

    def classifier_of(self, domain: str) -> nn.Module:
        return self.target_classifier if self.adapting and domain == self.target else self.classifier

    def losses(self, batches: Mapping[str, Batch], progress: float) -> dict[str, Tensor]:
        """Phase one: classification. Phase two: the target encoder's loss and the adversary's."""
        if progress < self.method.source_phase:
            known = labelled(batches)
            return {"classification": self.classification(self.features(known), known)}
        self.begin_adaptation()
        source, target = sources_and_target(self.logits(self.features(batches)), batches)
        fixed = torch.cat([source, target]).detach()
        is_target = torch.cat([torch.zeros(len(source)), torch.ones(len(target))]).to(fixed.device)
        mistaken = self.adversary(target).squeeze(1)
        return {
            "mapping": F.binary_cross_entropy_with_logits(mistaken, torch.zeros_like(mistaken)),
            "adversary": F.binary_cross_entropy_with_logits(self.adversary(fixed).squeeze(1), is_target),
        }

    def begin_adaptation(self) -> None:
        """Start the target encoder from the source encoder, once."""
        if not self.adapting:
            self.target_net.load_state_dict(self.net.state_dict())
            self.target_classifier.load_state_dict(self.classifier.state_dict())
            self.adapting.fill_(True)
            self.train(self.training)

    def step(
        self, batches: Mapping[str, Batch], optimizers: Mapping[str, torch.optim.Optimizer], progress: float
    ) -> dict[str, Tensor]:
        losses = self.losses(batches, progress)
        if "classification" in losses:
            descend(losses["classification"], optimizers["source"])
        else:
            for name in ("target", "adversary"):
                for group in optimizers[name].param_groups:
                    group["lr"] = self.method.learning_rate  # constant, whatever the recipe's schedule made of it
            # Both losses stem from the same weights; the encoder moves first, since its gradient passes the adversary.
            descend(losses["mapping"], optimizers["target"])
            descend(losses["adversary"], optimizers["adversary"])
        return {name: loss.detach() for name, loss in losses.items()}


def adversary(width: int, hidden: int) -> nn.Module:
    """(n, width) to one logit: positive means target."""
    return nn.Sequential(
        nn.Linear(width, hidden), nn.ReLU(), nn.Linear(hidden, hidden), nn.ReLU(), nn.Linear(hidden, 1)
    )
