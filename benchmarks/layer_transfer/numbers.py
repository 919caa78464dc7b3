"""What the paper's figures show, recomputed from the authors' logs, under the labels of the cells."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from mtl_bench.published import Where, paper
from mtl_bench.study import Labels, Published

from .plan import (
    BASE,
    BOTH_KINDS,
    CONTROL,
    DISSIMILAR,
    HIGHEST,
    LAST,
    MAN_MADE,
    NATURAL,
    OTHER_KIND,
    RANDOM,
    SMALL,
    UNTRAINED,
)

YOSINSKI = paper("yosinski2014")
OTHER_DATA = "AlexNet on halves of ImageNet there"
OTHER_TARGETS = "whole halves are learnt there"
HIGHEST_THERE = "the mean of the ten highest validations there"
LAYER = {str(n): n for n in range(8)}
NETWORKS = {"base": BASE, "BnB": "BnB", "AnB": "AnB", "BnB+": "BnB+", "AnB+": "AnB+"}
KINDS = {"man-made": MAN_MADE, "natural": NATURAL}
ALL_CLASSES = "all 1,000 classes"


def published() -> Iterator[Published]:
    """At paper scale the paper's own way of measuring is compared; everything else is context."""
    for data in (SMALL.name, "imagenet"):
        for selection in (LAST, HIGHEST):
            context = OTHER_DATA if data != "imagenet" else HIGHEST_THERE if selection == LAST else ""
            yield from counterparts({"data": data, "selection": selection}, context)


def counterparts(labels: Labels, context: str) -> Iterator[Published]:
    figures: tuple[tuple[str, str, Mapping[str, str], Where], ...] = (
        ("Figure 2", RANDOM, NETWORKS, {"layer": LAYER}),
        ("Figure 2", CONTROL, NETWORKS, {"layer": LAYER}),
        ("Figure 2", BOTH_KINDS, {"base": BASE, "AnB": "AnB"}, {"layer": LAYER}),
        ("Figure 3", DISSIMILAR, {"base": BASE, "AnB": "AnB"}, {"layer": LAYER, "target": KINDS}),
        ("Figure 3", OTHER_KIND, {"base": BASE, "AnB": "AnB"}, {"layer": LAYER, "target": KINDS}),
        (
            "Figure 3",
            UNTRAINED,
            {"base": BASE, "random, frozen": "random, N(0, .01)"},
            {"layer": LAYER, "protocol": ALL_CLASSES},
        ),
    )
    for figure, split, rows, where in figures:
        of_split = {**labels, "split": split}
        why = context or (OTHER_TARGETS if split in (OTHER_KIND, BOTH_KINDS) else "")
        yield from YOSINSKI.table(figure, rows, where, labels=of_split, label="network", context=why)


def in_logs(network: str, *layers: int) -> float:
    """The mean over layers of Figure 2's accuracies."""
    return YOSINSKI.value("Figure 2", network, {"layer": [str(layer) for layer in layers]})


def lost_to_transfer(layer: int) -> float:
    """base − AnB, between random halves."""
    return in_logs("base", 0) - in_logs("AnB", layer)


def lost_between_dissimilar(layer: int) -> float:
    """base − AnB, the mean over man-made and natural things."""
    return in_figure_3("base", 0, {"target": KINDS}) - in_figure_3("AnB", layer, {"target": KINDS})


def lost_to_untrained(layer: int) -> float:
    """base − random layers, of all classes."""
    where = {"protocol": ALL_CLASSES}
    return in_figure_3("base", 0, where) - in_figure_3("random, frozen", layer, where)


def in_figure_3(row: str, layer: int, where: Where) -> float:
    return YOSINSKI.value("Figure 3", row, {"layer": str(layer), **where})


def gained_in_own_half(network: str) -> float:
    """What a fine-tuned network gains over its own half's bases, the mean over layers and runs."""
    return YOSINSKI.value("authors' logs", network, {"layer": "1-7"}, metric="boost over its own half's base")
