"""Does the distance of two domains, which needs no label, predict what a classifier loses between them?"""

from __future__ import annotations

from collections.abc import Iterator

from mtl_bench.plans.adaptation import between
from mtl_bench.plans.standard import NONE, SOURCE_ONLY
from mtl_bench.study import Cell, Claim, Contrast, Scale, Study, mean_of
from mtl_bench.trials.separation import FeatureDistance
from mtl_bench.views.heat_map import HeatMap
from mtl_bench.views.rank_correlations import RankCorrelations
from mtl_bench.views.scatter import ScatterPlot

from .tables import PACS, tables

DISTANCES = ("mmd", "cmd", "coral", "a_distance")
SHOWN = {"loss": "What source only loses, in points", "a_distance": "Proxy A-distances", "mmd": "Squared MMD"}


def plan(scale: Scale) -> Iterator[Cell]:
    rows, draws = scale.pick(smoke=40, laptop=150), scale.pick(smoke=2, laptop=10)
    for one in tables(scale):
        table = one.table
        yield from table.losses((SOURCE_ONLY,), one.pairs, scale.seeds)
        for pair in one.pairs:
            first, second = sorted(pair)  # one trial for both directions
            trial = FeatureDistance(table.targets[first], table.targets[second], "train", rows, draws)
            yield from (Cell({**between(pair), **table.labels}, trial, metric) for metric in DISTANCES)


def lost(source: str, target: str) -> Contrast:
    return mean_of("loss", data=PACS, source=source, target=target)


STUDY = Study(
    title="Does the distance of domains predict the loss between them?",
    question=(
        "The distance between the features of two domains needs no label. Over the pairs of domains of four data sets, "
        "does a classifier lose more where they lie farther apart, and by which distance?"
    ),
    paper=(
        "S. Ben-David et al., A theory of learning from different domains, Machine Learning 79, 2010: the error on a "
        "target is at most that on the source, plus a distance, plus the error of the best joint classifier"
    ),
    plan=plan,
    seeds={"smoke": 2, "laptop": 3},
    baseline={"method": NONE},
    ceiling=None,
    claims=(
        Claim(
            "From photographs, source only loses more on sketches than on paintings",
            (lost("photo", "sketch") - lost("photo", "art_painting"),),
            "this project's own question: the farther of two targets, named beforehand",
            primary=False,
            varies=("target",),
        ),
    ),
    views=(
        ScatterPlot("The loss of source only over the distance of the domains", x=DISTANCES, y="loss"),
        RankCorrelations("Which distance goes with the loss", x=DISTANCES, y="loss"),
        *(HeatMap(text, metric, panels="data") for metric, text in SHOWN.items()),
    ),
    deviations=(
        "The theorem's distance is over all classifiers of a kind; measured are four others, of which the proxy "
        "A-distance comes nearest. The loss is the accuracy on held-out images of the source minus that on the target, "
        "which is what the theorem bounds; it says nothing of the best joint error, which differs by data set too.",
        "A rank correlation over pairs of domains is no contrast of cells whose replicates are seeds, so that it gets "
        "no verdict: other seeds would say nothing of other domains. It is shown with an interval by the jackknife "
        "over domains, which pairs have in common, and is exploratory. Ranks are those within a data set: data sets "
        "differ in their classes, and with them in what is lost. Amazon, dslr and webcam of Office-31 and of "
        "Office-Caltech10 are the same domains there, as they have images in common.",
        "Distances are those of an EfficientNet-Lite0's features, as they are, between 150 random images of each "
        "domain (the smallest has 157), as a mean over 10 draws: the estimates of CMD, CORAL and the A-distance depend "
        "on how many images there are. The proxy A-distance ends at 2, where many pairs tie. CMD takes the features' "
        "bounds, 0 and 6, which is what means of ReLU6 have; its higher moments count for little so.",
        "The same runs stand in the studies of these data sets, under the same keys; PACS and Office-Caltech10 are "
        "read compressed again, as there.",
        "Of 32 pairs, the two directions between two domains have one distance and two losses.",
    ),
)
