"""What is asked of the far domain: does anything help, and which direction is harder?"""

from __future__ import annotations

from mtl_bench.plans.adaptation import FULL, LAST, Pair, between
from mtl_bench.plans.contrasts import MeansOverPairs
from mtl_bench.plans.lines import Shallow
from mtl_bench.plans.standard import CORAL_2016, DAN_2015, NEIGHBOUR, SOURCE_ONLY, TCA_2011, Z_SCORED
from mtl_bench.study import Claim, Contrast, Gate, mean_of

from .plan import ADVERSARIES, CLASSES, DISCREPANCIES, FEW, PAIRS, TO_DRAWINGS, TO_PHOTOGRAPHS

OWN = "this project's own question"
DOMAINNET = "the direction of Peng et al., ICCV 2019, single-source table, whose numbers are unverified"
SMALLEST = 1  # point that counts: no paper has sizes of these cells
HEADROOM = 20  # points that source only loses at least, before a gain of adaptation means anything
ABOVE_CHANCE = 300 / len(CLASSES)  # percent: three times what guessing reads right


MEANS = MeansOverPairs(PAIRS)
by, family = MEANS.by, MEANS.family


def lost(pair: Pair) -> Contrast:
    return mean_of("loss", **SOURCE_ONLY.labels, **between(pair), protocol=FULL, selection=LAST)


def few(line: Shallow) -> Contrast:
    return MEANS.fitted(line, FEW)


CLAIMS = (
    Claim(
        "Discrepancies (DAN, JAN, Deep CORAL) beat source only, the mean of both directions",
        (family(DISCREPANCIES) - by(SOURCE_ONLY),),
        OWN,
        smallest_effect=SMALLEST,
    ),
    Claim(
        "Adversaries (DANN, CDAN, MDD) beat source only, the mean of both directions",
        (family(ADVERSARIES) - by(SOURCE_ONLY),),
        OWN,
        smallest_effect=SMALLEST,
    ),
    Claim(
        "Source only is right less often from drawings to photographs than the other way",
        (by(SOURCE_ONLY, (TO_DRAWINGS,)) - by(SOURCE_ONLY, (TO_PHOTOGRAPHS,)),),
        DOMAINNET,
        varies=("sources", "target"),
        smallest_effect=SMALLEST,
    ),
    Claim(
        "It also loses more of what it reads right on held-out images of its source",
        (lost(TO_PHOTOGRAPHS) - lost(TO_DRAWINGS),),
        OWN,
        primary=False,
        varies=("sources", "target"),
    ),
    *(
        Claim(f"{line.name} beats source only", (by(line) - by(SOURCE_ONLY),), OWN, primary=False)
        for line in (*DISCREPANCIES, *ADVERSARIES)
    ),
    Claim(
        "With 20 labels a class, TCA beats 1-NN",
        (few(TCA_2011) - few(NEIGHBOUR),),
        OWN,
        primary=False,
    ),
    Claim(
        "With 20 labels a class, CORAL beats no adaptation with a linear SVM",
        (few(CORAL_2016) - few(Z_SCORED),),
        OWN,
        primary=False,
    ),
    Claim(
        "With 20 labels a class, DAN beats source only",
        (by(DAN_2015, protocol=FEW) - by(SOURCE_ONLY, protocol=FEW),),
        OWN,
        primary=False,
    ),
)
GATES = (
    Gate(
        f"there is headroom: source only loses at least {HEADROOM} points in each direction",
        lost(TO_DRAWINGS) + lost(TO_PHOTOGRAPHS),
        at_least=HEADROOM,
        every=True,
    ),
    Gate(
        "source only is above chance: at least three times what guessing reads right, in each run",
        by(SOURCE_ONLY, (TO_DRAWINGS,)) + by(SOURCE_ONLY, (TO_PHOTOGRAPHS,)),
        at_least=ABOVE_CHANCE,
        every=True,
    ),
)
