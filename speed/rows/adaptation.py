"""A run of DANN above a network that stands still, by our loop, beside the same steps in bare PyTorch."""

from __future__ import annotations

import copy
import math
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from speed.row import Peer, Row
from speed.timing import Work

if TYPE_CHECKING:
    from mtl_bench.training.domain_data import DomainData
    from mtl_bench.training.recipe import Recipe

ROWS_OF_DOMAIN, FEATURES, CLASSES, STEPS, BATCH, SEED = 2500, 1280, 40, 300, 64, 0
DOMAINS = ("source", "target")


@dataclass(frozen=True)
class Run:
    """Features of two domains, of one with labels, a fresh learner and how it learns."""

    data: dict[str, DomainData]
    recipe: Recipe
    learner: Any

    def chosen(self, domain: str, step: int) -> Any:
        """The rows of a step, which every loop takes."""
        from mtl_bench.training.domain_data import order

        return order(self.data[domain].inputs, BATCH, step, SEED, domain)


def run() -> Run:
    """As DomainNet's laptop scale has it: features of one length a row, classes, a bottleneck of 256 units."""
    from mtl_bench.methods.deep.dann import DANN
    from mtl_bench.models.bottleneck import Bottleneck
    from mtl_bench.models.network import Network
    from mtl_bench.training.domain_data import DomainData
    from mtl_bench.training.recipe import Recipe
    from mtl_bench.training.seeding import generator, seed_everything

    drawn = generator(SEED, "speed", "adaptation")
    centres = drawn.standard_normal((CLASSES, FEATURES), dtype="float32")
    data = {}
    for moved, name in enumerate(DOMAINS):
        labels = drawn.integers(0, CLASSES, ROWS_OF_DOMAIN)
        noise = drawn.standard_normal((ROWS_OF_DOMAIN, FEATURES), dtype="float32")
        features = abs(centres[labels] + noise + 0.3 * moved)
        data[name] = DomainData(features, None if moved else labels, target=bool(moved))
    seed_everything(SEED, "weights")
    learner = DANN().build(Network(Bottleneck(FEATURES), DOMAINS), CLASSES)
    return Run(data, Recipe(STEPS, BATCH, weight_decay=0.001, checkpoints=1), learner)


def ours(made: Run) -> Work:
    """As studies train."""
    from mtl_bench.training.loop import fit
    from mtl_bench.training.seeding import seed_everything

    def work() -> Any:
        learner = copy.deepcopy(made.learner)
        seed_everything(SEED, "dropout")
        with tempfile.TemporaryDirectory(prefix="mtl-bench-speed-") as folder:
            state = Path(folder, "state.pt")
            fit(learner, made.recipe, made.data, SEED, "cpu", state, lambda step, losses: None, lambda done, what: None)
        return weights_of(learner)

    return work


def bare(made: Run, batches: Callable[[Run], Iterator[Any]]) -> Work:
    """The steps of TLlib's example of DANN, without its meters: two batches, one backward pass, SGD, a falling rate."""
    import torch
    from torch.nn import functional as F

    from mtl_bench.training.seeding import seed_everything

    class Reverse(torch.autograd.Function):
        @staticmethod
        def forward(ctx: Any, x: Any, factor: float) -> Any:
            ctx.factor = factor
            return x.view_as(x)

        @staticmethod
        def backward(ctx: Any, gradient: Any) -> Any:
            return -ctx.factor * gradient, None

    def work() -> Any:
        learner = copy.deepcopy(made.learner)
        bottleneck, head, adversary = learner.net.stages["bottleneck"], learner.classifier, learner.domain_classifier
        seed_everything(SEED, "dropout")
        torch.use_deterministic_algorithms(False)
        recipe = made.recipe
        sgd = torch.optim.SGD(
            learner.parameters(), recipe.learning_rate, recipe.momentum, weight_decay=recipe.weight_decay
        )
        rate = torch.optim.lr_scheduler.LambdaLR(sgd, lambda step: (1 + 10 * step / STEPS) ** -0.75)
        is_target = torch.cat([torch.zeros(BATCH), torch.ones(BATCH)])
        learner.train()
        for step, (x, y, unlabelled) in enumerate(batches(made)):
            factor = 2 / (1 + math.exp(-10 * step / STEPS)) - 1
            features = bottleneck(torch.cat([x, unlabelled]))
            scores = adversary(Reverse.apply(features, factor)).squeeze(1)
            domain = 2 * F.binary_cross_entropy_with_logits(scores, is_target)  # the sum of both domains' means
            loss = F.cross_entropy(head(features[:BATCH]), y) + domain
            sgd.zero_grad()
            loss.backward()
            sgd.step()
            rate.step()
        return weights_of(learner)

    return work


def by_hand(made: Run) -> Iterator[Any]:
    """Batches indexed in tensors."""
    import torch

    source, target = (torch.from_numpy(made.data[name].inputs) for name in DOMAINS)
    labels = torch.from_numpy(made.data["source"].labels)
    for step in range(STEPS):
        of_source, of_target = (torch.from_numpy(made.chosen(name, step)) for name in DOMAINS)
        yield source[of_source], labels[of_source], target[of_target]


def by_loaders(made: Run) -> Iterator[Any]:
    """Batches of two DataLoaders, as TLlib's and PyTorch Adapt's examples have them, in the same order of rows."""
    import torch
    from torch.utils.data import DataLoader, TensorDataset

    loaders = []
    for name in DOMAINS:
        rows, labels = made.data[name].inputs, made.data[name].labels
        tensors = [torch.from_numpy(one) for one in (rows, labels) if one is not None]
        order = [int(row) for step in range(STEPS) for row in made.chosen(name, step)]
        own = torch.Generator()  # or a loader would draw from the generator of dropout
        loaders.append(DataLoader(TensorDataset(*tensors), BATCH, sampler=order, drop_last=True, generator=own))
    for (x, y), (unlabelled,) in zip(*loaders, strict=True):
        yield x, y, unlabelled


def weights_of(learner: Any) -> Any:
    import torch

    return torch.cat([value.detach().flatten() for value in learner.state_dict().values()])


def difference(a: Any, b: Any) -> float:
    """The norm of the difference, relative to that of the weights."""
    return float((a - b).norm() / b.norm())


ROWS = (
    Row(
        name="adapt-dann",
        sentence=f"DANN, {STEPS} steps of {BATCH} + {BATCH} rows of {FEATURES} features, a bottleneck of 256 units",
        inputs=run,
        ours=ours,
        peers=(
            Peer("PyTorch by hand", partial(bare, batches=by_hand)),
            Peer("PyTorch with DataLoaders", partial(bare, batches=by_loaders)),
        ),
        goal=1.15,
        distance=difference,
        measure="relative norm of the weights' difference",
        tolerance=1e-3,
        rounds=7,
    ),
)
