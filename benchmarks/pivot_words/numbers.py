"""What the authors of the memory network published of the network that extends it."""

from __future__ import annotations

from mtl_bench.datasets.hatn_reviews import HATNReviews
from mtl_bench.published import paper
from mtl_bench.study import Published

from .plan import ADVERSARY, MEMORY, VALIDATION

LI = paper("li2018hatn")
EXTENDED = (
    "attention over words and sentences there, the target's reviews without labels are others than the tested ones, "
    "reviews that are there twice count, vectors of 300 numbers"
)


def published() -> tuple[Published, ...]:
    return LI.table(
        "README",
        {"P-net (release code, seed 0)": {"method": ADVERSARY, "network": MEMORY, "selection": VALIDATION}},
        {"source": GOODS, "target": GOODS},
        context=EXTENDED,
    )


GOODS = {name: name for name in HATNReviews.domains}
