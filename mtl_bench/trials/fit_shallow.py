"""FitShallow: a shallow method from one domain's features to another's; target labels are read last, to score."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar, Literal, get_args

import numpy as np

from mtl_bench.core.trial import Trial, Work
from mtl_bench.disk import write_atomically
from mtl_bench.inputs.normalisation import Normalisation, normalised
from mtl_bench.inputs.rows import Array
from mtl_bench.training.seeding import generator
from mtl_bench.trials.contracts import (
    FEATURES,
    DataSet,
    ShallowMethod,
    check_classes,
    in_order,
    read_labels,
    read_rows,
    uses_inside,
)
from mtl_bench.trials.history import array

Scored = Literal["all", "choosing half", "judging half"]


@dataclass(frozen=True)
class FitShallow(Trial):
    """Accuracy in percent on the target's `test` split, whose labels nobody has seen.

    The method is fitted on the features of the source's and of the target's `train` split; by default all of the
    target is seen and tested, as in the tables of Office-Caltech10. Without `per_class`, all source points are
    labelled. With it, so many of each class, drawn anew for each of the `draws` by its number, which counts from
    `first_seed`: a draw is the same for every method. Features are normalised with each whole domain's own statistics,
    before the draw; that looks at no label.

    The method sees all of the target's `train` points, whichever of the tested points are `scored`: a convention that
    was chosen by accuracy on one half of them, in a fixed random order, is judged on the other.

    Metrics: "accuracy" (the mean over draws), "accuracy, draw 100" and so on, and the number of "warnings" that
    solvers gave, most of them of an SVM or of weights that did not converge; their predictions count all the same.
    Leaves `correct.npy`, float32 (n,): the fraction of the draws in which each target point was right.
    Raises ValueError for what is none of the halves.
    """

    keep: ClassVar[tuple[str, ...]] = ("correct.npy",)

    method: ShallowMethod
    source: DataSet
    target: DataSet
    normalisation: Normalisation = "none"
    per_class: int | None = None
    draws: int = 1
    first_seed: int = 100
    train: str = "all"
    test: str = "all"
    scored: Scored = "all"

    def run(self, work: Work) -> Mapping[str, float]:
        self._check()
        xs, xt = (self._features(domain, self.train, work) for domain in (self.source, self.target))
        tested = xt if self.test == self.train else self._features(self.target, self.test, work)
        scored = items(len(tested), self.scored, self.target.name)
        ys = read_labels(self.source, self.train, work, len(xs))
        predictions = []
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            for i, chosen in enumerate(self._draws(ys)):
                work.progress(i / self.draws, f"draw {i + 1} of {self.draws}")
                predictions.append(self.method.fit(xs[chosen], ys[chosen], xt).predict(tested[scored]))
        correct = np.stack(predictions) == read_labels(self.target, self.test, work, len(tested))[scored]
        write_atomically(work.folder / "correct.npy", array(correct.mean(0, dtype=np.float32)))
        by_draw = {f"accuracy, draw {self.first_seed + i}": 100 * float(row.mean()) for i, row in enumerate(correct)}
        every = {} if self.per_class is None else by_draw
        return {"accuracy": 100 * float(correct.mean()), **every, "warnings": len(caught)}

    def uses_of_target(self) -> tuple[str, ...]:
        """What of the target the method, its normalisation or the trials inside the domains see."""
        seen = {*uses_inside((self.source, self.target), self.target), *self.method.uses}
        return in_order((*seen, *([FEATURES] if "z-score" in self.normalisation else [])))

    def _check(self) -> None:
        check_classes(self.source, self.target)
        if self.draws < 1 or (self.per_class is None and self.draws > 1):
            raise ValueError(
                f"{self.draws} draws of {self.source.name} make no sense here: "
                "give per_class with one draw or more, or take all points once"
            )

        if self.test != self.train and "z-score" in self.normalisation:
            raise ValueError(
                f"{self.target.name} would be normalised with other statistics in its test than in its training; "
                f'take normalisation="none" or "unit length", or test="{self.train}"'
            )

    def _features(self, domain: DataSet, split: str, work: Work) -> Array:
        """float64 (n, d), normalised."""
        return normalised(np.asarray(read_rows(domain, split, work)[:], np.float64), self.normalisation)

    def _draws(self, labels: Array) -> Sequence[Array]:
        """The source points of each draw."""
        if self.per_class is None:
            return [np.arange(len(labels))]
        seeds = range(self.first_seed, self.first_seed + self.draws)
        return [drawn(labels, self.per_class, seed, self.source.name) for seed in seeds]


def items(count: int, scored: Scored, domain: str) -> Array:
    """Sorted indices of the tested points that are scored: all, or one of two halves that are the same for a domain."""
    if scored not in get_args(Scored):
        raise ValueError(f"there are no scored points {scored!r}; choose one of {' | '.join(get_args(Scored))}")
    if scored == "all":
        return np.arange(count)
    shuffled = generator(0, "halves of the target", domain).permutation(count)
    chosen, rest = shuffled[: count // 2], shuffled[count // 2 :]
    return np.sort(chosen if scored == "choosing half" else rest)


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
