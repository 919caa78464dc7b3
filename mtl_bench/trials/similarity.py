"""Similarity: how alike two trained networks are, stage by stage, by what they give and by their parameters."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import torch

from mtl_bench.core.trial import Trial, Work
from mtl_bench.disk import write_atomically
from mtl_bench.measures.kernel_alignment import StreamingCKA
from mtl_bench.measures.parameters import parameter_distance
from mtl_bench.training.domain_data import tensor
from mtl_bench.trials.contracts import DataSet, read_rows
from mtl_bench.trials.history import table
from mtl_bench.trials.inits import below, check_backbone
from mtl_bench.trials.weights import Weights

ALL_PAIRS, DIGITS = "cka.csv", 9
BATCH = 200  # rows at a time, about: batches are of nearly equal size


@dataclass(frozen=True)
class Similarity(Trial):
    """CKA of the stages of two trained networks on the same rows, whose labels are not read.

    The networks may have learnt different classes. Metrics: "CKA <stage>" of each stage that both have. Leaves
    `cka.csv`: a row per stage of `a`, a column per stage of `b`. See `StreamingCKA`; raises ValueError for a stage
    that is constant.
    """

    keep: ClassVar[tuple[str, ...]] = (ALL_PAIRS,)

    a: Weights
    b: Weights
    data: DataSet
    split: str = "test"
    debiased: bool = True

    def run(self, work: Work) -> Mapping[str, float]:
        rows = read_rows(self.data, self.split, work)
        nets = [weights.learner(work).net.to(work.device) for weights in (self.a, self.b)]
        streaming = StreamingCKA(debiased=self.debiased)
        with torch.no_grad():
            for part in np.array_split(np.arange(len(rows)), -(-len(rows) // BATCH)):
                inputs = tensor(rows[part]).to(work.device)
                a, b = (net({net.domains[0]: inputs})[net.domains[0]] for net in nets)
                streaming.update(a, b)
        values = streaming.value().cpu().numpy()
        layers = [net.layers for net in nets]
        lines = [dict(zip(layers[1], map(float, row), strict=True)) for row in values]
        write_atomically(work.folder / ALL_PAIRS, table(lines, DIGITS))
        return {f"CKA {name}": line[name] for name, line in zip(layers[0], lines, strict=True) if name in line}


@dataclass(frozen=True)
class Distance(Trial):
    """How far the parameters of two trained networks of one architecture lie apart, stage by stage, heads left out.

    Metrics of each stage: "distance <stage>", Euclidean; "per parameter <stage>", over the square root of their number;
    "relative <stage>", over the mean of both norms. Running averages are no parameters. Raises ValueError for networks
    of two architectures.
    """

    a: Weights
    b: Weights

    def run(self, work: Work) -> Mapping[str, float]:
        learner = self.a.learner(work)
        check_backbone(self.b, learner)
        states = [weights.state(work) for weights in (self.a, self.b)]
        found: dict[str, float] = {}
        for layer, stage in learner.net.stages.items():
            names = [name for name, _ in stage.named_parameters()]
            if not names:
                continue
            parts = [below(state, f"net.stages.{layer}.") for state in states]
            one, other = (torch.cat([part[name].double().flatten() for name in names]).numpy() for part in parts)
            distance = parameter_distance(one, other)
            found |= {
                f"distance {layer}": distance.raw,
                f"per parameter {layer}": distance.per_parameter,
                f"relative {layer}": distance.relative,
            }
        return found
