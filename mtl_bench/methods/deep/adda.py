"""ADDA: an encoder of its own for the target, trained against an adversary (Tzeng et al., CVPR 2017)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from mtl_bench.methods.deep.mmd import sources_and_target
from mtl_bench.models.network import Network
from mtl_bench.training.learner import Batch, Learner, descend, labelled
from mtl_bench.training.recipe import Recipe


@dataclass(frozen=True)
class ADDA:
    """Phase one trains source encoder and classifier; phase two the target encoder, with inverted labels (equation 9).

    Phase two starts from the source encoder, which then stands still like the classifier. It takes the rest of the run:
    half of it, as in the authors' script for SVHN to MNIST, where its learning rate is 0.2 times that of phase one.
    """

    source_phase: float = 0.5  # share of the run
    rate_share: float = 0.2  # of the recipe's learning rate, in phase two
    hidden: int = 500  # in each of the adversary's two hidden layers

    def build(self, net: Network, classes: int) -> Learner:
        return ADDALearner(net, classes, self)


class Adversary(nn.Sequential):
    """Features (n, width) to one logit: positive means target."""

    def __init__(self, width: int, hidden: int, learning_rate_share: float) -> None:
        super().__init__(
            nn.Linear(width, hidden), nn.ReLU(), nn.Linear(hidden, hidden), nn.ReLU(), nn.Linear(hidden, 1)
        )
        self.learning_rate_share = learning_rate_share


class ADDALearner(Learner):
    adapting: Tensor  # whether phase two has begun; a buffer, so that a resumed run knows

    def __init__(self, net: Network, classes: int, method: ADDA) -> None:
        super().__init__(net, classes)
        self.method = method
        self.target = net.domains[-1]
        self.target_net = net.fresh()
        self.target_net.learning_rate_share = method.rate_share
        self.adversary = Adversary(net.width, method.hidden, method.rate_share)
        self.register_buffer("adapting", torch.tensor(False))

    def optimizers(self, recipe: Recipe) -> dict[str, torch.optim.Optimizer]:
        return {
            "source": recipe.optimizer_for(self.net, self.classifier),
            "target": recipe.optimizer_for(self.target_net),
            "adversary": recipe.optimizer_for(self.adversary),
        }

    def train(self, mode: bool = True) -> ADDALearner:
        """Training mode; in phase two the source encoder's running averages stand still too."""
        super().train(mode)
        if self.adapting:
            self.net.eval()
            self.classifier.eval()
        return self

    def features(self, batches: Mapping[str, Batch]) -> dict[str, Tensor]:
        """The sources through their encoder and, in phase two, the target through its own."""
        if not self.adapting or self.target not in batches:
            return super().features(batches)
        taps = self.target_net({self.target: batches[self.target].images})[self.target]
        rest = {domain: batch for domain, batch in batches.items() if domain != self.target}
        with torch.no_grad():
            sources = super().features(rest) if rest else {}
        return {**sources, self.target: taps[self.net.taps[-1]].flatten(1)}

    def losses(self, batches: Mapping[str, Batch], progress: float) -> dict[str, Tensor]:
        """Phase one: classification. Phase two: the adversary's cross-entropy and the target encoder's, inverted."""
        if progress < self.method.source_phase:
            sources = labelled(batches)
            return {"classification": self.classification(self.features(sources), sources)}
        self.begin_adaptation()
        source, target = sources_and_target(self.features(batches), batches)
        fixed = torch.cat([source, target]).detach()
        is_target = torch.cat([torch.zeros(len(source)), torch.ones(len(target))]).to(fixed.device)
        fooled = self.adversary(target).squeeze(1)
        return {
            "mapping": F.binary_cross_entropy_with_logits(fooled, torch.zeros_like(fooled)),
            "adversary": F.binary_cross_entropy_with_logits(self.adversary(fixed).squeeze(1), is_target),
        }

    def begin_adaptation(self) -> None:
        """Start the target encoder from the source encoder, once."""
        if not self.adapting:
            self.target_net.load_state_dict(self.net.state_dict())
            self.adapting.fill_(True)
            self.train(self.training)

    def step(
        self, batches: Mapping[str, Batch], optimizers: Mapping[str, torch.optim.Optimizer], progress: float
    ) -> dict[str, Tensor]:
        losses = self.losses(batches, progress)
        if "classification" in losses:
            descend(losses["classification"], optimizers["source"])
        else:
            # Both losses stem from the same weights; the encoder moves first, since its gradient passes the adversary.
            descend(losses["mapping"], optimizers["target"])
            descend(losses["adversary"], optimizers["adversary"])
        return {name: loss.detach() for name, loss in losses.items()}
