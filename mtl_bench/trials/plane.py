"""Plane: the training error over the plane through three trained networks, as a map of basins."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from torch import Tensor

from mtl_bench.core.trial import Trial, Work
from mtl_bench.disk import write_atomically
from mtl_bench.inputs.rows import Array
from mtl_bench.training.seeding import generator
from mtl_bench.trials.contracts import DataSet, read_labels, read_rows
from mtl_bench.trials.history import table
from mtl_bench.trials.inits import check_backbone
from mtl_bench.trials.interpolation import loss_and_error, re_estimate
from mtl_bench.trials.weights import Weights

PLANE, DIGITS = "plane.csv", 9
State = Mapping[str, Tensor]


@dataclass(frozen=True)
class Plane(Trial):
    """Training error and loss over the plane through three networks that learnt one data set.

    As Garipov et al. (NeurIPS 2018, figure 1) draw it: `a` lies at (0, 0), `b` at (1, 0), `c` above them, and lengths
    are in distances from `a` to `b`. The map has `points` × `points` and goes beyond the three by the share `margin` of
    what they span. Errors, in percent, and losses are of `rows` training rows drawn at random. With `re_estimated`
    BatchNorm's averages are estimated anew at each point, from so many of these (see `Interpolation`).

    Metric: "error in the middle", the training error at the mean of the three less the mean of their errors. Leaves
    `plane.csv`: x, y, train error, train loss by point, then the three themselves, whose `network` is 1, 2, 3. Raises
    ValueError for networks of two architectures, and for three on one line.
    """

    version: ClassVar[int] = 2  # averages from batches of nearly equal size
    keep: ClassVar[tuple[str, ...]] = (PLANE,)

    a: Weights
    b: Weights
    c: Weights
    data: DataSet
    points: int = 15
    margin: float = 0.3
    rows: int = 512
    re_estimated: int = 0

    def run(self, work: Work) -> Mapping[str, float]:
        inputs = read_rows(self.data, "train", work)
        labels = read_labels(self.data, "train", work, len(inputs))
        chosen = np.sort(generator(0, "rows of a plane").permutation(len(inputs))[: self.rows])
        inputs, labels = inputs[chosen], labels[chosen]
        learner = self.a.learner(work).to(work.device)
        for weights in (self.b, self.c):
            check_backbone(weights, learner)
        a, b, c = (
            {name: value.to(work.device) for name, value in weights.state(work).items()}
            for weights in (self.a, self.b, self.c)
        )
        plane = Axes.through(a, b, c)

        def at(place: tuple[float, float]) -> dict[str, float]:
            learner.load_state_dict(plane.state(*place))
            if self.re_estimated:
                re_estimate(learner, inputs[: self.re_estimated], self.data.name)
            found = loss_and_error(learner, inputs, labels, self.data.name)
            return {"x": place[0], "y": place[1]} | {f"train {name}": value for name, value in found.items()}

        places = self.places(plane.third)
        line = []
        for i, place in enumerate(places):
            line.append(at(place))
            work.progress((i + 1) / len(places), f"{i + 1} of {len(places)} points")
        corners = [at(place) for place in ((0.0, 0.0), (1.0, 0.0), plane.third)]
        middle = at(((1 + plane.third[0]) / 3, plane.third[1] / 3))
        numbered = [corner | {"network": i + 1.0} for i, corner in enumerate(corners)]
        write_atomically(work.folder / PLANE, table([*line, *numbered], DIGITS))
        ends = float(np.mean([corner["train error"] for corner in corners]))
        return {"error in the middle": middle["train error"] - ends}

    def places(self, third: tuple[float, float]) -> list[tuple[float, float]]:
        """The map's points, row by row."""
        across, up = (
            np.linspace(low - self.margin * (high - low), high + self.margin * (high - low), self.points)
            for low, high in ((min(0.0, third[0]), max(1.0, third[0])), (0.0, third[1]))
        )
        return [(float(x), float(y)) for y in up for x in across]


@dataclass(frozen=True)
class Axes:
    """Two directions of equal length at a right angle: from `start` along `first`, and along `second`."""

    start: State
    first: State
    second: State
    third: tuple[float, float]  # where the third network lies

    @classmethod
    def through(cls, a: State, b: State, c: State) -> Axes:
        """`b` lies at (1, 0), `c` above it."""
        names = [name for name in a if a[name].is_floating_point()]
        first, other = ({name: end[name] - a[name] for name in names} for end in (b, c))
        length = _dot(first, first) ** 0.5
        if not length:
            raise ValueError("the first two networks are one; give three different ones")
        along = _dot(first, other) / length**2
        rest = {name: other[name] - along * first[name] for name in names}
        height = _dot(rest, rest) ** 0.5 / length
        if height < 1e-6:
            raise ValueError("the three networks lie on one line, through which go many planes; give another one")
        return cls(a, first, {name: rest[name] / height for name in names}, (along, height))

    def state(self, x: float, y: float) -> dict[str, Tensor]:
        """What lies there; what is counted, such as batches seen, is the start's."""
        moved = {name: self.start[name] + x * self.first[name] + y * self.second[name] for name in self.first}
        return {**self.start, **moved}


def _dot(a: State, b: State) -> float:
    products: Array = np.array([float((a[name].double() * b[name].double()).sum()) for name in a])
    return float(products.sum())
