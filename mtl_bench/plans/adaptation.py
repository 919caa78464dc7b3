"""Cells of an adaptation table: methods on pairs of domains, above the features of one network that stands still."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace

from mtl_bench.datasets.wrappers.transductive import Transductive
from mtl_bench.plans.lines import Deep, Shallow
from mtl_bench.study import Cell, Contrast, Labels, accuracy
from mtl_bench.training.recipe import Recipe
from mtl_bench.trials.adapt import Adapt
from mtl_bench.trials.contracts import DataSet
from mtl_bench.trials.evaluate import Evaluate, Oracle, Selection
from mtl_bench.trials.fit_shallow import FitShallow
from mtl_bench.trials.select import ImportanceWeights, Select, SelectWeighted

Pair = tuple[str, str]  # source, target
FULL = "full"  # all of the source labelled, all of the target seen without labels and tested
LAST = "last"  # the rule that all numbers go by: it looks at nothing


@dataclass(frozen=True)
class Table:
    """What the lines of a table share: the features of each domain, the recipe, and labels that say which they are.

    Every number of the full protocol is transductive: all rows of the target are seen without labels, and tested.
    """

    domains: Mapping[str, DataSet]  # each with a split `pool`, which is all of it
    recipe: Recipe
    labels: Labels = field(default_factory=dict)
    pool: str = "all"

    def run(self, line: Deep, pair: Pair, seed: int) -> Adapt:
        """The training run of a deep method."""
        source, target = (Transductive(self.domains[name], self.pool) for name in pair)
        return Adapt(line.method, (source,), target, line.network, self.recipe, seed)

    def deep(self, lines: Iterable[Deep], pairs: Iterable[Pair], seeds: Iterable[int]) -> Iterator[Cell]:
        """Each method's last weights on each pair."""
        wanted = [(pair, seed) for pair in pairs for seed in seeds]
        for line in lines:
            for pair, seed in wanted:
                yield self.cell(line, pair, seed, Select(self.run(line, pair, seed)), LAST)

    def selected(self, lines: Iterable[Deep], pairs: Iterable[Pair], seeds: Iterable[int]) -> Iterator[Cell]:
        """The same runs by the other rules that choose a checkpoint, and by the oracle, which is none."""
        wanted = [(pair, seed) for pair in pairs for seed in seeds]
        for line in lines:
            for pair, seed in wanted:
                for rule, selection in rules(self.run(line, pair, seed)).items():
                    yield self.cell(line, pair, seed, selection, rule)

    def cell(self, line: Deep, pair: Pair, seed: int, selection: Selection, rule: str, protocol: str = FULL) -> Cell:
        place = {**between(pair), **self.labels, "protocol": protocol, "selection": rule, "seed": seed}
        return Cell({**line.labels, **place}, Evaluate(selection))

    def shallow(self, lines: Iterable[Shallow], pairs: Iterable[Pair]) -> Iterator[Cell]:
        """Each shallow method on all rows of both domains: nothing is random, so that there is one number."""
        wanted = list(pairs)
        for line in lines:
            for pair in wanted:
                yield Cell({**line.labels, **between(pair), **self.labels, "protocol": FULL}, self.fit(line, pair))

    def fit(self, line: Shallow, pair: Pair) -> FitShallow:
        source, target = (self.domains[name] for name in pair)
        return FitShallow(line.method, source, target, line.normalisation, train=self.pool, test=self.pool)

    def drawn(
        self, lines: Iterable[Shallow], pairs: Iterable[Pair], seeds: tuple[int, ...], of: Mapping[str, int], protocol: str
    ) -> Iterator[Cell]:
        """Each shallow method with `of[source]` labelled rows of a class, drawn by the seed."""
        wanted = list(pairs)
        for line in lines:
            for pair in wanted:
                trial = replace(
                    self.fit(line, pair), per_class=of[pair[0]], draws=len(seeds), first_seed=min(seeds)
                )  # fmt: skip
                for seed in seeds:
                    place = {**between(pair), **self.labels, "protocol": protocol, "seed": seed}
                    yield Cell({**line.labels, **place}, trial, reads=f"accuracy, draw {seed}")


def between(pair: Pair) -> Labels:
    return {"source": pair[0], "target": pair[1]}


def rules(run: Adapt) -> dict[str, Selection]:
    """The rules that choose among a run's checkpoints, but for the last one, and the oracle that bounds them."""
    return {
        "source validation": Select(run, "source validation"),
        "entropy": Select(run, "entropy"),
        "SND": Select(run, "SND"),
        "importance-weighted": SelectWeighted(ImportanceWeights(run), "importance-weighted"),
        "DEV": SelectWeighted(ImportanceWeights(run), "DEV"),
        "oracle": Oracle(run),
    }


def over(pairs: Iterable[Pair], **labels: str | int) -> Contrast:
    """The mean accuracy over these pairs, per replicate."""
    found = [accuracy(**labels, **between(pair)) for pair in pairs]
    return (1 / len(found)) * sum(found[1:], found[0])
