"""The cells: every line of the tables on all pairs of domains, with both protocols."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from mtl_bench.datasets.office_caltech10 import OfficeCaltechSURF
from mtl_bench.datasets.synthetic import SyntheticFeatures
from mtl_bench.methods.shallow.gfk import GFK
from mtl_bench.methods.shallow.jda import JDA
from mtl_bench.plans.lines import Shallow
from mtl_bench.study import Cell, Labels, Scale
from mtl_bench.trials.contracts import DataSet
from mtl_bench.trials.fit_shallow import FitShallow, Scored
from mtl_bench.trials.mean_over import Group, MeanOver

from .rows import CANDIDATES, REGULARISED, ROWS, SAMPLED, TWENTY_OR_TEN, UNIT, pca

SURF = "SURF"
FULL, SPLITS = "full", "20/8 per class"
CHOOSING, JUDGING = "to choose by", "to judge on"  # the half of the target's points that is scored
CHOOSING_DRAWS = 3  # from seed 0 on, which no judged draw has
BY_MU, BY_DIMENSION = "full, mu varied", "full, dimension varied"
TEN = ("CD", "AW", "WA", "WD", "DC", "DW")
MEAN: Labels = {"source": "each domain", "target": "each other"}

DOMAINS = {"C": "caltech10", "A": "amazon", "W": "webcam", "D": "dslr"}
PER_CLASS = {"C": 20, "A": 20, "W": 8, "D": 8}
PAIRS = ("CA", "CW", "CD", "AC", "AW", "AD", "WC", "WA", "WD", "DC", "DA", "DW")  # in the papers' order
SHIFTS = {"C": 0.0, "A": 0.1, "W": 0.5, "D": 0.6}


def plan(scale: Scale) -> Iterator[Cell]:
    features: Labels = {"features": scale.pick(smoke="synthetic", paper=SURF)}
    for row in ROWS:
        trials = {pair: classify(scale, row, pair) for pair in pairs_of(scale)}
        for pair, trial in trials.items():
            yield Cell({**row.convention, **domains(pair), **features, "protocol": FULL}, trial)
        for metric in ("accuracy", "warnings"):
            yield Cell({**row.convention, **MEAN, **features, "protocol": FULL}, mean(scale, row), metric, pooled=True)
    for row in SAMPLED:
        for pair in pairs_of(scale):
            trial = sampled(scale, row, pair, "judging half", len(scale.seeds), scale.seeds[0])
            for seed in scale.seeds:
                place = {**domains(pair), **features, "protocol": SPLITS, "half": JUDGING, "seed": seed}
                yield Cell({**row.convention, **place}, trial, reads=f"accuracy, draw {seed}")
    for row in CANDIDATES[: scale.pick(smoke=4, paper=None)]:
        group = Group(tuple(sampled(scale, row, pair, "choosing half", CHOOSING_DRAWS, 0) for pair in pairs_of(scale)))
        place = {**MEAN, **features, "protocol": SPLITS, "half": CHOOSING}
        yield Cell({**row.convention, **place}, MeanOver(group))
    for row in REGULARISED:
        for mu in scale.pick(smoke=(0.1, 10.0), paper=(0.001, 0.01, 0.1, 1.0, 10.0, 100.0, 1000.0)):
            weight = {"regulariser": mu} if isinstance(row.method, JDA) else {"mu": mu}
            varied = replace(row, method=changed(row.method, weight))
            labels = {**varied.convention, **MEAN, **features, "protocol": BY_MU, "mu": f"{mu:g}"}
            yield Cell(labels, mean(scale, varied))
    for row in (pca(30, UNIT), *REGULARISED):
        for dimension in scale.pick(smoke=(5, 60), paper=(10, 20, 30, 50, 70, 100)):
            varied = replace(row, method=changed(row.method, {"dimension": dimension}), dimension=dimension)
            yield Cell({**varied.convention, **MEAN, **features, "protocol": BY_DIMENSION}, mean(scale, varied))


def pairs_of(scale: Scale) -> tuple[str, ...]:
    found: tuple[str, ...] = scale.pick(smoke=PAIRS[:3], paper=PAIRS)
    return found


def mean(scale: Scale, row: Shallow) -> MeanOver:
    return MeanOver(Group(tuple(classify(scale, row, pair) for pair in pairs_of(scale))))


def sampled(scale: Scale, row: Shallow, pair: str, scored: Scored, draws: int, first_seed: int) -> FitShallow:
    """A few labelled points of the source, drawn anew so many times; all of the target is seen and a half scored."""
    per_class: int = scale.pick(smoke=8, paper=PER_CLASS[pair[0]])
    return replace(classify(scale, row, pair), per_class=per_class, draws=draws, first_seed=first_seed, scored=scored)


def changed(method: Any, fields: dict[str, Any]) -> Any:
    return replace(method, **fields)


def classify(scale: Scale, row: Shallow, pair: str) -> FitShallow:
    source, target = (data(scale, domain) for domain in pair)
    method = GFK(10) if row.dimension == TWENTY_OR_TEN and pair in TEN else row.method
    return FitShallow(method, source, target, row.normalisation)


def data(scale: Scale, domain: str) -> DataSet:
    of_scale: DataSet = scale.pick(
        smoke=SyntheticFeatures(SHIFTS[domain], stands_for=DOMAINS[domain]), paper=OfficeCaltechSURF(DOMAINS[domain])
    )
    return of_scale


def domains(pair: str) -> Labels:
    return {"source": DOMAINS[pair[0]], "target": DOMAINS[pair[1]]}
