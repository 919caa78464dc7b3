"""The shallow lines: an SVM and what adapts for one, each with the C that reverse validation chooses for the SVM."""

from __future__ import annotations

from dataclasses import dataclass, replace

from mtl_bench.methods.shallow.classifier import Classifier
from mtl_bench.methods.shallow.coral import CORAL
from mtl_bench.methods.shallow.no_adaptation import NoAdaptation
from mtl_bench.methods.shallow.scl import SCL
from mtl_bench.methods.shallow.tca import TCA
from mtl_bench.study import Scale
from mtl_bench.trials.chosen import Choice, FitChosen, MethodByChoice
from mtl_bench.trials.contracts import ShallowMethod
from mtl_bench.trials.reverse_fit import ReverseFit

from .reviews import MSDA, WORDS, Pair, reviews

SVM: Classifier = "one-against-one SVM by products"
SELECTION_SEED = 100  # by which a tenth of the source is held out to choose C: nothing judged and no pilot has it
COSTS = tuple(round(10 ** (5 * k / 9 - 5), 7) for k in range(10))  # of DANN's paper: ten from 0.00001 to 1
TRAIN, TEST = "train", "test"


@dataclass(frozen=True)
class Fitted:
    """A row of a table that trains no network."""

    name: str
    features: str
    method: ShallowMethod

    @property
    def labels(self) -> dict[str, str | int]:
        return {"method": self.name, "features": self.features}


PLAIN = Fitted("SVM", WORDS, NoAdaptation(SVM))
PLAIN_MSDA = replace(PLAIN, features=MSDA)


def lines(scale: Scale) -> tuple[Fitted, ...]:
    """TCA's components are directions among the words, of length 1, so that its points are no larger than reviews."""
    dimension: int = scale.pick(smoke=5, paper=100)
    tca = TCA(dimension, kernel="primal", variant="unit eigenvectors", classifier=SVM)
    scl: SCL = scale.pick(smoke=SCL(dimension=3, pivots=10, classifier=SVM), paper=SCL(classifier=SVM))
    adapting = (Fitted("SCL-MI", WORDS, scl), Fitted("TCA", WORDS, tca), Fitted("CORAL", WORDS, CORAL(classifier=SVM)))
    return (PLAIN, *adapting, PLAIN_MSDA)


def fit(scale: Scale, line: Fitted, pair: Pair) -> FitChosen:
    """Learnt on the source's training reviews, seeing the target's, and tested on the target's others."""
    of = reviews(scale, line.features, pair)
    chosen = MethodByChoice(line.method, choice(scale, line.features, pair))
    return FitChosen(chosen, of.source, of.target, train=TRAIN, test=TEST)


def choice(scale: Scale, features: str, pair: Pair) -> Choice:
    """The C of the plain SVM on these features."""
    of = reviews(scale, features, pair)
    costs = COSTS[:: scale.pick(smoke=5, paper=1)]
    methods = (NoAdaptation(SVM, cost) for cost in costs)
    return Choice("cost", tuple(ReverseFit(one, of.source, of.target, SELECTION_SEED, TRAIN) for one in methods))
