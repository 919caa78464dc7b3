"""What the paper prints, under the labels of the cells: networks without transfer alone."""

from __future__ import annotations

from collections.abc import Iterator

from mtl_bench.published import paper
from mtl_bench.study import Labels, Published

from .networks import NOTHING, RANDOM
from .plan import SOURCE, SOURCES
from .texts import ALL, IMDB_REVIEWS, SNLI_PAIRS

MOU = paper("mou2016")
TABLE, ROW = "Table 2", "no transfer baseline"
TARGETS = {"MR": "mr", "QC": "trec", "SICK": "sick", "MSRP": "msrp"}
SOURCE_DATA = {"IMDB": IMDB_REVIEWS, "SNLI": SNLI_PAIRS}
OTHER_DATA = "another network and other amounts of text there"


def published() -> Iterator[Published]:
    """All of it unverified, and context."""
    targets: Labels = {"comparison": RANDOM, "labels": ALL, "layer": 0}
    yield from MOU.table(
        TABLE, {ROW: NOTHING}, {"target": TARGETS}, labels=targets, label="network", context=OTHER_DATA
    )
    sources: Labels = {"comparison": SOURCES, "labels": ALL}
    yield from MOU.table(
        TABLE, {ROW: SOURCE}, {"target": SOURCE_DATA}, labels=sources, label="network", context=OTHER_DATA
    )
