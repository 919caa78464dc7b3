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
from mtl_bench.study import Claim, Contrast, half_of

from .numbers import LETTERS, OF_TLLIB, PENG, SINGLE, TLLIB
from .plan import DOMAINS, OF_126, OF_FOUR, OFFICIAL, PAIRS, WHOLE

WORST = "quickdraw"


def by(line: Deep, pairs: tuple[Pair, ...] = OF_FOUR, images: str = WHOLE) -> Contrast:
    return over(pairs, **{**line.labels, "images": images, "protocol": OFFICIAL.name, "selection": LAST})


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
        primary=False,
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
        by(DANN_1024, PAIRS) - by(SOURCE_ONLY, PAIRS),
        OWN,
    ),
    exploratory(
        "CDAN beats source only, the mean over all thirty pairs",
        by(CDAN_2018, PAIRS) - by(SOURCE_ONLY, PAIRS),
        OWN,
    ),
    exploratory("MCD averages below source only", by(SOURCE_ONLY, PAIRS) - by(MCD_2018, PAIRS), UNCHECKED),
    exploratory("ADDA averages below source only", by(SOURCE_ONLY, PAIRS) - by(ADDA_2017, PAIRS), UNCHECKED),
    exploratory(
        "CDAN beats DANN on DomainNet-126, too",
        by(CDAN_2018, images=OF_126) - by(DANN_1024, images=OF_126),
        OWN,
    ),
)
