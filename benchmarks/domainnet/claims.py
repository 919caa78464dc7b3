"""What is said of DomainNet, as contrasts of means over pairs: a replicate is a seed, and all pairs of it together."""

from __future__ import annotations

from mtl_bench.plans.adaptation import LAST, Pair, over
from mtl_bench.plans.lines import Deep
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
from mtl_bench.study import Claim, Contrast, accuracy, half_of

from .numbers import LETTERS, OF_TLLIB, PENG, SINGLE, TLLIB
from .plan import DOMAINS, OF_126, OFFICIAL, WHOLE, pairs_of

OF_FOUR = pairs_of(LETTERS.values())  # that TLlib's table has
WORST = "quickdraw"


def by(line: Deep, pairs: tuple[Pair, ...] = OF_FOUR) -> Contrast:
    return over(pairs, **{**line.labels, "images": WHOLE, "protocol": OFFICIAL.name, "selection": LAST})


def by_all(line: Deep, images: str = WHOLE) -> Contrast:
    """The mean over all pairs of these images."""
    return accuracy(**{**line.labels, "images": images, "protocol": OFFICIAL.name, "selection": LAST})


def printed(row: str, over_row: str) -> float:
    """What a row gains over another in TLlib's table, the mean over its twelve pairs."""
    return TLLIB.gain(OF_TLLIB, row, over_row, {"source": tuple(LETTERS), "target": tuple(LETTERS)})


def gain(name: str, line: Deep, row: str) -> Claim:
    size = printed(row, "ERM")
    text = f"{name} beats source only, the mean over twelve pairs"
    return Claim(text, (by(line) - by(SOURCE_ONLY),), f"{TLLIB}, {OF_TLLIB}", size, smallest_effect=half_of(size))


def worse_than(other: str) -> Contrast:
    """What another source is better than quickdraw, source only, the mean over the targets that both have."""
    targets = [name for name in DOMAINS if name not in (other, WORST)]
    return by(SOURCE_ONLY, tuple((other, name) for name in targets)) - by(
        SOURCE_ONLY, tuple((WORST, name) for name in targets)
    )


def exploratory(text: str, contrast: Contrast, source: str, varies: tuple[str, ...] = ("method",)) -> Claim:
    return Claim(text, (contrast,), source, primary=False, varies=varies)


UNCHECKED = f"the direction of {PENG}, {SINGLE}, whose numbers are unverified"
OWN = "this project's own question"
CLAIMS = (
    gain("DAN", DAN_2015, "DAN"),
    gain("DANN", DANN_1024, "DANN"),
    gain("JAN", JAN_2017, "JAN"),
    gain("CDAN", CDAN_2018, "CDAN"),
    Claim(
        "CDAN beats DANN, the mean over twelve pairs",
        (by(CDAN_2018) - by(DANN_1024),),
        f"{TLLIB}, {OF_TLLIB}",
        printed("CDAN", "DANN"),
        smallest_effect=half_of(printed("CDAN", "DANN")),
    ),
    Claim(
        "Quickdraw is the worst source, source only, over the targets that it shares with each other source",
        tuple(worse_than(other) for other in DOMAINS if other != WORST),
        UNCHECKED,
        varies=("sources",),
    ),
    exploratory(
        "MDD beats CDAN, the mean over twelve pairs",
        by(MDD_2019) - by(CDAN_2018),
        f"{TLLIB}, {OF_TLLIB}",
        ("method", "method.gamma", "method.horizon"),  # a margin and a slope; of different schedules
    ),
    exploratory(
        "DANN beats source only, the mean over all thirty pairs",
        by_all(DANN_1024) - by_all(SOURCE_ONLY),
        OWN,
    ),
    exploratory(
        "CDAN beats source only, the mean over all thirty pairs",
        by_all(CDAN_2018) - by_all(SOURCE_ONLY),
        OWN,
    ),
    exploratory("MCD averages below source only", by_all(SOURCE_ONLY) - by_all(MCD_2018), UNCHECKED),
    exploratory("ADDA averages below source only", by_all(SOURCE_ONLY) - by_all(ADDA_2017), UNCHECKED),
    exploratory(
        "CDAN beats DANN on DomainNet-126, too",
        by_all(CDAN_2018, OF_126) - by_all(DANN_1024, OF_126),
        OWN,
    ),
)
