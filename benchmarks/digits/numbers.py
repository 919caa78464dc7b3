"""What the papers print, under the labels of the cells."""

from __future__ import annotations

from collections.abc import Iterator

from mtl_bench.published import Paper, paper
from mtl_bench.study import Published

from .plan import CEILING, FROM_MNIST, NORMALISED, SAMPLED

GANIN, BOUSMALIS, TZENG = paper("ganin2016"), paper("bousmalis2016"), paper("tzeng2017")
ZELLINGER, SAITO = paper("zellinger2017"), paper("saito2018")
FIRST_GANIN, HOFFMAN = paper("ganin2015"), paper("hoffman2018")
SHORT_RUN = "a shorter run here, on MNIST-M made anew"
TUNED = "hyper-parameters tuned on labelled target images there"
LENET = "LeNet and another optimiser there"
OWN_NETWORK = "a network of its own there"
OTHER_CORAL = "CORAL of features there, of logits here"
OTHER_SIZES = "another network and other sizes there"
TO_MNIST_M = {"source": "MNIST", "target": "MNIST-M"}
TO_USPS = {"source": "MNIST", "target": "USPS"}
GREY = {**FROM_MNIST, "source": "mnist", "target": "usps", "protocol": SAMPLED}


def to_mnist_m(of: Paper, table: str, rows: dict[str, str], context: str) -> Iterator[Published]:
    """A column MNIST to MNIST-M. At paper scale, on the published images, DANN's own numbers are no mere context."""
    for variant, why in (("generated", SHORT_RUN), ("published", context)):
        yield from of.table(table, rows, TO_MNIST_M, labels={**FROM_MNIST, "variant": variant}, context=why)


def of_adda(source: str, target: str) -> tuple[Published, ...]:
    """A column of ADDA's table, on sub-samples; the paper does not say which spread it prints."""
    rows = {"Source only": "source only", "Gradient reversal": "DANN", "ADDA": "ADDA"}
    labels = {**GREY, "source": source.lower(), "target": target.lower()}
    return TZENG.table("Table 2", rows, {"source": source, "target": target}, labels=labels, context=LENET)


def published() -> Iterator[Published]:
    yield from to_mnist_m(
        GANIN,
        "Table 2",
        {"Source only": "source only", "SA": "SA", "DANN": "DANN", "Train on target": CEILING},
        context="",
    )
    yield from to_mnist_m(
        FIRST_GANIN, "Table 1", {"DANN": "DANN"}, context="the paper's first version, with other numbers"
    )
    rows = {"Source-only": "source only", "MMD": "MMD", "DANN": "DANN"}
    rows |= {"DSN w/ MMD": "DSN with MMD", "DSN w/ DANN": "DSN with DANN", "Target-only": CEILING}
    yield from to_mnist_m(BOUSMALIS, "Table 1", rows, context=TUNED)
    coral = {"CORAL": "Deep CORAL"}
    yield from BOUSMALIS.table("Table 1", coral, TO_MNIST_M, labels=FROM_MNIST, context=OTHER_CORAL)
    yield from of_adda("MNIST", "USPS")
    yield from of_adda("USPS", "MNIST")
    mcd = {"Source only": "source only", "MCD": "MCD"}
    on_batch_norm = {**GREY, "network": NORMALISED}
    yield from SAITO.table("Table 1", mcd, TO_USPS, labels=on_batch_norm, context=OWN_NETWORK)
    yield from HOFFMAN.table("Table 1", {"Source only": "source only"}, TO_USPS, labels=GREY, context=OTHER_SIZES)
