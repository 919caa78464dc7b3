"""Classify: a shallow method from one domain's features to another's; target labels are read last, to score."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Literal, Protocol, get_args

import numpy as np

from mtl_bench.core.trial import Trial, Work
from mtl_bench.training.seeding import generator
from mtl_bench.trials.adapt import digest
from mtl_bench.trials.extract import Extract
from mtl_bench.trials.shallow import ShallowMethod

Array = np.ndarray[Any, Any]

Normalisation = Literal["none", "unit length", "z-score", "L1, z-score", "L1, z-score, unit length"]


class FeatureSet(Protocol):
    """A data set of features, as a frozen dataclass; features and labels are asked for separately."""

    @property
    def name(self) -> str: ...

    @property
    def classes(self) -> tuple[str, ...]: ...

    def inputs(self, split: str) -> Array: ...

    def labels(self, split: str = "all") -> Array: ...


@dataclass(frozen=True)
class Classify(Trial):
    """Accuracy in percent on all of the target, whose features the method has seen and whose labels nobody has.

    Without `per_class`, from all source points. With it, from so many of each class, drawn anew for each of the
    `splits` by its number, which counts from `first_seed`: a split is the same for every method. Features are
    normalised with each whole domain's own statistics, before the draw; that looks at no label.

    Metrics: "accuracy" (the mean over splits), "accuracy, split 100" and so on, and the number of "warnings" that
    solvers gave, most of them of an SVM or of weights that did not converge; their predictions count all the same.
    Leaves `correct.npy`, float32 (n,): the share of the splits in which each target point was right.
    """

    keep: ClassVar[tuple[str, ...]] = ("correct.npy",)

    method: ShallowMethod
    source: FeatureSet | Extract
    target: FeatureSet | Extract
    normalisation: Normalisation = "none"
    per_class: int | None = None
    splits: int = 1
    first_seed: int = 100

    def run(self, work: Work) -> Mapping[str, float]:
        self._check()
        xs, xt = (normalised(self._features(domain, work), self.normalisation) for domain in (self.source, self.target))
        ys = self.source.labels()
        work.data[f"{self.source.name} labels"] = digest(ys)
        predictions = []
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            for i, chosen in enumerate(self._draws(ys)):
                work.progress(i / self.splits, f"split {i + 1} of {self.splits}")
                predictions.append(self.method.fit(xs[chosen], ys[chosen], xt).predict(xt))
        labels = self.target.labels()
        work.data[f"{self.target.name} labels"] = digest(labels)
        correct = np.stack(predictions) == labels
        np.save(work.folder / "correct.npy", correct.mean(0, dtype=np.float32))
        by_split = {f"accuracy, split {self.first_seed + i}": 100 * float(row.mean()) for i, row in enumerate(correct)}
        every = {} if self.per_class is None else by_split
        return {"accuracy": 100 * float(correct.mean()), **every, "warnings": len(caught)}

    def _check(self) -> None:
        if len(self.source.classes) != len(self.target.classes):
            raise ValueError(
                f"{self.source.name} has {len(self.source.classes)} classes and {self.target.name} has "
                f"{len(self.target.classes)}; adaptation needs the same classes"
            )
        if self.splits < 1 or (self.per_class is None and self.splits > 1):
            raise ValueError(
                f"{self.splits} splits of {self.source.name} make no sense here: "
                "give per_class with one split or more, or take all points once"
            )

    def _features(self, domain: FeatureSet | Extract, work: Work) -> Array:
        if isinstance(domain, Extract):
            with np.load(work.folder_of(domain) / "features.npz", allow_pickle=False) as file:
                features: Array = file["features"]
        else:
            features = domain.inputs("all")
            work.data[f"{domain.name} features"] = digest(features)
        return features.astype(np.float64)

    def _draws(self, labels: Array) -> Sequence[Array]:
        """The source points of each split."""
        if self.per_class is None:
            return [np.arange(len(labels))]
        seeds = range(self.first_seed, self.first_seed + self.splits)
        return [drawn(labels, self.per_class, seed, self.source.name) for seed in seeds]


@dataclass(frozen=True)
class Group:
    """Trials that are averaged, under a name for those who watch them run."""

    trials: tuple[Classify, ...]

    @property
    def name(self) -> str:
        return f"{len(self.trials)} × {type(self.trials[0].method).__name__}"


@dataclass(frozen=True)
class MeanOver(Trial):
    """The mean of each metric that all of these trials have, over the trials: over pairs of domains, say."""

    group: Group

    def run(self, work: Work) -> Mapping[str, float]:
        metrics = [work.metrics_of(trial) for trial in self.group.trials]
        shared = [name for name in metrics[0] if all(name in other for other in metrics)]
        return {name: float(np.mean([one[name] for one in metrics])) for name in shared}


def drawn(labels: Array, per_class: int, seed: int, domain: str) -> Array:
    """Sorted indices of `per_class` points of each class, the same for the same seed and domain."""
    random = generator(seed, "labelled source points", domain)
    chosen = []
    for label in np.unique(labels):
        points = np.flatnonzero(labels == label)
        if len(points) < per_class:
            raise ValueError(
                f"{domain} has {len(points)} points of class {label}, not {per_class}; ask for fewer per class"
            )
        chosen.append(random.permutation(points)[:per_class])
    return np.sort(np.concatenate(chosen))


def normalised(x: Array, normalisation: Normalisation) -> Array:
    """Features (n, d), in this order: rows divided by the sum of their absolute values ("L1"), columns brought to mean
    0 and deviation 1 ("z-score"), rows brought to length 1. Zeros stay zeros.
    """
    if normalisation not in get_args(Normalisation):
        known = " | ".join(get_args(Normalisation))
        raise ValueError(f"there is no normalisation {normalisation!r}; choose one of {known}")
    steps = normalisation.split(", ")
    if "L1" in steps:
        x = _divided(x, np.abs(x).sum(1, keepdims=True))
    if "z-score" in steps:
        # A constant feature's deviation is zero but for rounding.
        deviation = x.std(0)
        x = _divided(x - x.mean(0), np.where(deviation > 1e-12 * np.abs(x).max(0, initial=0), deviation, np.inf))
    if "unit length" in steps:
        x = _divided(x, np.linalg.norm(x, axis=1, keepdims=True))
    return x


def _divided(x: Array, by: Array) -> Array:
    """x / by, where zeros divide nothing."""
    quotient: Array = x / np.where(by > 0, by, 1.0)
    return quotient
