"""What the papers print, under the labels of the cells."""

from __future__ import annotations

from collections.abc import Iterator

from mtl_bench.published import Paper, paper
from mtl_bench.study import Published

from .plan import CEILING, FROM_MNIST, SAMPLED

GANIN, BOUSMALIS, TZENG = paper("ganin2016"), paper("bousmalis2016"), paper("tzeng2017")
ZELLINGER, SAITO = paper("zellinger2017"), paper("saito2018")
SHORT_RUN = "a shorter run here, on MNIST-M made anew"
TUNED = "hyper-parameters tuned on labelled target images there"
LENET = "LeNet and another optimiser there"
TO_MNIST_M = {"source": "MNIST", "target": "MNIST-M"}


def to_mnist_m(of: Paper, table: str, rows: dict[str, str], context: str) -> Iterator[Published]:
    """A column MNIST to MNIST-M. At paper scale, on the published images, DANN's own numbers are no mere context."""
    for variant, why in (("generated", SHORT_RUN), ("published", context)):
        yield from of.table(table, rows, TO_MNIST_M, labels={**FROM_MNIST, "variant": variant}, context=why)


def of_adda(source: str, target: str) -> tuple[Published, ...]:
    """A column of ADDA's table, on sub-samples; the paper does not say which spread it prints."""
    rows = {"Source only": "source only", "Gradient reversal": "DANN", "ADDA": "ADDA"}
    labels = {**FROM_MNIST, "source": source.lower(), "target": target.lower(), "protocol": SAMPLED}
    return TZENG.table("Table 2", rows, {"source": source, "target": target}, labels=labels, context=LENET)


def published() -> Iterator[Published]:
    yield from to_mnist_m(
        GANIN,
        "Table 2",
        {"Source only": "source only", "SA": "SA", "DANN": "DANN", "Train on target": CEILING},
        context="",
    )
    yield from to_mnist_m(
        BOUSMALIS,
        "Table 1",
        {"Source-only": "source only", "MMD": "MMD", "DSN w/ MMD": "DSN with MMD", "DSN w/ DANN": "DSN with DANN"},
        context=TUNED,
    )
    yield from of_adda("MNIST", "USPS")
    yield from of_adda("USPS", "MNIST")
