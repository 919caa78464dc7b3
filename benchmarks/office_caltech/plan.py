"""The cells: every method under one convention or several, on all pairs of domains, with both protocols."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from mtl_bench.datasets.office_caltech10 import OfficeCaltechSURF
from mtl_bench.datasets.synthetic import SyntheticFeatures
from mtl_bench.inputs.normalisation import Normalisation
from mtl_bench.methods.shallow.classifier import Classifier
from mtl_bench.methods.shallow.coral import CORAL
from mtl_bench.methods.shallow.gfk import GFK
from mtl_bench.methods.shallow.jda import JDA
from mtl_bench.methods.shallow.kmm import KMM
from mtl_bench.methods.shallow.no_adaptation import NoAdaptation
from mtl_bench.methods.shallow.ot import OptimalTransport
from mtl_bench.methods.shallow.pca import PCA
from mtl_bench.methods.shallow.sa import SA
from mtl_bench.methods.shallow.sstca import SSTCA
from mtl_bench.methods.shallow.tca import TCA
from mtl_bench.study import Cell, Labels, Scale
from mtl_bench.trials.contracts import DataSet, ShallowMethod
from mtl_bench.trials.fit_shallow import FitShallow
from mtl_bench.trials.mean_over import Group, MeanOver

SCALED: Normalisation = "L1, z-score"
UNIT: Normalisation = "L1, z-score, unit length"
NEIGHBOUR: Classifier = "1-NN"
SVM: Classifier = "linear SVM"
LIBSVM: Classifier = "one-against-one SVM"
NONE, ALL, SURF = "no adaptation", "all", "SURF"
FULL, SPLITS = "full", "20/8 per class"
BY_MU, BY_DIMENSION = "full, mu varied", "full, dimension varied"
TWENTY_OR_TEN = "20 or 10"  # by pair: what makes the whole of the published row
TEN = ("CD", "AW", "WA", "WD", "DC", "DW")
MEAN: Labels = {"source": "each domain", "target": "each other"}

DOMAINS = {"C": "caltech10", "A": "amazon", "W": "webcam", "D": "dslr"}
PER_CLASS = {"C": 20, "A": 20, "W": 8, "D": 8}
PAIRS = ("CA", "CW", "CD", "AC", "AW", "AD", "WC", "WA", "WD", "DC", "DA", "DW")  # in the papers' order
SHIFTS = {"C": 0.0, "A": 0.1, "W": 0.5, "D": 0.6}


@dataclass(frozen=True)
class Row:
    """A line of the tables: a method under one convention."""

    name: str
    method: ShallowMethod
    normalisation: Normalisation
    dimension: int | str = ALL
    classifier: Classifier = NEIGHBOUR

    @property
    def labels(self) -> dict[str, str | int]:
        return {
            "method": self.name,
            "classifier": self.classifier,
            "normalisation": self.normalisation,
            "dimension": self.dimension,
        }


def tca(name: str, method: TCA, normalisation: Normalisation = UNIT) -> Row:
    return Row(name, method, normalisation, method.dimension)


def jda(method: JDA) -> Row:
    return Row("JDA", method, UNIT, method.dimension)


ROWS = (
    Row(NONE, NoAdaptation(), SCALED),
    Row(NONE, NoAdaptation(), UNIT),
    Row("PCA", PCA(100), SCALED, 100),
    Row("PCA", PCA(30), SCALED, 30),
    Row("PCA", PCA(30), UNIT, 30),
    tca("TCA", TCA(30, variant="released")),
    tca("TCA, paper", TCA(30)),
    tca("TCA, paper", TCA(100), SCALED),
    tca("TCA, unit length", TCA(100, variant="unit length"), SCALED),
    Row("SSTCA", SSTCA(30), UNIT, 30),
    Row("GFK", GFK(20), SCALED, 20),
    Row("GFK", GFK(20), SCALED, TWENTY_OR_TEN),
    Row("SA", SA(30, classifier=NEIGHBOUR, normalise=False), SCALED, 30),
    jda(JDA(100, kernel="linear")),
    jda(JDA(30, kernel="linear")),
    Row("OT, exact", OptimalTransport("none"), UNIT),
    Row("OT with classes", OptimalTransport(), UNIT),
    Row(NONE, NoAdaptation(SVM), UNIT, classifier=SVM),
    Row("CORAL", CORAL(), UNIT, classifier=SVM),
    Row("KMM", KMM(), UNIT, classifier=SVM),
    Row(NONE, NoAdaptation(LIBSVM), SCALED, classifier=LIBSVM),
    Row("CORAL", CORAL(classifier=LIBSVM), SCALED, classifier=LIBSVM),
)
REGULARISED = (
    tca("TCA", TCA(30, variant="released")),
    tca("TCA, paper", TCA(30)),
    tca("TCA, unit length", TCA(30, variant="unit length")),
    jda(JDA(30, kernel="linear")),
)


def plan(scale: Scale) -> Iterator[Cell]:
    features: Labels = {"features": scale.pick(smoke="synthetic", paper=SURF)}
    for row in ROWS:
        trials = {pair: classify(scale, row, pair) for pair in PAIRS}
        for pair, trial in trials.items():
            yield Cell({**row.labels, **domains(pair), **features, "protocol": FULL}, trial)
        for metric in ("accuracy", "warnings"):
            yield Cell({**row.labels, **MEAN, **features, "protocol": FULL}, mean(scale, row), metric)
        for pair, trial in trials.items():
            drawn = replace(
                trial,
                per_class=scale.pick(smoke=8, paper=PER_CLASS[pair[0]]),
                draws=len(scale.seeds),
                first_seed=scale.seeds[0],
            )
            for seed in scale.seeds:
                labels = {**row.labels, **domains(pair), **features, "protocol": SPLITS, "seed": seed}
                yield Cell(labels, drawn, reads=f"accuracy, draw {seed}")
    for row in REGULARISED:
        for mu in scale.pick(smoke=(0.1, 10.0), paper=(0.001, 0.01, 0.1, 1.0, 10.0, 100.0, 1000.0)):
            weight = {"regulariser": mu} if isinstance(row.method, JDA) else {"mu": mu}
            varied = replace(row, method=changed(row.method, weight))
            labels = {**varied.labels, **MEAN, **features, "protocol": BY_MU, "mu": f"{mu:g}"}
            yield Cell(labels, mean(scale, varied))
    for row in (Row("PCA", PCA(30), UNIT, 30), *REGULARISED):
        for dimension in scale.pick(smoke=(5, 60), paper=(10, 20, 30, 50, 70, 100)):
            varied = replace(row, method=changed(row.method, {"dimension": dimension}), dimension=dimension)
            yield Cell({**varied.labels, **MEAN, **features, "protocol": BY_DIMENSION}, mean(scale, varied))


def mean(scale: Scale, row: Row) -> MeanOver:
    return MeanOver(Group(tuple(classify(scale, row, pair) for pair in PAIRS)))


def changed(method: Any, fields: dict[str, Any]) -> Any:
    return replace(method, **fields)


def classify(scale: Scale, row: Row, pair: str) -> FitShallow:
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


def line(name: str, dimension: int | str = ALL, normalisation: Normalisation = SCALED, classifier: str = "1-NN") -> Row:
    """The row of `ROWS` with these labels."""
    wanted = (name, dimension, normalisation, classifier)
    [found] = [row for row in ROWS if (row.name, row.dimension, row.normalisation, row.classifier) == wanted]
    return found
