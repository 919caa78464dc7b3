"""What is printed of DomainNet, beside the lines of its methods: all context, since networks and classes differ."""

from __future__ import annotations

from collections.abc import Iterator

from mtl_bench.plans.standard import (
    ADDA_2017,
    CDAN_2018,
    DAN_2015,
    DANN_1024,
    JAN_2017,
    MCD_2018,
    MDD_2019,
    SOURCE_ONLY,
)
from mtl_bench.published import Where, paper
from mtl_bench.study import Published

from .plan import DOMAINS, OFFICIAL, WHOLE

PENG, TLLIB = paper("peng2019"), paper("tllib")
SINGLE, OF_TLLIB = "single-source table", "DomainNet table"
SHORT = dict(zip(("clp", "inf", "pnt", "qdr", "rel", "skt"), DOMAINS, strict=True))
LETTERS = {"c": "clipart", "p": "painting", "r": "real", "s": "sketch"}  # of the four domains of TLlib's table
RESNET = "345 classes, a ResNet-101 learnt end to end, there"


def published() -> Iterator[Published]:
    """Of source only, the first table, which has all pairs, is shown; TLlib's gains are over its own source only."""
    of_six: Where = {"source": SHORT, "target": SHORT}
    of_four: Where = {"source": LETTERS, "target": LETTERS}
    labels = {"protocol": OFFICIAL.name, "images": WHOLE}
    matrix = {"ResNet-101 source only": SOURCE_ONLY.labels, "ADDA": ADDA_2017.labels}
    yield from PENG.table(SINGLE, matrix, of_six, labels=labels, context=RESNET)
    lines = {
        "ERM": SOURCE_ONLY,
        "DAN": DAN_2015,
        "DANN": DANN_1024,
        "JAN": JAN_2017,
        "CDAN": CDAN_2018,
        "MCD": MCD_2018,
        "MDD": MDD_2019,
    }
    best = f"{RESNET}; its epoch is the best on target labels"
    rows = {row: line.labels for row, line in lines.items()}
    yield from TLLIB.table(OF_TLLIB, rows, of_four, labels=labels, context=best)
    yield from PENG.table(SINGLE, {"MCD": MCD_2018.labels}, of_six, labels=labels, context=RESNET)
