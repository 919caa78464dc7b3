"""The paper's tables and figures, drawn from the cells."""

from __future__ import annotations

from mtl_bench.study import Labels, View
from mtl_bench.views.dots import Dots
from mtl_bench.views.grid import Grid
from mtl_bench.views.layers import Layers, Line

from .networks import FROZEN, GLOVE, NOTHING, RANDOM, TUNED
from .plan import ALONG, RATES, SOURCES
from .rungs import LANGUAGE, RUNGS
from .texts import ALL, DIFFERENT, EQUIVALENT, FEW

WITH_FEW: Labels = {"comparison": RANDOM, "labels": FEW}
GIVEN = "layers that are given (1: embedding, 2: hidden layer, 3: output layer)"
WAYS = {
    NOTHING: "all layers start from random weights",
    FROZEN: "the source's first n layers, frozen",
    TUNED: "the source's first n layers, fine-tuned",
}

VIEWS: tuple[View, ...] = (
    *(
        Layers(
            f"{target}: accuracy by the layers that are given, 500 labels",
            tuple(Line(name, {"network": name}, meaning=meaning) for name, meaning in WAYS.items()),
            where={**WITH_FEW, "target": target},
            x_title=GIVEN,
        )
        for target in (*EQUIVALENT, *DIFFERENT)
    ),
    Grid("With 500 labels", "network", "target", where=WITH_FEW),
    Grid("With all labels", "network", "target", where={"comparison": RANDOM, "labels": ALL}),
    Grid("The embedding starts from published vectors, 500 labels", "network", "target", where={"comparison": GLOVE}),
    Grid("The sources, on texts of their own", "network", "target", where={"comparison": SOURCES}),
    *(
        Dots(
            f"{target}: one task after the other, both at once (MULT), and both ways, 500 labels",
            rows="network",
            where={**WITH_FEW, "target": target},
        )
        for target in EQUIVALENT
    ),
    Dots("The ladder of unsupervised pre-training, 500 labels", rows="network", where={"comparison": RUNGS}),
    Grid("The ladder as a table, 500 labels", "network", "target", where={"comparison": RUNGS}),
    Layers(
        "mr: at other learning rates",
        tuple(Line(name, {"network": name}, meaning=WAYS[name]) for name in (NOTHING, TUNED)),
        x="times",
        where={"comparison": RATES},
        x_title="multiples of the usual learning rate",
    ),
    Layers(
        "mr: by how far the source was learnt",
        (Line(TUNED, {"network": TUNED}),),
        x="trained",
        where={"comparison": ALONG},
        x_title="share of the source's training",
    ),
    Grid(
        "What networks make of their training texts",
        "network",
        "target",
        metric="training_accuracy",
        where={"comparison": RANDOM},
    ),
    Grid("The language model: perplexity", "network", "target", metric="perplexity", where={"network": LANGUAGE}),
)
