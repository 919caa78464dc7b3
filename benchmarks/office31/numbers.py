"""What papers print of Office-31, beside the lines of their methods: all of it context, since networks differ."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from mtl_bench.plans.adaptation import FULL
from mtl_bench.plans.lines import Deep, Shallow
from mtl_bench.plans.standard import (
    ADDA_2017,
    BATCH_NORM,
    CDAN_2018,
    CDAN_E_2018,
    CMD_2017,
    DAN_2015,
    DANN_2015,
    DDC_2014,
    DEEP_CORAL_2016,
    JAN_2017,
    LOGITS_ALONE,
    MCD_2018,
    MDD_2019,
    ONE_KERNEL,
    RTN_2016,
    SHALLOW,
    SOURCE_ONLY,
)
from mtl_bench.published import Paper, Where, paper
from mtl_bench.study import Published

LONG_2015, LONG_2017, LONG_2018 = (paper(f"long{year}") for year in (2015, 2017, 2018))
SUN, ZELLINGER, ZHANG, PEI, TLLIB, EASEZYC = (
    paper(key) for key in ("sun2016deep", "zellinger2017", "zhang2019", "pei2018", "tllib", "easezyc")
)
LETTERS = {"A": "amazon", "D": "dslr", "W": "webcam"}
PAIRS: Where = {"source": LETTERS, "target": LETTERS}
RESNET = "a ResNet-50, learnt end to end, there"
ALEXNET = "an AlexNet, learnt end to end, there"
BEST_ON_TARGET = f"{RESNET}; its epoch is the best on target labels"
OF = {line.name: line for line in SHALLOW}
Rows = Mapping[str, Deep | Shallow]


def published() -> Iterator[Published]:
    """The first table that has a line is shown beside it."""
    resnet: Where = {**PAIRS, "backbone": "ResNet-50"}
    yield from beside(
        LONG_2017,
        "Table 1",
        {"ResNet-50 fine-tuned": SOURCE_ONLY, "DAN": DAN_2015, "DANN": DANN_2015, "RTN": RTN_2016, "JAN": JAN_2017},
        RESNET,
        resnet,
    )
    yield from beside(
        LONG_2018, "Table 1", {"CDAN": CDAN_2018, "CDAN+E": CDAN_E_2018, "ADDA": ADDA_2017}, RESNET, resnet
    )
    yield from beside(ZHANG, "Table 1", {"MDD": MDD_2019}, RESNET, resnet)
    yield from beside(PEI, "Table 1", {"DDC": DDC_2014}, RESNET, resnet)
    yield from beside(TLLIB, "Office-31 table", {"MCD": MCD_2018}, BEST_ON_TARGET)
    yield from beside(ZELLINGER, "Table 2", {"CMD (K=5, lambda=1)": CMD_2017}, "a VGG-16's features, frozen, there")
    yield from beside(
        ZELLINGER,
        "Table 2",
        {"InceptionBN source only": BATCH_NORM[0], "AdaBN (InceptionBN)": BATCH_NORM[1]},
        "an Inception network with BatchNorm there",
    )
    yield from beside(
        SUN,
        "Table 1",
        {
            "D-CORAL": DEEP_CORAL_2016,
            "TCA (FT7+SVM)": OF["TCA"],
            "GFK (FT7+SVM)": OF["GFK"],
            "SA (FT7+SVM)": OF["SA"],
            "CORAL (FT7+SVM)": OF["CORAL"],
        },
        "a fine-tuned AlexNet there, and an SVM on its features",
    )
    yield from beside(
        LONG_2015, "Table 1", {"DAN_SK (single kernel)": ONE_KERNEL, "DAN8 (fc8 only)": LOGITS_ALONE}, ALEXNET
    )


def beside(of: Paper, table: str, rows: Rows, context: str, where: Where = PAIRS) -> Iterator[Published]:
    lines = {row: line.labels for row, line in rows.items()}
    yield from of.table(table, lines, where, labels={"protocol": FULL}, context=context)
