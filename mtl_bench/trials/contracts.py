"""What trials of learning agree on: data sets, methods, networks that others read, and where rows come from."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar, Protocol, runtime_checkable

import numpy as np

from mtl_bench.core.trial import SeesTarget, Trial, Work, parts
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


# What of a target training, or the choice among its checkpoints, may use, from the least to the most.
PIXELS_MEAN, BATCH_NORM, FEATURES = "pixels' mean", "BatchNorm statistics", "features"
FEW_LABELS, LABELS = "few labels", "labels"
USES = (PIXELS_MEAN, BATCH_NORM, FEATURES, FEW_LABELS, LABELS)


class Method(Protocol):
    """A deep method, as a frozen dataclass; `uses` says what of the target's training rows it learns from."""

    uses: ClassVar[tuple[str, ...]]

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


def in_order(uses: Iterable[str]) -> tuple[str, ...]:
    """Each once, in the order of `USES`; raises ValueError for what is none of them."""
    found = set(uses)
    if unknown := found - set(USES):
        raise ValueError(f"{', '.join(sorted(unknown))} is no known use of a target; choose of {', '.join(USES)}")
    return tuple(use for use in USES if use in found)


def uses_inside(value: object, target: DataSet) -> tuple[str, ...]:
    """What of a target reached the parts of a parameter, such as the network that training starts from.

    A part has one `target`, or `targets` where it saw several, by name.
    """
    names, whole = {target.name}, target
    while isinstance(whole, Part):  # whose name may say more, such as that some labels are given
        whole = whole.of
        names.add(whole.name)
    inside = (part for part in parts(value) if isinstance(part, SeesTarget))
    same = (part for part in inside if names & {one.name for one in _targets_of(part)})
    return in_order(use for part in same for use in part.uses_of_target())


def _targets_of(part: object) -> tuple[DataSet, ...]:
    several: tuple[DataSet, ...] | None = getattr(part, "targets", None)
    if several is not None:
        return several
    one: DataSet | None = getattr(part, "target", None)
    return () if one is None else (one,)


def check_classes(one: DataSet, other: DataSet) -> None:
    """Raises ValueError unless both have the same classes in the same order: labels are their numbers."""
    gate.classes_agree(one.name, one.classes, other.name, other.classes)
