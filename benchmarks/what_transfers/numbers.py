"""What the paper prints, under the labels of the cells: its table of similarities between layers."""

from __future__ import annotations

from collections.abc import Iterator

from mtl_bench.published import paper
from mtl_bench.study import Published

from .networks import NEAR
from .pairs import ACROSS, DEBIASED, OTHER_START, TWINS, WITH_SOURCE

NEYSHABUR = paper("neyshabur2020")
CKA_TABLE = "CKA table"
PAIRS = {"P-T & P-T": TWINS, "P-T & P": WITH_SOURCE, "P-T & RI-T": ACROSS, "RI-T & RI-T": OTHER_START}
LAYERS = {"conv1": 1, "layer1": 2, "layer2": 3, "layer3": 4, "layer4": 5}
CONTEXT = "another network, source and target there"


def published() -> Iterator[Published]:
    yield from NEYSHABUR.table(
        CKA_TABLE,
        PAIRS,
        {"layer": LAYERS},
        labels={"target": NEAR, "estimate": DEBIASED},
        label="pair",
        context=CONTEXT,
        metric="CKA",
    )


def likeness(pair: str) -> float:
    """The mean over layers."""
    return NEYSHABUR.value(CKA_TABLE, pair, {"layer": LAYERS}, metric="CKA")
