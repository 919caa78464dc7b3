"""Cells of an adaptation table: methods on pairs of domains, above the features of one network that stands still."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from itertools import product

from mtl_bench.datasets.wrappers.distinct import Distinct
from mtl_bench.datasets.wrappers.few import Few
from mtl_bench.datasets.wrappers.partly import Partly
from mtl_bench.datasets.wrappers.transductive import Transductive
from mtl_bench.plans.lines import Deep, Shallow
from mtl_bench.study import Cell, Contrast, Labels, accuracy
from mtl_bench.training.recipe import Recipe
from mtl_bench.trials.adapt import Adapt
from mtl_bench.trials.contracts import DataSet
from mtl_bench.trials.evaluate import Evaluate, Oracle, Selection
from mtl_bench.trials.fit_shallow import FitShallow
from mtl_bench.trials.select import ImportanceWeights, Select, SelectWeighted
from mtl_bench.trials.transfer_loss import TransferLoss
from mtl_bench.trials.validate import RULES, Validate

Pair = tuple[str, str]  # source, target
FULL = "full"  # all of the source labelled, all of the target seen without labels and tested
LAST = "last"  # the rule that all numbers go by: it looks at nothing
TRAIN = "train"


@dataclass(frozen=True)
class Protocol:
    """Which labels training sees: all of the source's or a few of each class, and none of the target's or a few."""

    name: str = FULL
    of_source: Mapping[str, int] = field(default_factory=dict)  # labelled rows a class, by source; empty: all
    of_target: int = 0  # labelled rows a class, which are then no test


@dataclass(frozen=True)
class AdaptationTable:
    """What the lines of a table share: the features of each domain, the recipe, and labels that say which they are.

    Targets are transductive where all of their rows are seen without labels, and tested; with official splits, the
    rows of "train" are seen and those of "test" are tested.
    """

    sources: Mapping[str, DataSet]  # by name, with a split "train"
    targets: Mapping[str, DataSet]  # the same domains; transductive: "train" and "test" are the same rows
    recipe: Recipe
    labels: Labels = field(default_factory=dict)

    def run(self, line: Deep, pair: Pair, seed: int, protocol: Protocol) -> Adapt:
        """The training run of a deep method."""
        source, target = self._domains(pair, seed, protocol)
        return Adapt(line.method, (source,), target, line.network, self.recipe, seed)

    def deep(
        self, lines: Iterable[Deep], pairs: Iterable[Pair], seeds: Iterable[int], protocol: Protocol = Protocol()
    ) -> Iterator[Cell]:
        """Each method's last weights on each pair."""
        for line, pair, seed in product(tuple(lines), tuple(pairs), tuple(seeds)):
            yield self.cell(line, pair, seed, Select(self.run(line, pair, seed, protocol)), LAST, protocol)

    def selected(
        self, lines: Iterable[Deep], pairs: Iterable[Pair], seeds: Iterable[int], protocol: Protocol = Protocol()
    ) -> Iterator[Cell]:
        """The same runs by the other rules that choose a checkpoint, and by the oracle."""
        for line, pair, seed in product(tuple(lines), tuple(pairs), tuple(seeds)):
            for rule, selection in rules(self.run(line, pair, seed, protocol)).items():
                yield self.cell(line, pair, seed, selection, rule, protocol)

    def losses(self, lines: Iterable[Deep], pairs: Iterable[Pair], seeds: Iterable[int]) -> Iterator[Cell]:
        """What the same runs' last weights lose between held-out images of the source and the target."""
        for line, pair, seed in product(tuple(lines), tuple(pairs), tuple(seeds)):
            selection = Select(self.run(line, pair, seed, Protocol()))
            labels = self.cell(line, pair, seed, selection, LAST, Protocol()).labels
            yield from (Cell(labels, TransferLoss(Evaluate(selection)), metric) for metric in ("loss", "within"))

    def scored(self, lines: Iterable[Deep], pairs: Iterable[Pair], seeds: Iterable[int]) -> Iterator[Cell]:
        """How good the same runs' last weights look to rules that see no label of the target."""
        for line, pair, seed in product(tuple(lines), tuple(pairs), tuple(seeds)):
            run = self.run(line, pair, seed, Protocol())
            labels = self.cell(line, pair, seed, Select(run), LAST, Protocol()).labels
            scores = Validate(ImportanceWeights(run))
            yield from (Cell({**labels, "rule": rule}, scores, "score", reads=rule) for rule in RULES)

    def cell(self, line: Deep, pair: Pair, seed: int, selection: Selection, rule: str, protocol: Protocol) -> Cell:
        place = {**between(pair), **self.labels, "protocol": protocol.name, "selection": rule, "seed": seed}
        return Cell({**line.labels, **place}, Evaluate(selection))

    def shallow(self, lines: Iterable[Shallow], pairs: Iterable[Pair]) -> Iterator[Cell]:
        """Each shallow method on all rows of both domains: nothing is random, so that there is one number."""
        for line, pair in product(tuple(lines), tuple(pairs)):
            labels = {**line.labels, **between(pair), **self.labels, "protocol": FULL}
            yield Cell(labels, self.fit(line, pair, 0, Protocol()))

    def drawn(
        self, lines: Iterable[Shallow], pairs: Iterable[Pair], seeds: Iterable[int], protocol: Protocol
    ) -> Iterator[Cell]:
        """Each shallow method with few labelled source rows, the same as the deep methods have by this seed."""
        for line, pair, seed in product(tuple(lines), tuple(pairs), tuple(seeds)):
            labels = {**line.labels, **between(pair), **self.labels, "protocol": protocol.name, "seed": seed}
            yield Cell(labels, self.fit(line, pair, seed, protocol))

    def fit(self, line: Shallow, pair: Pair, seed: int, protocol: Protocol) -> FitShallow:
        source, target = self._domains(pair, seed, protocol)
        return FitShallow(line.method, source, target, line.normalisation, train=TRAIN, test=TRAIN)

    def _domains(self, pair: Pair, seed: int, protocol: Protocol) -> tuple[DataSet, DataSet]:
        source, target = self.sources[pair[0]], self.targets[pair[1]]
        if protocol.of_source:
            source = Few(source, protocol.of_source[pair[0]], seed)
        return source, Partly(target, protocol.of_target, seed) if protocol.of_target else target


def transductive_table(
    inputs: Mapping[str, DataSet], images: Mapping[str, DataSet], pool: str, recipe: Recipe, labels: Labels
) -> AdaptationTable:
    """A table in which all rows of the split `pool` of a target are seen without labels, and tested.

    `images` are what copies are known by: of a domain as a source, no image is there twice.
    """
    targets = {name: Transductive(data, pool) for name, data in inputs.items()}
    sources = {name: Distinct(target, Transductive(images[name], pool)) for name, target in targets.items()}
    return AdaptationTable(sources, targets, recipe, labels)


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


def varied(table: AdaptationTable, name: str, value: object) -> AdaptationTable:
    """The table with one more label, for a setting that a sweep varies."""
    return replace(table, labels={**table.labels, name: str(value)})
