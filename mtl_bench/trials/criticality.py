"""Criticality: how much of a trained network's modules can be set back, or blurred, before it errs more."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import torch
from torch import Tensor

from mtl_bench.core.trial import Trial, Work
from mtl_bench.disk import write_atomically
from mtl_bench.inputs.rows import Array
from mtl_bench.measures.parameters import criticality
from mtl_bench.training.learner import Learner
from mtl_bench.training.seeding import generator
from mtl_bench.trials.contracts import DataSet, read_labels, read_rows
from mtl_bench.trials.history import table
from mtl_bench.trials.interpolation import logits_of
from mtl_bench.trials.weights import Weights

TRIED, DIGITS = "tried.csv", 9


@dataclass(frozen=True)
class Criticality(Trial):
    """Every stage's criticality (Chatterji et al., ICLR 2020, as Neyshabur et al. 2020 use it), on training rows.

    A stage's parameters go from `start` to where training ended along a straight line, with normal noise; all other
    stages stay as trained. The error allowed is the trained network's, and of what lies between it and chance the share
    `allowed`; it is a mean over `draws` of noise, the same for every stage. Without a `start` it is the one
    of the network's own training: random weights, or those that it was given.

    Metrics of each stage: "criticality <stage>", 0 for one that can be set back wholly; "set back <stage>", the error
    in percent with the stage at `start`. Also "error", as trained, and "allowed". Leaves `tried.csv` (stage number,
    share of the way, noise, error), for heat maps. Raises ValueError where even the least noise is too much.
    """

    keep: ClassVar[tuple[str, ...]] = (TRIED,)

    of: Weights
    data: DataSet
    start: Weights | None = None
    allowed: float = 0.05
    rows: int = 512
    shares: tuple[float, ...] = (0.0, 0.25, 0.5, 0.75, 1.0)
    draws: int = 3
    bisections: int = 7

    def run(self, work: Work) -> Mapping[str, float]:
        inputs = read_rows(self.data, "train", work)
        labels = read_labels(self.data, "train", work, len(inputs))
        chosen = np.sort(generator(0, "criticality rows").permutation(len(inputs))[: self.rows])
        learner = self.of.learner(work).to(work.device)
        begun = (self.start or Weights(self.of.of, step=0)).state(work)
        bench = _Bench(learner, inputs[chosen], labels[chosen], self.data.name, self.draws)
        error = bench.error()
        allowed = error + self.allowed * max(0.0, 100 - 100 / len(self.data.classes) - error)
        found: dict[str, float] = {"error": error, "allowed": allowed}
        tried: list[dict[str, float]] = []
        for i, layer in enumerate(learner.net.layers):
            module = _Module(learner, begun, layer)
            if not module.names:
                continue

            def error_at(share: float, noise: float, module: _Module = module, stage: int = i) -> float:
                value = bench.error(module, share, noise)
                tried.append({"stage": stage, "share": share, "noise": noise, "error": value})
                return value

            value = criticality(error_at, module.squared_distance, allowed, self.shares, self.bisections)
            if not np.isfinite(value):
                raise ValueError(f"{layer} bears no noise within the error allowed; allow more")
            found |= {f"criticality {layer}": value, f"set back {layer}": bench.error(module, 0.0, 0.0)}
            module.at(1.0)
            work.progress((i + 1) / len(learner.net.layers), layer)
        write_atomically(work.folder / TRIED, table(tried, DIGITS))
        return found


class _Module:
    """A stage's parameters, which can be put anywhere between start and end, with noise."""

    def __init__(self, learner: Learner, begun: Mapping[str, Tensor], layer: str) -> None:
        self.parameters = dict(learner.net.stages[layer].named_parameters())
        self.names = [*self.parameters]
        self.final = {name: weight.detach().clone() for name, weight in self.parameters.items()}
        self.begun = {name: begun[f"net.stages.{layer}.{name}"].to(self.final[name].device) for name in self.names}
        moved = (float((self.final[name] - self.begun[name]).double().square().sum()) for name in self.names)
        self.squared_distance = sum(moved)

    @torch.no_grad()
    def at(self, share: float, noise: float = 0.0, draw: int = 0) -> None:
        random = generator(draw, "criticality noise")
        for name, weight in self.parameters.items():
            weight.copy_(torch.lerp(self.begun[name], self.final[name], share))
            if noise:
                drawn = random.standard_normal(tuple(weight.shape), dtype=np.float32)
                weight.add_(torch.from_numpy(drawn).to(weight.device), alpha=noise)


class _Bench:
    """The rows on which errors are measured, in percent."""

    def __init__(self, learner: Learner, inputs: Array, labels: Array, domain: str, draws: int) -> None:
        self.learner, self.inputs, self.labels, self.domain, self.draws = learner, inputs, labels, domain, draws

    def error(self, module: _Module | None = None, share: float = 1.0, noise: float = 0.0) -> float:
        errors = []
        for draw in range(self.draws if noise else 1):
            if module is not None:
                module.at(share, noise, draw)
            right = logits_of(self.learner, self.inputs, self.domain).argmax(1) == self.labels
            errors.append(100 - 100 * float(right.mean()))
        return float(np.mean(errors))
