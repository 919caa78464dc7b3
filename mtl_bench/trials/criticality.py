"""Criticality: how much of a trained network's modules can be set back, or blurred, before it errs more."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from itertools import product
from typing import ClassVar

import numpy as np
import torch
from torch import Tensor

from mtl_bench.core.trial import Trial, Work
from mtl_bench.disk import write_atomically
from mtl_bench.inputs.rows import Array
from mtl_bench.measures.parameters import criticality, noise_borne
from mtl_bench.models.upper import UpperNetwork, activations
from mtl_bench.training.learner import Learner
from mtl_bench.training.seeding import generator
from mtl_bench.trials.contracts import DataSet, read_labels, read_rows
from mtl_bench.trials.history import table
from mtl_bench.trials.interpolation import logits_of
from mtl_bench.trials.weights import Weights

TRIED, MAP, DIGITS = "tried.csv", "map.csv", 9
State = Mapping[str, Tensor]


@dataclass(frozen=True)
class Blurred:
    """What both trials below have: a stage's parameters go, with normal noise, from a start to where training ended.

    They pass `shares` of the straight way between the two or, with `steps`, where training was after these
    ("optimisation path"). All other stages stay as trained. Without a `start` it is the one of the network's own
    training: random weights, or those that it was given. Errors, in percent of `rows` training rows drawn at random,
    are means over `draws` of noise, which are the same for every stage.
    """

    of: Weights
    data: DataSet
    start: Weights | None = None
    rows: int = 512
    shares: tuple[float, ...] = (0.0, 0.25, 0.5, 0.75, 1.0)
    steps: tuple[int, ...] = ()  # of the network's own training, in place of shares; start and end come by themselves
    draws: int = 3

    def _stages(self, work: Work) -> Iterator[_Stage]:
        """Each stage that has parameters; when the next one is asked for, it is as trained again."""
        inputs = read_rows(self.data, "train", work)
        labels = read_labels(self.data, "train", work, len(inputs))
        chosen = np.sort(generator(0, "criticality rows").permutation(len(inputs))[: self.rows])
        learner = self.of.learner(work).to(work.device)
        final = self.of.state(work)
        begun = (self.start or Weights(self.of.of, step=0)).state(work)
        places = self._passed(begun, final, work) if self.steps else self._between(begun, final)
        whole, inputs, labels = learner.net, inputs[chosen], labels[chosen]
        for number, layer in enumerate(whole.layers):
            if [*whole.stages[layer].parameters()]:
                # What the stages below give stays the same: it is computed once.
                below = activations(whole, number, inputs) if number else inputs
                learner.net = UpperNetwork(whole, number) if number else whole
                bench = _Bench(learner, below, labels, self.data.name, self.draws)
                stage = _Stage(bench, layer, number, begun, final, places)
                yield stage
                stage.put(final)
            work.progress((number + 1) / len(whole.layers), layer)

    def _passed(self, begun: State, final: State, work: Work) -> dict[float, State]:
        run, last = self.of.of, self.of.step
        passed = {float(step): Weights(run, step=step).state(work) for step in self.steps}
        return {0.0: begun} | passed | {float(run.recipe.steps if last is None else last): final}

    def _between(self, begun: State, final: State) -> dict[float, State]:
        moving = [name for name, value in final.items() if value.is_floating_point()]
        return {
            share: {name: torch.lerp(begun[name], final[name], share) for name in moving}
            for share in sorted({*self.shares, 1.0})
        }


@dataclass(frozen=True)
class Criticality(Blurred, Trial):
    """Every stage's criticality (Chatterji et al., ICLR 2020, as Neyshabur et al. 2020 use it), on training rows.

    The error allowed is the trained network's, and of what lies between it and chance the share `allowed`. See
    `Blurred` for the places.

    Metrics of each stage: "criticality <stage>", 0 for one that can be set back wholly; "set back <stage>", the error
    in percent with the stage at the start; "noise <stage>", the most that the stage bears as trained, and "relative
    noise <stage>", over the root mean square of its parameters: noise of one deviation blurs small parameters more.
    Also "error", as trained, and "allowed". Leaves `tried.csv` (stage number, place, noise, error), where a place is a
    share or a step. Raises ValueError where even the least noise is too much.
    """

    allowed: float = 0.05
    bisections: int = 7

    def run(self, work: Work) -> Mapping[str, float]:
        found: dict[str, float] = {}
        tried: list[dict[str, float]] = []
        for stage in self._stages(work):
            if not found:
                error = stage.bench.error()
                allowed = error + self.allowed * max(0.0, 100 - 100 / len(self.data.classes) - error)
                found = {"error": error, "allowed": allowed}
            value = criticality(stage.error, stage.squared_distances, found["allowed"], self.bisections)
            if not np.isfinite(value):
                raise ValueError(f"{stage.layer} bears no noise within the error allowed; allow more")
            end = len(stage.squared_distances) - 1
            noise = noise_borne(partial(stage.error, end), found["allowed"], self.bisections)
            found |= {
                f"criticality {stage.layer}": value,
                f"set back {stage.layer}": stage.error_at_start(),
                f"noise {stage.layer}": noise,
                f"relative noise {stage.layer}": noise / stage.rms,
            }
            tried += stage.tried
        write_atomically(work.folder / TRIED, table(tried, DIGITS))
        return found


@dataclass(frozen=True)
class NoiseMap(Blurred, Trial):
    """The training error with a stage at each place on its way and with each of `noises`, for heat maps.

    Metric: "error", as trained. Leaves `map.csv` (stage number, place, noise, error); see `Blurred` for the places.
    """

    keep: ClassVar[tuple[str, ...]] = (MAP,)

    noises: tuple[float, ...] = (0.0, 0.01, 0.02, 0.04, 0.08, 0.16)

    def run(self, work: Work) -> Mapping[str, float]:
        lines, error = [], 0.0
        for stage in self._stages(work):
            error = stage.bench.error()
            for place, noise in product(range(len(stage.squared_distances)), self.noises):
                stage.error(place, noise)
            lines += stage.tried
        write_atomically(work.folder / MAP, table(lines, DIGITS))
        return {"error": error}


class _Stage:
    """A stage's parameters, which can be put anywhere, with noise, and the errors that were found there."""

    def __init__(
        self, bench: _Bench, layer: str, number: int, begun: State, final: State, places: Mapping[float, State]
    ) -> None:
        self.bench, self.layer, self.number, self.begun = bench, layer, number, begun
        self.parameters = {
            f"net.stages.{layer}.{name}": weight for name, weight in bench.learner.net.stages[layer].named_parameters()
        }
        self.places, self.names = list(places.values()), list(places)
        self.squared_distances = [self._squared({n: s[n] - begun[n] for n in self.parameters}) for s in self.places]
        count = sum(weight.numel() for weight in self.parameters.values())
        self.rms = (self._squared(final) / count) ** 0.5
        self.errors: dict[tuple[int, float], float] = {}

    def error(self, place: int, noise: float) -> float:
        if (place, noise) not in self.errors:
            self.errors[place, noise] = self.bench.error(self, self.places[place], noise)
        return self.errors[place, noise]

    def error_at_start(self) -> float:
        return self.bench.error(self, self.begun)

    @property
    def tried(self) -> list[dict[str, float]]:
        return [
            {"stage": float(self.number), "place": self.names[place], "noise": noise, "error": error}
            for (place, noise), error in self.errors.items()
        ]

    @torch.no_grad()
    def put(self, state: State, noise: float = 0.0, draw: int = 0) -> None:
        random = generator(draw, "criticality noise")
        for name, weight in self.parameters.items():
            weight.copy_(state[name])
            if noise:
                drawn = random.standard_normal(tuple(weight.shape), dtype=np.float32)
                weight.add_(torch.from_numpy(drawn).to(weight.device), alpha=noise)

    def _squared(self, state: State) -> float:
        return sum(float(state[name].double().square().sum()) for name in self.parameters)


class _Bench:
    """The rows on which errors are measured, in percent."""

    def __init__(self, learner: Learner, inputs: Array, labels: Array, domain: str, draws: int) -> None:
        self.learner, self.inputs, self.labels, self.domain, self.draws = learner, inputs, labels, domain, draws

    def error(self, stage: _Stage | None = None, state: State | None = None, noise: float = 0.0) -> float:
        errors = []
        for draw in range(self.draws if noise else 1):
            if stage is not None and state is not None:
                stage.put(state, noise, draw)
            right = logits_of(self.learner, self.inputs, self.domain).argmax(1) == self.labels
            errors.append(100 - 100 * float(right.mean()))
        return float(np.mean(errors))
