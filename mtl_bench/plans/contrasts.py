"""Claims about an adaptation table: its lines, as sides of the contrasts that decide them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from mtl_bench.plans.adaptation import FULL, LAST, Pair, over
from mtl_bench.plans.lines import Deep, Shallow
from mtl_bench.study import Claim, Contrast, Labels, half_of

ON_FEATURES = ("trial",)  # a network is trained on one side, a classifier fitted on the other


@dataclass(frozen=True)
class MeansOverPairs:
    """The mean accuracies of a table's lines over pairs of domains, per replicate."""

    pairs: tuple[Pair, ...]  # where no others are named
    labels: Labels = field(default_factory=dict)  # what tells the table from others of its study

    def by(self, line: Deep, pairs: Iterable[Pair] = (), protocol: str = FULL, rule: str = LAST) -> Contrast:
        """A deep method's network, of the checkpoint that a rule chooses."""
        return over(
            tuple(pairs) or self.pairs, **{**line.labels, **self.labels, "protocol": protocol, "selection": rule}
        )

    def fitted(self, line: Shallow, protocol: str, pairs: Iterable[Pair] = ()) -> Contrast:
        """A shallow method with few labels, whose replicates are draws."""
        return over(tuple(pairs) or self.pairs, **{**line.labels, **self.labels, "protocol": protocol})

    def family(self, lines: Iterable[Deep]) -> Contrast:
        """The mean over deep methods."""
        found = [self.by(line) for line in lines]
        return (1 / len(found)) * sum(found[1:], found[0])


def claim(
    text: str,
    contrast: Contrast,
    source: str,
    published: float | None = None,
    varies: tuple[str, ...] = ("method",),
    primary: bool = False,
    smallest: float | None = None,
) -> Claim:
    """A claim of one contrast; of a primary one half of the published size is the smallest that counts, if not told."""
    if smallest is None and primary and published:
        smallest = half_of(published)
    return Claim(text, (contrast,), source, published, smallest_effect=smallest, primary=primary, varies=varies)
