"""What papers print of the reviews, beside the lines of their methods."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from mtl_bench.published import Where, paper
from mtl_bench.study import Labels, Published

from .classifiers import PLAIN, PLAIN_MSDA
from .networks import ALONE, ALONE_ADAGRAD, ALONE_MSDA, CMD_ADAGRAD, DANN, DANN_ADAGRAD, DANN_MSDA, MMD_ADAGRAD
from .plan import BETTER, FULL
from .reviews import DOMAINS, MSDA, WORDS

GANIN, ZELLINGER, BLITZER = paper("ganin2016"), paper("zellinger2017"), paper("blitzer2007")
ACCURACIES, BY_TEST, MEANS = "Table 1a", "Table 1b", "computed from Table 1a"
PAIRS: Where = {"source": {name: name for name in DOMAINS}, "target": {name: name for name in DOMAINS}}
EARLY: Labels = {"protocol": FULL, "selection": "source validation"}
OWN_WORDS = "1,600 reviews to learn from and 400 to test, and other words, there"
BY_WIDTH_TOO = "the width of its kernel is chosen too there, among ten"
QUOTED = "quoted there from DANN's paper, which has another optimiser"


def published() -> Iterator[Published]:
    networks = {"NN (5000-d)": ALONE, "DANN (5000-d)": DANN, "NN (mSDA)": ALONE_MSDA, "DANN (mSDA)": DANN_MSDA}
    rows: Mapping[str, Labels] = {row: line.labels for row, line in networks.items()}
    yield from GANIN.table(ACCURACIES, rows, PAIRS, labels=EARLY)
    rows = {"SVM (5000-d)": PLAIN.labels, "SVM (mSDA)": PLAIN_MSDA.labels}
    yield from GANIN.table(ACCURACIES, rows, PAIRS, labels={"protocol": FULL})
    rows = {"DANN>NN": {"method": DANN.name, "over": ALONE.name}, "DANN>SVM": {"method": DANN.name, "over": PLAIN.name}}
    by_features: Where = {"backbone": {"original": {"features": WORDS}, "mSDA": {"features": MSDA}}}
    yield from GANIN.table(BY_TEST, rows, by_features, labels={"protocol": FULL, "recipe": DANN.recipe}, metric=BETTER)
    networks = {"Source only": ALONE_ADAGRAD, "CMD (K=5, lambda=1)": CMD_ADAGRAD}
    rows = {row: line.labels for row, line in networks.items()}
    yield from ZELLINGER.table("Table 1", rows, PAIRS, labels=EARLY)
    mmd: Mapping[str, Labels] = {"MMD (grid-tuned)": MMD_ADAGRAD.labels}
    yield from ZELLINGER.table("Table 1", mmd, PAIRS, labels=EARLY, context=BY_WIDTH_TOO)
    yield from ZELLINGER.table("Table 1", {"DANN": DANN_ADAGRAD.labels}, PAIRS, labels=EARLY, context=QUOTED)
    scl: Mapping[str, Labels] = {"SCL-MI": {"method": "SCL-MI", "features": WORDS}}
    yield from BLITZER.table("Figure 1", scl, PAIRS, labels={"protocol": FULL}, context=OWN_WORDS)
