"""What papers say of other images, as contrasts on the nine pairs that leave room: towards photographs nothing does."""

from __future__ import annotations

from mtl_bench.plans.contrasts import ON_FEATURES, MeansOverPairs, claim
from mtl_bench.plans.standard import (
    ADVERSARIAL,
    CDAN_2018,
    CORAL_2016,
    DAN_2015,
    DANN_2015,
    DISCREPANCY,
    JAN_2017,
    JDA_2013,
    NEIGHBOUR,
    SOURCE_ONLY,
    TCA_2011,
    Z_SCORED,
)
from mtl_bench.published import paper

from .plan import FEW, PAPER_TCA, THREE, WITH_HEADROOM

LONG_2015, LONG_2017, SUN, MEDA, CORAL, TLLIB = (
    paper(key) for key in ("long2015", "long2017", "sun2016deep", "wang2018", "sun2016", "tllib")
)
MEANS = MeansOverPairs(WITH_HEADROOM)
by, family = MEANS.by, MEANS.family
few_labels = FEW.name
OFFICE31, DECAF6 = "with Office-31", "with DeCAF6 features of Office-Caltech10"

CLAIMS = (
    claim(
        "DAN beats source only",
        by(DAN_2015) - by(SOURCE_ONLY),
        f"the direction of {LONG_2015}, Table 1, {OFFICE31}",
        primary=True,
    ),
    claim(
        "DANN beats source only",
        by(DANN_2015) - by(SOURCE_ONLY),
        f"the direction of {TLLIB}, {OFFICE31}",
        primary=True,
    ),
    claim(
        "JAN, which matches joint distributions, beats DAN, which matches each layer's",
        by(JAN_2017) - by(DAN_2015),
        f"the direction of {LONG_2017}, Table 1, {OFFICE31}",
        primary=True,
    ),
    claim(
        "CDAN beats DANN",
        by(CDAN_2018) - by(DANN_2015),
        f"the direction of {TLLIB}, {OFFICE31}",
        varies=("method", "method.hidden"),  # units of the adversary
        primary=True,
    ),
    claim(
        "DAN beats TCA on the same features and labels",
        by(DAN_2015, protocol=few_labels) - MEANS.fitted(TCA_2011, few_labels),
        f"the direction of {SUN}, Table 1, {OFFICE31}",
        varies=ON_FEATURES,
        primary=True,
    ),
    claim(
        "TCA beats no adaptation with 1-NN",
        MEANS.fitted(TCA_2011, few_labels) - MEANS.fitted(NEIGHBOUR, few_labels),
        f"the direction of {MEDA}, {DECAF6}",
        primary=True,
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
        (1 / 3)
        * (
            by(DAN_2015, THREE, rule="oracle")
            + by(DANN_2015, THREE, rule="oracle")
            + by(CDAN_2018, THREE, rule="oracle")
            - by(DAN_2015, THREE)
            - by(DANN_2015, THREE)
            - by(CDAN_2018, THREE)
        ),
        "the direction of a re-run of DDC on Office-31",
        varies=("trial",),
    ),
)
