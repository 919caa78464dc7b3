"""The paper's figures, drawn from the cells."""

from __future__ import annotations

from mtl_bench.study import Labels
from mtl_bench.views.curves import Curves
from mtl_bench.views.filters import Filters
from mtl_bench.views.grid import Grid
from mtl_bench.views.layers import Layers, Line

from .plan import AGAIN, BASE, BOTH_KINDS, CONTROL, DISSIMILAR, HIGHEST, LAST, OTHER_KIND, RANDOM, UNTRAINED

TRANSFERS = {
    "BnB": "B's own first n layers, frozen",
    "BnB+": "B's own first n layers, fine-tuned",
    "AnB": "A's first n layers, frozen",
    "AnB+": "A's first n layers, fine-tuned",
}
BASES = {BASE: "all layers learnt on B", AGAIN: "with its own fresh weights and order of images"}
NO_TRANSFER: Labels = {"network": BASE, "layer": 0}
IN_RANDOM: Labels = {"split": RANDOM, "selection": LAST}

VIEWS = (
    Layers(
        "Accuracy on half B by the layers that are copied",
        tuple(Line(name, {"network": name}, meaning=meaning) for name, meaning in {**BASES, **TRANSFERS}.items()),
        where={**IN_RANDOM, "target": "half B"},
        x_title="layers n that are copied",
    ),
    Layers(
        "Less the base of the same half",
        tuple(Line(f"{name} − base", {"network": name}, NO_TRANSFER, meaning) for name, meaning in TRANSFERS.items()),
        where=IN_RANDOM,
        x_title="layers n that are copied",
    ),
    Layers(
        "What is lost to co-adaptation and to specificity",
        (
            Line("BnB − base", {"network": "BnB"}, NO_TRANSFER, "co-adaptation, B's own layers frozen"),
            Line("AnB − BnB", {"network": "AnB"}, {"network": "BnB"}, "specificity, A's layers instead of B's own"),
        ),
        where=IN_RANDOM,
        x_title="layers n that are copied and frozen",
    ),
    Layers(
        "Layers that learnt the other kind of things, natural or man-made, and layers that learnt both",
        tuple(Line(split, {"network": "AnB", "split": split}) for split in (BOTH_KINDS, OTHER_KIND)),
        where={"selection": LAST},
        x_title="layers n that are copied and frozen",
    ),
    Layers(
        "Dissimilar halves: AnB − base",
        tuple(Line(split, {"network": "AnB", "split": split}, NO_TRANSFER) for split in (CONTROL, DISSIMILAR)),
        where={"selection": LAST},
        x_title="layers n that are copied and frozen",
    ),
    Layers(
        "Layers that nothing trained: random − base",
        tuple(Line(name, {"network": name}, NO_TRANSFER) for name in ("random, N(0, .01)", "random, He")),
        where={"split": UNTRAINED, "selection": LAST},
        x_title="layers n that are random and frozen",
    ),
    Layers(
        "Layers that nothing trained: what their networks make of the training images",
        tuple(Line(name, {"network": name}) for name in (BASE, "random, N(0, .01)", "random, He")),
        metric="training_accuracy",
        where={"split": UNTRAINED, "selection": LAST},
        x_title="layers n that are random and frozen",
    ),
    Curves(
        "The bases while they train",
        y="accuracy",
        lines="network",
        where={"split": RANDOM, "layer": 0, "selection": LAST},
    ),
    Filters("The first layer's filters", where={"network": BASE, "split": RANDOM}),
    Grid("Random halves, after the last step", "network", "layer", where=IN_RANDOM),
    Grid(
        "The paper's way: the mean of the ten highest",
        "network",
        "layer",
        where={**IN_RANDOM, "selection": HIGHEST},
    ),
)
