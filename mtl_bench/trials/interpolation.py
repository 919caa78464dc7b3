"""Interpolation: what lies on the straight line between two trained networks, and beyond their ends."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F
from torch.nn.modules.batchnorm import _BatchNorm

from mtl_bench.core.trial import Trial, Work
from mtl_bench.disk import write_atomically
from mtl_bench.inputs.rows import CHUNK, Array, Rows, chunks
from mtl_bench.measures.class_mean import class_mean_accuracy
from mtl_bench.measures.parameters import barrier
from mtl_bench.training.domain_data import tensor
from mtl_bench.training.learner import Learner
from mtl_bench.training.seeding import generator
from mtl_bench.trials.contracts import DataSet, read_labels, read_rows
from mtl_bench.trials.history import table
from mtl_bench.trials.inits import check_backbone
from mtl_bench.trials.weights import Weights

LINE, DIGITS = "line.csv", 9
SPLITS = ("train", "test")


@dataclass(frozen=True)
class Interpolation(Trial):
    """Loss and error of (1 - w) a + w b, for two networks that learnt one data set, at w evenly spaced over [0, 1].

    The whole state is interpolated, running averages with the weights, as by the authors of Neyshabur et al. (NeurIPS
    2020, section 4). Where there is BatchNorm these averages are not those of the network in between, which looks like
    a barrier: with `re_estimated` they are estimated anew at each point, from so many training rows, the ends included.
    `beyond` goes on so far on either side, at the same distances: where the loss rises is the basin's border.

    Metrics: "error barrier" and "loss barrier", how far the *training* error (percentage points, a mean over classes)
    and the mean training loss rise above the chord between the ends, 0 where they do not; the ends' training
    errors, "error a" and "error b". Leaves `line.csv` (w, and error and loss of both splits). The test's are shown and
    judge nothing. Raises ValueError for networks of two architectures.
    """

    version: ClassVar[int] = 2  # averages from batches of nearly equal size
    keep: ClassVar[tuple[str, ...]] = (LINE,)

    a: Weights
    b: Weights
    data: DataSet
    points: int = 21
    beyond: float = 0.0
    re_estimated: int = 0

    def __post_init__(self) -> None:
        if self.points < 3 or self.beyond < 0 or self.re_estimated < 0:
            raise ValueError("a line has three points or more, of which none lies less than 0 beyond its ends")

    def run(self, work: Work) -> Mapping[str, float]:
        rows = {split: read_rows(self.data, split, work) for split in SPLITS}
        labels = {split: read_labels(self.data, split, work, len(rows[split])) for split in SPLITS}
        learner = self.a.learner(work)
        check_backbone(self.b, learner)
        learner.to(work.device)
        a, b = ({name: value.to(work.device) for name, value in end.state(work).items()} for end in (self.a, self.b))
        drawn = generator(0, "re-estimated rows").permutation(len(rows["train"]))[: self.re_estimated]
        line = []
        places = self.places()
        for i, w in enumerate(places):
            learner.load_state_dict(between(a, b, float(w)))
            if self.re_estimated:
                re_estimate(learner, rows["train"][np.sort(drawn)], self.data.name)
            found = {split: loss_and_error(learner, rows[split], labels[split], self.data.name) for split in SPLITS}
            line.append(
                {"w": float(w)} | {f"{split} {name}": v for split in SPLITS for name, v in found[split].items()}
            )
            work.progress((i + 1) / len(places), f"{i + 1} of {len(places)} points")
        write_atomically(work.folder / LINE, table(line, DIGITS))
        errors, losses = (np.array([point[f"train {name}"] for point in line]) for name in ("error", "loss"))
        first, last = (int(np.flatnonzero(places == end)[0]) for end in (0.0, 1.0))
        return {
            "error barrier": barrier(errors, places),
            "loss barrier": barrier(losses, places),
            "error a": float(errors[first]),
            "error b": float(errors[last]),
        }

    def places(self) -> Array:
        """float64, every w, of which 0 and 1 are two."""
        between = self.points - 1
        more = int(self.beyond * between + 1e-9)
        return np.arange(-more, self.points + more) / between


def between(a: Mapping[str, Tensor], b: Mapping[str, Tensor], w: float) -> dict[str, Tensor]:
    """A state on the line between two; what is counted, such as batches seen, is that of the first."""
    return {name: torch.lerp(a[name], b[name], w) if a[name].is_floating_point() else a[name] for name in a}


def re_estimate(learner: Learner, inputs: Array, domain: str) -> None:
    """Give BatchNorm the averages of these inputs, in batches of nearly equal size, since each counts the same.

    Raises ValueError of a network without it.
    """
    norms = [module for module in learner.modules() if isinstance(module, _BatchNorm)]
    if not norms:
        raise ValueError("the network has no BatchNorm whose averages could be estimated anew; leave re_estimated out")
    kept = [norm.momentum for norm in norms]
    for norm in norms:
        norm.reset_running_stats()
        norm.momentum = None  # the plain mean over batches
    learner.eval()
    for norm in norms:
        norm.train()
    for part in np.array_split(np.arange(len(inputs)), -(-len(inputs) // CHUNK)):
        logits_of(learner, inputs[part], domain)
    for norm, momentum in zip(norms, kept, strict=True):
        norm.momentum = momentum
    learner.eval()


def loss_and_error(learner: Learner, inputs: Rows, labels: Array, domain: str) -> dict[str, float]:
    """The error in percent, a mean over classes, and the mean cross-entropy, in evaluation mode."""
    logits = logits_of(learner.eval(), inputs, domain)
    loss = F.cross_entropy(torch.from_numpy(logits).double(), torch.from_numpy(labels))
    return {"error": 100 - class_mean_accuracy(logits, labels), "loss": float(loss)}


@torch.no_grad()
def logits_of(learner: Learner, inputs: Rows, domain: str) -> Array:
    """float32 (n, classes), as the learner's mode is."""
    device: Any = next(learner.parameters()).device
    return np.concatenate(
        [learner.predict(tensor(chunk).to(device), domain).float().cpu().numpy() for chunk in chunks(inputs, CHUNK)]
    )
