"""What trials of learning agree on: data sets, methods, networks that others read, and where rows come from."""

from __future__ import annotations

from typing import ClassVar, Protocol, runtime_checkable

import numpy as np

from mtl_bench.core.trial import Trial, Work
from mtl_bench.datasets.wrappers.part import Part
from mtl_bench.inputs import gate
from mtl_bench.inputs.rows import Array, Rows, choose, digest
from mtl_bench.models.network import Backbone, Network
from mtl_bench.training.learner import Learner
from mtl_bench.training.recipe import Recipe


class DataSet(Protocol):
    """A data set, as a frozen dataclass, or a trial that stands for one; labels are asked for separately."""

    @property
    def name(self) -> str: ...

    @property
    def classes(self) -> tuple[str, ...]: ...

    def inputs(self, split: str) -> Rows: ...

    def labels(self, split: str) -> Array: ...


@runtime_checkable
class PartlyLabelled(Protocol):
    """A data set of which training may see some labels though it is a target."""

    def known(self, split: str) -> Array:
        """int64 (n,), -1 where training may not see the label."""
        ...


class Method(Protocol):
    """A deep method, as a frozen dataclass."""

    def build(self, net: Network, classes: int) -> Learner: ...


class Predictor(Protocol):
    def predict(self, x: Array) -> Array: ...


class ShallowMethod(Protocol):
    """A shallow method, as a frozen dataclass."""

    uses: ClassVar[tuple[str, ...]]  # what of the target it sees, beside the normalisation

    def fit(self, xs: Array, ys: Array, xt: Array) -> Predictor: ...


class Trained(Protocol):
    """A trial that trains a network and leaves `weights-<step>.pt`, the whole learner's state, of some steps."""

    @property
    def backbone(self) -> Backbone: ...

    @property
    def recipe(self) -> Recipe: ...

    def build(self) -> Learner:
        """The learner with fresh weights by the seed, whatever training starts from."""
        ...

    def start(self, work: Work) -> Learner:
        """The learner as training starts from it."""
        ...


class Init(Protocol):
    """Where training starts from, as a frozen dataclass."""

    @property
    def frozen(self) -> int:
        """How many first stages stand still."""
        ...

    def apply(self, learner: Learner, work: Work) -> None:
        """Put weights into a learner that has fresh ones; what is drawn later must not depend on what this draws."""
        ...


def rows_of(data: DataSet, split: str, work: Work) -> Rows:
    """The rows of a split; those of a trial that stands for a data set lie in its folder as `<split>.npy`."""
    if isinstance(data, Trial):
        stored: Array = np.load(work.artifact_of(data, f"{split}.npy"), mmap_mode="r", allow_pickle=False)
        return stored
    if isinstance(data, Part):
        whole, chosen = data.part(split)
        rows = rows_of(data.of, whole, work)
        return rows if chosen is None else choose(rows, chosen)
    return data.inputs(split)


def read_rows(data: DataSet, split: str, work: Work) -> Rows:
    """The rows of a split, looked at by the gate, whose digest the trial's record then holds."""
    rows = gate.rows(f"{data.name}'s {split} inputs", rows_of(data, split, work))
    work.data[f"{data.name} {split} inputs"] = digest(rows)
    return rows


def read_labels(data: DataSet, split: str, work: Work, count: int | None = None) -> Array:
    """The labels int64 (count,) of a split, looked at by the gate, whose digest the trial's record then holds."""
    labels = gate.labels(f"{data.name}'s {split} labels", data.labels(split), count, data.classes)
    work.data[f"{data.name} {split} labels"] = digest(labels)
    return labels


def check_classes(one: DataSet, other: DataSet) -> None:
    """Raises ValueError unless both have the same classes in the same order: labels are their numbers."""
    gate.classes_agree(one.name, one.classes, other.name, other.classes)
