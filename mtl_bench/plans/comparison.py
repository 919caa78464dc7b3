"""Which method carries the labels of one data set of one's own to another: the study that answers it.

`mtl-bench compare` writes a file that calls this; it can be edited, run and committed like any other study.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from mtl_bench.datasets.feature_table import FeatureTable
from mtl_bench.datasets.files.published_encoder import PublishedEncoder
from mtl_bench.datasets.folder import ImageFolder
from mtl_bench.datasets.hub import HubImages
from mtl_bench.datasets.text_table import TextTable
from mtl_bench.datasets.wrappers.bag_of_words import LENGTH, BagOfWords
from mtl_bench.datasets.wrappers.drawn import Drawn
from mtl_bench.datasets.wrappers.known import Known
from mtl_bench.datasets.wrappers.transductive import Transductive
from mtl_bench.models.bottleneck import Bottleneck
from mtl_bench.models.pretrained import Pretrained
from mtl_bench.plans import standard
from mtl_bench.plans.lines import Deep, Shallow
from mtl_bench.study import Cell, Claim, Labels, Scale, Study, accuracy
from mtl_bench.training.recipe import Recipe
from mtl_bench.trials.adapt import Adapt
from mtl_bench.trials.contracts import DataSet
from mtl_bench.trials.encoded import Encoded
from mtl_bench.trials.evaluate import Evaluate
from mtl_bench.trials.fit_shallow import FitShallow
from mtl_bench.trials.renormalised import RenormalisedTrunk
from mtl_bench.trials.select import ImportanceWeights, Select
from mtl_bench.trials.separation import FeatureDistance
from mtl_bench.trials.trunk import Trunk
from mtl_bench.trials.validate import RULES, Validate
from mtl_bench.views.method_scores import MethodScores

OwnData = ImageFolder | FeatureTable | TextTable | HubImages

NONE, ADABN = standard.NONE, "AdaBN, all layers"
# In the order in which they are computed while there is time: the baseline, then the cheap ones before the long ones.
DEEP: dict[str, Deep] = {
    NONE: standard.SOURCE_ONLY,
    ADABN: replace(standard.SOURCE_ONLY, name=ADABN),
    **{
        line.name: line
        for line in (
            standard.DANN_2015,
            standard.DANN_1024,
            standard.DEEP_CORAL_2016,
            standard.DAN_2015,
            standard.MCD_2018,
            standard.MDD_2019,
            standard.CDAN_2018,
        )
    },
}
SHALLOW: dict[str, Shallow] = {line.name: line for line in (standard.CORAL_2016, standard.TCA_2011)}
METHODS = (NONE, *SHALLOW, *(name for name in DEEP if name not in (NONE, ADABN)), ADABN)
DISTANCES = ("a_distance", "mmd")
FEWEST, MOST = 20, 3000  # rows of a domain: fewer can't be cut for validation, more take longer than they tell
BASELINE: Labels = {"method": NONE, "classifier": "bottleneck"}


@dataclass(frozen=True)
class MethodComparison:
    """What a comparison is of. Without a backbone tables are features already, and texts are bags of words.

    `labels` is a CSV file that gives labels of some rows of the target, and its sha256. Where the target has labels by
    itself they are read to score alone.
    """

    source: OwnData
    target: OwnData
    backbone: Pretrained | PublishedEncoder | None
    width: int  # of the features
    methods: tuple[str, ...] = METHODS
    labels: tuple[str, str] | None = None
    most: int = MOST
    drawn: int = 150  # rows of each domain between which distances are measured
    steps: int = 1500
    batch_size: int = 64
    seeds: int = 3

    def __post_init__(self) -> None:
        if unknown := [name for name in self.methods if name not in DEEP and name not in SHALLOW]:
            raise ValueError(f"there is no method {unknown[0]!r} to compare; choose of {', '.join(METHODS)}")

    @property
    def judged(self) -> bool:
        """Whether the target's labels can score."""
        return getattr(self.target, "labelled", True)

    def study(self) -> Study:
        source, target = self.source.name, self.target.name
        deep = [name for name in self.methods if name in DEEP and name != NONE]
        versus = accuracy(**BASELINE)
        claims = tuple(
            Claim(
                f"{name} is better than no adaptation",
                (accuracy(method=name, classifier="bottleneck") - versus,),
                "this comparison's own question",
                primary=False,
                varies=("sources", "target") if name == ADABN else ("method",),
            )
            for name in deep
        )
        return Study(
            title=f"{source} → {target}: which method works here?",
            question=(
                f"Labels of {source} are known. Which transfer method makes the most of them on {target}, "
                + f"{'of which some are known' if self.labels else 'of which none is known'}"
                + ("? Its other labels are read for the scores alone." if self.judged else "?")
            ),
            paper="a comparison of one's own; each method is the one of the same name in docs/methods.md",
            plan=self._plan,
            seeds={"laptop": self.seeds},
            chance=100 / len(self.source.classes) if self.judged else None,
            baseline=BASELINE,
            ceiling=None,
            claims=claims if self.judged else (),
            views=(MethodScores("Methods by what needs no label of the target"),),
            deviations=self._deviations(),
        )

    def _deviations(self) -> tuple[str, ...]:
        return (
            f"{self._features()}; above them a bottleneck of 256 units and a classifier learn in {self.steps:,} steps. "
            "The papers learn whole networks: that may gain more, and takes hours.",
            "Every method has the weights of its paper or its authors, as in docs/methods.md; none was tuned here.",
            f"Of each domain at most {self.most:,} rows are used, drawn at random.",
            "Scores without labels compare networks' probabilities. CORAL and TCA have none: they are not among them"
            + ("." if self._with_shallow else ", and are left out here."),
        )

    def _features(self) -> str:
        if self.backbone is not None:
            return f"The features are those of {self.backbone.name} with published weights, which stands still"
        if isinstance(self.source, TextTable):
            return f"The features are the {self.width:,} most frequent words and pairs of words of both, by tf-idf"
        return "The features are as they were given"

    @property
    def _with_shallow(self) -> bool:
        """Classifiers are fitted to all of the source's labels and to no other, and need labels to be compared by."""
        return self.judged and not self.labels

    def _plan(self, scale: Scale) -> Iterator[Cell]:
        for name in self.methods:
            yield from self._deep(DEEP[name], scale) if name in DEEP else self._shallow(SHALLOW[name])
        both = self._rows(Trunk, self.source), self._rows(Trunk, self.target)
        trial = FeatureDistance(*both, "train", self.drawn, largest=None)
        yield from (Cell(self._place(), trial, metric) for metric in DISTANCES)

    def runs(self, name: str, seeds: tuple[int, ...]) -> tuple[Adapt, ...]:
        """The training runs of a deep method."""
        line, trunk = DEEP[name], RenormalisedTrunk if name == ADABN else Trunk
        source, target = (self._rows(trunk, data) for data in (self.source, self.target))
        if self.labels:
            target = Known(target, self.labels[1], self.labels[0])
        recipe = Recipe(self.steps, self.batch_size, weight_decay=0.001, checkpoints=1)
        network = Bottleneck(self.width)
        return tuple(Adapt(line.method, (source,), target, network, recipe, seed) for seed in seeds)

    def _deep(self, line: Deep, scale: Scale) -> Iterator[Cell]:
        for seed, run in zip(scale.seeds, self.runs(line.name, scale.seeds), strict=True):
            labels = {**line.labels, **self._place(), "seed": seed}
            if self.judged:
                yield Cell(labels, Evaluate(Select(run)))
            scores = Validate(ImportanceWeights(run))
            yield from (Cell({**labels, "rule": rule}, scores, "score", reads=rule) for rule in RULES)

    def _shallow(self, line: Shallow) -> Iterator[Cell]:
        if self._with_shallow:
            both = self._rows(Trunk, self.source), self._rows(Trunk, self.target)
            method: Any = line.method
            if hasattr(method, "dimension"):
                method = replace(method, dimension=min(method.dimension, self.width))
            trial = FitShallow(method, *both, line.normalisation, train="train", test="train")
            yield Cell({**line.labels, **self._place()}, trial)

    def _rows(self, trunk: type[Trunk], data: OwnData) -> DataSet:
        """A domain's features, all of them seen, and of the target tested too."""
        drawn, pool = Drawn(data, self.most), "train" if isinstance(data, HubImages) else "all"
        if isinstance(self.backbone, PublishedEncoder):
            return Transductive(Encoded(drawn, self.backbone, (pool,), norm=LENGTH), pool)
        if self.backbone is not None:
            return Transductive(trunk(drawn, self.backbone, (pool,)), pool)
        if isinstance(data, TextTable):
            both = Drawn(self.source, self.most), Drawn(self.target, self.most)
            return Transductive(BagOfWords(drawn, both, self.width, pool), pool)
        return Transductive(drawn, pool)

    def _place(self) -> Labels:
        return {"source": self.source.name, "target": self.target.name}
