"""The paper's figures, drawn from the cells."""

from __future__ import annotations

from mtl_bench.study import Labels, View
from mtl_bench.views.contact_sheet import ContactSheet
from mtl_bench.views.contours import Contours
from mtl_bench.views.curves import Curves
from mtl_bench.views.grid import Grid
from mtl_bench.views.layer_pairs import LayerPairs
from mtl_bench.views.layers import Layers, Line
from mtl_bench.views.noise_maps import NoiseMaps

from .frozen import FROZEN, TARGET
from .modules import ALLOWED, DIRECT, OPTIMISATION
from .networks import FAR, NEAR, PRETRAINED, RANDOM, SOURCE
from .pairs import (
    ACROSS,
    BIASED,
    DEBIASED,
    OTHER_START,
    SAME_START,
    TWINS,
    TWINS_GENTLY,
    UNTRAINED,
    WITH_SOURCE,
)
from .plan import BLOCKS, ITSELF, MISTAKES, SINCE

WHOLE: Labels = {"halvings": 0}
HALVED = "halvings of a block (0: the image, last: numbers)"
BY_BLOCKS = {
    "accuracy": "accuracy",
    "mean accuracy along training": "area",
    "training accuracy": "training_accuracy",
}
ALONG_LAYERS = "layer"
WITHIN: Labels = {"allowed": f"{ALLOWED:.0%}"}
LIKENESS = (TWINS, WITH_SOURCE, ACROSS, SAME_START, OTHER_START, UNTRAINED)
DISTANCES = (TWINS, TWINS_GENTLY, ACROSS, SAME_START, OTHER_START)


def by_network(target: str) -> tuple[Line, ...]:
    return tuple(Line(name, {"network": name, "target": target}) for name in (PRETRAINED, RANDOM))


def by_pair(pairs: tuple[str, ...]) -> tuple[Line, ...]:
    return tuple(Line(name, {"pair": name}) for name in pairs)


def by_start() -> tuple[Line, ...]:
    return tuple(Line(name, {"network": name}) for name in (PRETRAINED, RANDOM))


VIEWS: tuple[View, ...] = (
    Grid("What is reached", "network", "target", where=WHOLE),
    Grid("How fast: the mean accuracy along training", "network", "target", metric="area", where=WHOLE),
    Grid("At the first checkpoint", "network", "target", metric="start", where=WHOLE),
    Grid(
        "Percent of the steps until nine tenths of what RI-T reaches",
        "network",
        "target",
        metric="learnt_after",
        where=WHOLE,
    ),
    Grid("Whether they have learnt their training images", "network", "target", "training_accuracy", WHOLE),
    Curves("While they train", y="accuracy", lines="network", where=WHOLE),
    ContactSheet("Drawings whose blocks stand in another order", where={"sheet": BLOCKS}),
    *(
        Layers(f"{target}: {what} by the size of blocks", by_network(target), "halvings", metric, x_title=HALVED)
        for what, metric in BY_BLOCKS.items()
        for target in (NEAR, FAR)
    ),
    Grid("Whether two fail on the same images: error consistency", "pair", "target", metric="kappa"),
    Grid("Of each class the images that both get wrong, in percent", "class", "pair", metric="common_mistakes"),
    Grid("Of each class the images that P-T alone gets wrong", "class", "pair", metric="mistakes_of_a"),
    Grid("Of each class the images that RI-T alone gets wrong", "class", "pair", metric="mistakes_of_b"),
    ContactSheet("Drawings that one network or both get wrong", where={"sheet": MISTAKES}),
    Layers(
        "How alike two networks' layers are: CKA",
        by_pair(LIKENESS),
        metric="CKA",
        where={"estimate": DEBIASED},
        x_title=ALONG_LAYERS,
    ),
    Layers(
        "The same by the biased estimate",
        by_pair(LIKENESS),
        metric="CKA",
        where={"estimate": BIASED},
        x_title=ALONG_LAYERS,
    ),
    LayerPairs("Each layer with each: CKA", where={"target": NEAR, "estimate": DEBIASED}),
    Layers("How far apart parameters lie", by_pair(DISTANCES), metric="distance", x_title=ALONG_LAYERS),
    Layers(
        "The same over the square root of their number",
        by_pair(DISTANCES),
        metric="distance_per_parameter",
        x_title=ALONG_LAYERS,
    ),
    Layers("The same over their norm", by_pair(DISTANCES), metric="relative_distance", x_title=ALONG_LAYERS),
    Curves(
        "On the line between two networks: training error",
        "train error",
        "w",
        "pair",
        "line.csv",
        where={"target": NEAR},
    ),
    Curves("Training loss", "train loss", "w", "pair", "line.csv", where={"target": NEAR}),
    Curves("Test loss, which judges nothing", "test loss", "w", "pair", "line.csv", where={"target": NEAR}),
    Curves("Test error, which judges nothing either", "test error", "w", "pair", "line.csv", where={"target": NEAR}),
    Grid("Barriers, in points of training error", "pair", "target", metric="error_barrier"),
    Contours("The plane through three networks"),
    Layers(
        "The error if a layer is set back to its start",
        by_start(),
        metric="error_if_set_back",
        where={"way": DIRECT},
        x_title=ALONG_LAYERS,
    ),
    Layers(
        "The noise that a layer bears, over the root mean square of its parameters",
        by_start(),
        metric="relative_noise_borne",
        where={"way": DIRECT},
        x_title=ALONG_LAYERS,
    ),
    *(
        Grid(f"Criticality along the {way}", "network", "layer", "criticality", {"way": way, **WITHIN})
        for way in (DIRECT, OPTIMISATION)
    ),
    *(
        Grid(
            f"Criticality of {network} on the straight way, by the error that is allowed",
            "allowed",
            "layer",
            "criticality",
            {"way": DIRECT, "network": network},
        )
        for network in (PRETRAINED, RANDOM)
    ),
    NoiseMaps("A layer on the straight way from its start to its end, with noise", where={"way": DIRECT}),
    NoiseMaps("A layer on the way that training took, with noise", where={"way": OPTIMISATION}),
    Layers(
        "From a checkpoint of pre-training: accuracy on the target",
        (
            Line(SOURCE, {"network": ITSELF, "target": SOURCE}),
            *(Line(target, {"network": SINCE, "target": target}) for target in (NEAR, FAR)),
        ),
        x="epoch",
        x_title="epoch of pre-training",
    ),
    Layers(
        "From a checkpoint: mean accuracy along training",
        tuple(Line(target, {"network": SINCE, "target": target}) for target in (NEAR, FAR)),
        x="epoch",
        metric="area",
        x_title="epoch of pre-training",
    ),
    Layers(
        "From a checkpoint to the last one: barrier on the source, where P may not have learnt all of its images",
        (Line("P", {"network": ITSELF, "target": SOURCE}),),
        x="epoch",
        metric="error_barrier",
        x_title="epoch of pre-training",
    ),
    Layers(
        "EfficientNet-Lite0, frozen: accuracy of a linear classifier by the size of blocks",
        (Line(FROZEN, {"network": FROZEN}),),
        x="halvings",
        x_title=HALVED,
    ),
    LayerPairs("EfficientNet-Lite0, layer with layer: CKA", where={"target": TARGET}),
)
