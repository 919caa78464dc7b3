"""What papers say of other images, as contrasts on the nine pairs that leave room: towards photographs nothing does."""

from __future__ import annotations

from mtl_bench.plans.contrasts import ON_FEATURES, MeansOverPairs, claim
from mtl_bench.plans.lines import Deep
from mtl_bench.plans.standard import (
    ADVERSARIAL,
    CDAN_2018,
    CORAL_2016,
    DAN_2015,
    DANN_1024,
    DISCREPANCY,
    JAN_2017,
    JDA_2013,
    NEIGHBOUR,
    PCA_100,
    SOURCE_ONLY,
    TCA_2011,
    Z_SCORED,
)
from mtl_bench.published import paper
from mtl_bench.study import Claim, Contrast

from .plan import FEW, HELD_OUT, PAPER_TCA, THREE, WITH_HEADROOM

JDA, LONG_2015, LONG_2017, SUN, MEDA, CORAL, TLLIB = (
    paper(key) for key in ("long2013", "long2015", "long2017", "sun2016deep", "wang2018", "sun2016", "tllib")
)
MEANS = MeansOverPairs(WITH_HEADROOM)
by, family = MEANS.by, MEANS.family
few_labels = FEW.name
OFFICE31, DECAF6 = "with Office-31", "with DeCAF6 features of Office-Caltech10"
SMALLEST = 1.0  # point: no paper gives a size on these features


def primary(text: str, contrast: Contrast, source: str, varies: tuple[str, ...] = ("method",)) -> Claim:
    return claim(text, contrast, source, varies=varies, primary=True, smallest=SMALLEST)


def oracle_over_last(line: Deep) -> Contrast:
    return by(line, THREE, HELD_OUT.name, "oracle") - by(line, THREE, HELD_OUT.name)


CLAIMS = (
    primary(
        "DAN beats source only",
        by(DAN_2015) - by(SOURCE_ONLY),
        f"the direction of {LONG_2015}, Table 1, {OFFICE31}",
    ),
    primary(
        "DANN with the paper's adversary for photographs beats source only",
        by(DANN_1024) - by(SOURCE_ONLY),
        f"the direction of {TLLIB}, {OFFICE31}",
    ),
    primary(
        "JAN, which matches joint distributions, beats DAN, which matches each layer's",
        by(JAN_2017) - by(DAN_2015),
        f"the direction of {LONG_2017}, Table 1, {OFFICE31}",
    ),
    primary(
        "CDAN beats DANN with an adversary of the same size",
        by(CDAN_2018) - by(DANN_1024),
        f"the direction of {TLLIB}, {OFFICE31}",
    ),
    primary(
        "DAN gains more over a network's source only than TCA over 1-NN, with the same features and labels",
        (by(DAN_2015, protocol=few_labels) - by(SOURCE_ONLY, protocol=few_labels))
        - (MEANS.fitted(TCA_2011, few_labels) - MEANS.fitted(NEIGHBOUR, few_labels)),
        f"the direction of {SUN}, Table 1, {OFFICE31}",
        (*ON_FEATURES, "method"),
    ),
    primary(
        "TCA beats PCA of as many dimensions and one normalisation",
        MEANS.fitted(TCA_2011, few_labels) - MEANS.fitted(PCA_100, few_labels),
        f"the direction of {JDA}, with SURF features of Office-Caltech10",
    ),
    claim(
        "TCA beats no adaptation with 1-NN, which has all dimensions",
        MEANS.fitted(TCA_2011, few_labels) - MEANS.fitted(NEIGHBOUR, few_labels),
        f"the direction of {MEDA}, {DECAF6}",
    ),
    claim(
        "JDA beats TCA",
        MEANS.fitted(JDA_2013, few_labels) - MEANS.fitted(TCA_2011, few_labels),
        f"the direction of {MEDA}, {DECAF6}",
    ),
    claim(
        "CORAL beats no adaptation with an SVM",
        MEANS.fitted(CORAL_2016, few_labels) - MEANS.fitted(Z_SCORED, few_labels),
        f"the direction of {CORAL}, with AlexNet's features of Office-31",
    ),
    claim(
        "Released TCA beats the paper's, whose components have equal variances",
        MEANS.fitted(TCA_2011, few_labels) - MEANS.fitted(PAPER_TCA, few_labels),
        "nobody's claim: the two are called by one name",
        varies=("method.variant",),
    ),
    claim(
        "With 20 labels a class of the source, DAN still beats source only",
        by(DAN_2015, protocol=few_labels) - by(SOURCE_ONLY, protocol=few_labels),
        "this project's own question",
    ),
    claim(
        "Adversaries (DANN, CDAN, MCD, MDD) beat discrepancies (DDC, DAN, JAN, CMD, Deep CORAL)",
        family(ADVERSARIAL) - family(DISCREPANCY),
        "this project's own question",
        varies=("method", "method.gamma"),  # a schedule's slope or a margin
    ),
    claim(
        "The checkpoint that is best on target labels beats the last one (DAN, DANN, CDAN, on three pairs)",
        (1 / 3) * (oracle_over_last(DAN_2015) + oracle_over_last(DANN_1024) + oracle_over_last(CDAN_2018)),
        "the direction of a re-run of DDC on Office-31",
        varies=("trial",),
    ),
)
