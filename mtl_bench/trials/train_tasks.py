"""TrainTasks: learn one labelled data set and others beside it, by one network, in turns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from mtl_bench.core.trial import Trial, Work
from mtl_bench.disk import write_atomically
from mtl_bench.inputs.rows import Array, Rows
from mtl_bench.measures.class_mean import class_mean_accuracy
from mtl_bench.models.network import Backbone, Network
from mtl_bench.training.domain_data import DomainData
from mtl_bench.training.learner import Batch, Learner
from mtl_bench.training.loop import fit, outputs_of, serialised
from mtl_bench.training.recipe import Recipe
from mtl_bench.training.seeding import generator, seed_everything
from mtl_bench.trials.adapt import pixel_mean
from mtl_bench.trials.contracts import DataSet, Init, read_labels, read_rows, rows_of
from mtl_bench.trials.history import History, table
from mtl_bench.trials.inits import apply_init
from mtl_bench.trials.weights import file_of

CURVE, DIGITS = "curve.csv", 9


@dataclass(frozen=True)
class TrainTasks(Trial):
    """One run that learns `data` and the data sets `beside` it: all layers are shared, each has its own classifier.

    Multi-task learning as in Mou et al. (EMNLP 2016, section 5: MULT), after Collobert and Weston (ICML 2008): each
    step is one data set's turn, which is drawn, and learns from a batch of that alone. It is that of `data` with the
    probability `share`, the paper's λ; the others share the rest equally. With all turns `data`'s, it is `Train`.

    Metrics, of `data`, in percent and each a mean over classes: "accuracy" on the test rows after the last step,
    "training accuracy" then, and "steps", how many turns it had. Leaves `curve.csv` and the weights after the last
    step. Raises ValueError where two data sets have one name.
    """

    keep: ClassVar[tuple[str, ...]] = (CURVE,)

    data: DataSet
    beside: tuple[DataSet, ...]
    backbone: Backbone
    recipe: Recipe
    seed: int
    share: float = 0.5
    init: Init | None = None

    def __post_init__(self) -> None:
        if len({task.name for task in self.tasks}) < len(self.tasks):
            raise ValueError(f"two tasks are named {self.data.name}; give each data set its own name")
        if not self.beside or not 0 < self.share < 1:
            raise ValueError(
                f"{self.data.name} can't have {self.share:.0%} of the turns beside {len(self.beside)} other tasks; "
                "give another task and a share between 0 and 1"
            )

    @property
    def tasks(self) -> tuple[DataSet, ...]:
        return (self.data, *self.beside)

    def run(self, work: Work) -> Mapping[str, float]:
        training, turns = {}, self.turns()
        for i, task in enumerate(self.tasks):
            rows = read_rows(task, "train", work)
            labels = read_labels(task, "train", work, len(rows))
            training[task.name] = OnItsTurn(rows, labels, own_steps=own_steps(turns, i))
        test = read_rows(self.data, "test", work)
        test_labels = read_labels(self.data, "test", work, len(test))
        learner = self._started([data.inputs for data in training.values()], work)
        history, steps = History(work.folder), self.recipe.checkpoint_steps()

        def checkpoint(step: int, losses: dict[str, float]) -> None:
            reached = class_mean_accuracy(outputs_of(learner, test, self.data.name)[0], test_labels)
            files = {file_of(step): serialised(learner.state_dict())} if step == steps[-1] else {}
            history.add({"step": step, "accuracy": reached, **losses}, files)
            write_atomically(work.folder / CURVE, table([*history.before(step + 1)], DIGITS))

        fit(
            learner,
            self.recipe,
            training,
            self.seed,
            work.device,
            work.folder / "resume_state.pt",
            checkpoint,
            work.progress,
            intact=lambda step: history.intact(steps, step),
        )
        rows_along = history.finish()
        write_atomically(work.folder / CURVE, table(rows_along, DIGITS))
        own = training[self.data.name]
        assert own.labels is not None
        return {
            "accuracy": rows_along[-1]["accuracy"],
            "training accuracy": class_mean_accuracy(outputs_of(learner, own.inputs, self.data.name)[0], own.labels),
            "steps": float((turns == 0).sum()),
        }

    def turns(self) -> Array:
        """int64 (steps,): whose turn each step is, 0 for `data`."""
        others = (1 - self.share) / len(self.beside)
        chances = [self.share, *[others] * len(self.beside)]
        return generator(self.seed, "turns").choice(len(self.tasks), self.recipe.steps, p=chances).astype(np.int64)

    def build(self) -> Learner:
        return self._on(None)

    def start(self, work: Work) -> Learner:
        return self._started([rows_of(task, "train", work) for task in self.tasks], work)

    def _on(self, mean: Tensor | None) -> Learner:
        seed_everything(self.seed, "weights")
        net = Network(self.backbone, tuple(task.name for task in self.tasks))
        if mean is not None:
            net.normalise(mean, torch.ones_like(mean))
        return TasksLearner(net, {task.name: len(task.classes) for task in self.tasks})

    def _started(self, rows: Sequence[Rows], work: Work) -> Learner:
        pixels = [one for one in rows if one.dtype == np.uint8]
        learner = self._on(pixel_mean(pixels) if pixels else None)
        apply_init(self.init, learner, work)
        return learner


@dataclass(frozen=True, eq=False)
class OnItsTurn(DomainData):
    """Rows that give a batch at some steps and none at the others.

    `own_steps` int64 (steps,) counts a task's own turns, so that its epochs are whole; -1 where it is another's.
    """

    own_steps: Array | None = None

    def at(self, step: int, size: int, seed: int, name: str, device: str) -> Batch:
        assert self.own_steps is not None
        own = int(self.own_steps[step])
        if own < 0:
            return Batch(torch.empty(0, device=device), None)
        return super().at(own, size, seed, name, device)


def own_steps(turns: Array, task: int) -> Array:
    """int64 (steps,): the number of a task's own step, -1 at others' turns."""
    mine = turns == task
    found: Array = np.where(mine, np.cumsum(mine) - 1, -1)
    return found


class TasksLearner(Learner):
    """Shared layers, and a classifier for each task: the first task's is the learner's own."""

    def __init__(self, net: Network, classes: Mapping[str, int]) -> None:
        first, *others = classes
        super().__init__(net, classes[first])
        self.others = nn.ModuleList(net.head(classes[name]) for name in others)
        self.places = {name: place for place, name in enumerate(others)}

    def losses(self, batches: Mapping[str, Batch], progress: float) -> dict[str, Tensor]:
        """The cross-entropy of the task whose turn it is."""
        found = {}
        for name, batch in batches.items():
            if batch.labels is not None:
                logits = self.classifier_of(name)(self.features({name: batch})[name])
                found[name] = F.cross_entropy(logits, batch.labels)
        return found

    def classifier_of(self, domain: str) -> nn.Module:
        return self.others[self.places[domain]] if domain in self.places else self.classifier
