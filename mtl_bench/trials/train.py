"""Train: learn one labelled data set, from fresh weights or from what another network learnt."""

from __future__ import annotations

import platform
import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar, Literal, get_args

import numpy as np
import torch

from mtl_bench.core.trial import Trial, Work
from mtl_bench.disk import write_atomically
from mtl_bench.inputs.rows import CHUNK, Array, Rows, chunks, lengths_of
from mtl_bench.measures.class_mean import class_mean_accuracy
from mtl_bench.methods.deep.source_only import SourceOnly
from mtl_bench.models.macs import macs
from mtl_bench.models.network import Backbone, Network
from mtl_bench.models.upper import UpperNetwork, activations
from mtl_bench.training.augmentation import Augmentation
from mtl_bench.training.domain_data import DomainData, tensor
from mtl_bench.training.learner import Learner
from mtl_bench.training.loop import fit, serialised
from mtl_bench.training.recipe import Recipe
from mtl_bench.training.seeding import seed_everything
from mtl_bench.trials.adapt import pixel_mean
from mtl_bench.trials.contracts import DataSet, Init, Method, read_labels, read_rows, rows_of
from mtl_bench.trials.history import History, read_table, table
from mtl_bench.trials.inits import apply_init
from mtl_bench.trials.weights import file_of

Precision = Literal["float32", "bfloat16"]
CACHE = 2**31  # bytes of frozen activations that are held in memory; beyond it they are computed at every step
HIGHEST = 10  # validations whose mean is the accuracy that Yosinski et al. report
CURVE, DIGITS = "curve.csv", 9
SUPERVISED = SourceOnly()


@dataclass(frozen=True)
class Train(Trial):
    """One supervised training run on a data set's training rows; its test rows are the validation of the paper.

    Metrics, in percent and each a mean over classes: "accuracy" on the test rows after the last step, which nothing
    selected; "ten highest", the mean of the ten highest test accuracies among the recipe's checkpoints, as Yosinski et
    al. (NIPS 2014) report it: the test chooses them; "training accuracy" after the last step.
    Leaves `curve.csv` (step, accuracy, loss at each checkpoint) and the weights after the last step and after those of
    `weights_at`. Runs that differ in `order` alone are twins: equal weights at the start, rows in another order.

    Frozen layers stand still wholly: weights, biases, running averages, dropout. Without augmentation their
    activations are computed once, in float32, if they fit in memory and do not differ in length as texts do.
    Predictions are float32, whatever the training.
    In bfloat16 a processor without instructions for it takes ten times as long, which a warning says.
    """

    keep: ClassVar[tuple[str, ...]] = (CURVE,)

    data: DataSet
    backbone: Backbone
    recipe: Recipe
    seed: int
    method: Method = SUPERVISED
    init: Init | None = None
    order: int | None = None  # the seed of the rows' order; None: `seed`
    weights_at: tuple[int, ...] = ()
    augmentation: Augmentation | None = None
    precision: Precision = "float32"

    def __post_init__(self) -> None:
        if self.precision not in get_args(Precision):
            raise ValueError(
                f"there is no precision {self.precision!r}; choose one of {' | '.join(get_args(Precision))}"
            )
        if late := [step for step in self.weights_at if not 0 < step <= self.recipe.steps]:
            raise ValueError(
                f"there is no step {late[0]} in a run of {self.recipe.steps}; Weights(…, step=0) needs none"
            )

    def run(self, work: Work) -> Mapping[str, float]:
        rows = {split: read_rows(self.data, split, work) for split in ("train", "test")}
        labels = {split: read_labels(self.data, split, work, len(rows[split])) for split in rows}
        learner = self._started(rows["train"], work)
        if self.precision == "bfloat16" and work.device == "cpu" and not has_bfloat16():
            warnings.warn(
                "this processor computes bfloat16 in detours, slower than float32; set precision", stacklevel=2
            )
        whole, history = learner.net, History(work.folder)
        steps = sorted({*self.recipe.checkpoint_steps(), *self.weights_at})
        inputs = self._above_frozen(learner, rows, work.device)

        def checkpoint(step: int, losses: dict[str, float]) -> None:
            test = class_mean_accuracy(self.logits(learner, inputs["test"]), labels["test"])
            files = {}
            if step in self.weights_at or step == steps[-1]:
                upper, learner.net = learner.net, whole
                files[file_of(step)] = serialised(learner.state_dict())
                learner.net = upper
            history.add({"step": step, "accuracy": test, "loss": losses["classification"]}, files)
            write_atomically(work.folder / CURVE, table([*history.before(step + 1)], DIGITS))

        fit(
            learner,
            self.recipe,
            {self.data.name: DomainData(inputs["train"], labels["train"], augmentation=self.augmentation)},
            self.seed if self.order is None else self.order,
            work.device,
            work.folder / "resume_state.pt",
            checkpoint,
            work.progress,
            self.weights_at,
            lambda step: history.intact(steps, step),
        )
        # Once more: of a run that was stopped after its last step, nobody knows what became of the file.
        write_atomically(work.folder / CURVE, table(history.finish(), DIGITS))
        along = {row["step"]: row["accuracy"] for row in read_table(work.folder / CURVE)}
        reached = [along[step] for step in self.recipe.checkpoint_steps()]
        return {
            "accuracy": reached[-1],
            "ten highest": float(np.mean(sorted(reached)[-HIGHEST:])),
            "training accuracy": class_mean_accuracy(self.logits(learner, inputs["train"]), labels["train"]),
        }

    def macs(self) -> float:
        """Multiplications of the run, about: a backward pass has twice those of a forward pass; of texts, the rows."""
        if not self.backbone.input_shape:
            return float(self.recipe.steps * self.recipe.batch_size)
        stages = list(macs(self.backbone).values())
        frozen = self.init.frozen if self.init else 0
        again = sum(stages[:frozen]) if self.augmentation else 0
        return self.recipe.steps * self.recipe.batch_size * float(again + 3 * sum(stages[frozen:]))

    def build(self) -> Learner:
        return self._on(None)

    def start(self, work: Work) -> Learner:
        return self._started(rows_of(self.data, "train", work), work)

    def _on(self, mean: torch.Tensor | None) -> Learner:
        seed_everything(self.seed, "weights")
        net = Network(self.backbone, (self.data.name,))
        if mean is not None:
            net.normalise(mean, torch.ones_like(mean))  # as Caffe does, the mean only
        learner = self.method.build(net, len(self.data.classes))
        learner.in_bfloat16 = self.precision == "bfloat16"
        if learner.in_bfloat16 and type(learner).step is not Learner.step:
            raise ValueError(f"{type(self.method).__name__} has a step of its own, in float32; leave precision out")
        return learner

    def _started(self, rows: Rows, work: Work) -> Learner:
        learner = self._on(pixel_mean([rows]) if rows.dtype == np.uint8 else None)
        apply_init(self.init, learner, work)
        return learner

    def _above_frozen(self, learner: Learner, rows: Mapping[str, Rows], device: str) -> Mapping[str, Rows]:
        """The rows by split or, where frozen layers' activations fit in memory, those under the upper network."""
        net, frozen = learner.net, self.init.frozen if self.init else 0
        if not frozen or self.augmentation or not self._fits(net, frozen, rows):
            return rows
        net.to(device).to(memory_format=torch.channels_last)
        learner.net = UpperNetwork(net, frozen)
        return {split: activations(net, frozen, rows[split], CHUNK) for split in rows}

    def _fits(self, net: Network, frozen: int, rows: Mapping[str, Rows]) -> bool:
        found = [(activations(net, frozen, one[:1]), one) for one in rows.values()]
        if any(first.ndim > 2 and lengths_of(one) is not None for first, one in found):
            return False  # a vector for each word of a text
        return sum(first.nbytes * len(one) for first, one in found) <= CACHE

    @torch.no_grad()
    def logits(self, learner: Learner, inputs: Rows) -> Array:
        """float32 (n, classes) in evaluation mode."""
        learner.eval()
        device = next(learner.parameters()).device
        found = []
        for chunk in chunks(inputs):
            seen = self.augmentation.eval_transform(chunk) if self.augmentation else chunk
            found.append(learner.predict(tensor(seen).to(device), self.data.name).float().cpu().numpy())
        return np.concatenate(found)


def has_bfloat16() -> bool:
    """Whether the processor has instructions for products in bfloat16; where torch cannot tell, it is taken to."""
    if platform.machine() not in ("x86_64", "AMD64"):
        return True
    asked = [getattr(torch.cpu, f"_is_{name}_supported", None) for name in ("avx512_bf16", "amx_tile")]
    return any(ask() for ask in asked if ask) or None in asked
