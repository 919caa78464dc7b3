"""What papers say of Office-31, as contrasts on the pairs that leave room: between webcam and dslr nothing does."""

from __future__ import annotations

from mtl_bench.plans.adaptation import Pair
from mtl_bench.plans.contrasts import ON_FEATURES, MeansOverPairs, claim
from mtl_bench.plans.lines import Shallow
from mtl_bench.plans.standard import (
    ADVERSARIAL,
    BATCH_NORM,
    BOTTLENECK_ALONE,
    CDAN_2018,
    CDAN_E_2018,
    CMD_2017,
    CMD_ALONE,
    CORAL_2016,
    DAN_2015,
    DANN_1024,
    DANN_2015,
    DEEP_CORAL_2016,
    DISCREPANCY,
    JAN_2017,
    LOGITS_ALONE,
    MANY_KERNELS,
    MDD_2019,
    ONE_KERNEL,
    SOURCE_ONLY,
    TCA_2011,
)
from mtl_bench.published import Paper
from mtl_bench.study import Contrast

from .numbers import EASEZYC, LETTERS, LONG_2015, LONG_2017, SUN, TLLIB, ZELLINGER
from .plan import BOTH_WAYS, FEW, FEW_OF_BOTH, ORIGINAL, TO_WEBCAM, WITH_HEADROOM

MEANS = MeansOverPairs(WITH_HEADROOM, {"images": ORIGINAL})
by, family = MEANS.by, MEANS.family


def fitted(line: Shallow, pairs: tuple[Pair, ...]) -> Contrast:
    return MEANS.fitted(line, FEW.name, pairs)


def printed(
    of: Paper, table: str, row: str, over: str, pairs: tuple[Pair, ...] = WITH_HEADROOM, backbone: str | None = None
) -> float:
    """What a row gains over another in a paper's table, the mean over these pairs."""
    letters = {name: letter for letter, name in LETTERS.items()}
    places = ({"source": letters[source], "target": letters[target]} for source, target in pairs)
    axes = {"backbone": backbone} if backbone else {}
    return sum(of.gain(table, row, over, {**place, **axes}) for place in places) / len(pairs)


DAN_ROW = "DAN (fc6-8, MK-MMD)"
CLAIMS = (
    claim(
        "DAN beats source only from amazon to webcam",
        by(DAN_2015, (TO_WEBCAM,)) - by(SOURCE_ONLY, (TO_WEBCAM,)),
        f"{LONG_2015}, Table 1",
        printed(LONG_2015, "Table 1", DAN_ROW, "CNN fine-tuned", (TO_WEBCAM,)),
        primary=True,
    ),
    claim(
        "DAN beats DAN with one kernel",
        by(DAN_2015) - by(ONE_KERNEL),
        f"{LONG_2015}, Table 1",
        printed(LONG_2015, "Table 1", DAN_ROW, "DAN_SK (single kernel)"),
        ("method.kernels",),
        primary=True,
    ),
    claim(
        "JAN, which matches joint distributions, beats DAN, which matches each layer's",
        by(JAN_2017) - by(DAN_2015),
        f"{LONG_2017}, Table 1",
        printed(LONG_2017, "Table 1", "JAN", "DAN", backbone="ResNet-50"),
        primary=True,
    ),
    claim(
        "CDAN beats DANN",
        by(CDAN_2018) - by(DANN_2015),
        f"{TLLIB}, Office-31 table",
        printed(TLLIB, "Office-31 table", "CDAN", "DANN"),
        ("method", "method.hidden", "method.dropout"),  # of the adversary
        primary=True,
    ),
    claim(
        "Adversaries (DANN, CDAN, MCD, MDD) beat discrepancies (DDC, DAN, JAN, CMD, Deep CORAL)",
        family(ADVERSARIAL) - family(DISCREPANCY),
        "this project's own question",
        varies=("method", "method.gamma"),  # a schedule's slope or a margin
        primary=True,
    ),
    claim(
        "DAN beats TCA on the same features and labels, amazon to webcam and back",
        by(DAN_2015, BOTH_WAYS, FEW.name) - fitted(TCA_2011, BOTH_WAYS),
        f"{SUN}, Table 1",
        printed(SUN, "Table 1", "DAN (fc8 only)", "TCA (FT7+SVM)", BOTH_WAYS),
        ON_FEATURES,
        primary=True,
    ),
    claim(
        "DAN with the paper's 33 kernels beats DAN with five",
        by(MANY_KERNELS) - by(DAN_2015),
        "nobody's claim: the authors' code has five",
        varies=("method.kernels",),
    ),
    claim(
        "DAN on two layers beats DAN on the logits alone",
        by(DAN_2015) - by(LOGITS_ALONE),
        f"{LONG_2015}, Table 1",
        printed(LONG_2015, "Table 1", DAN_ROW, "DAN8 (fc8 only)"),
        ("method.layers",),
    ),
    claim(
        "DAN on two layers beats DAN on the bottleneck alone",
        by(DAN_2015) - by(BOTTLENECK_ALONE),
        f"{LONG_2015}, Table 1",
        printed(LONG_2015, "Table 1", DAN_ROW, "DAN7 (fc7 only)"),
        ("method.layers",),
    ),
    claim(
        "CMD beats source only on the same bounded layer",
        by(CMD_2017) - by(CMD_ALONE),
        f"{ZELLINGER}, Table 2",
        printed(ZELLINGER, "Table 2", "CMD (K=5, lambda=1)", "VGG16 fc1 + hidden-256 (source only)"),
        ("method.weight",),
    ),
    claim(
        "Deep CORAL beats CORAL on the same features and labels, amazon to webcam and back",
        by(DEEP_CORAL_2016, BOTH_WAYS, FEW.name) - fitted(CORAL_2016, BOTH_WAYS),
        f"{SUN}, Table 1",
        printed(SUN, "Table 1", "D-CORAL", "CORAL (FT7+SVM)", BOTH_WAYS),
        ON_FEATURES,
    ),
    claim(
        "CDAN+E, which trusts sure predictions more, beats CDAN",
        by(CDAN_E_2018) - by(CDAN_2018),
        "Long et al., NeurIPS 2018",
        varies=("method.entropy",),
    ),
    claim(
        "DANN with its paper's adversary for photographs beats source only",
        by(DANN_1024) - by(SOURCE_ONLY),
        f"{TLLIB}, Office-31 table",
        printed(TLLIB, "Office-31 table", "DANN", "ERM"),
    ),
    claim(
        "CDAN beats DANN with an adversary of the same size",
        by(CDAN_2018) - by(DANN_1024),
        f"{TLLIB}, Office-31 table",
        printed(TLLIB, "Office-31 table", "CDAN", "DANN"),
    ),
    claim(
        "MDD beats CDAN",
        by(MDD_2019) - by(CDAN_2018),
        f"{TLLIB}, Office-31 table",
        printed(TLLIB, "Office-31 table", "MDD", "CDAN"),
        ("method", "method.gamma", "method.horizon"),  # a margin and a slope; of different schedules
    ),
    claim(
        "The target's BatchNorm statistics help source only (AdaBN)",
        by(BATCH_NORM[1]) - by(BATCH_NORM[0]),
        f"{ZELLINGER}, Table 2",
        printed(ZELLINGER, "Table 2", "AdaBN (InceptionBN)", "InceptionBN source only"),
        ("method", "backbone.batch_norm"),
    ),
    claim(
        "With three labels a class of the target, DAN still beats source only",
        by(DAN_2015, BOTH_WAYS, FEW_OF_BOTH.name) - by(SOURCE_ONLY, BOTH_WAYS, FEW_OF_BOTH.name),
        f"the direction of {LONG_2015}, Table 3",
    ),
    claim(
        "The checkpoint that is best on target labels beats the last one (DAN, DANN, CDAN, amazon to webcam and back)",
        (1 / 3)
        * (
            by(DAN_2015, BOTH_WAYS, rule="oracle")
            + by(DANN_2015, BOTH_WAYS, rule="oracle")
            + by(CDAN_2018, BOTH_WAYS, rule="oracle")
            - by(DAN_2015, BOTH_WAYS)
            - by(DANN_2015, BOTH_WAYS)
            - by(CDAN_2018, BOTH_WAYS)
        ),
        f"{EASEZYC}, README: a re-run of DDC",
        printed(EASEZYC, "README", "DDC, best epoch on the target", "DDC, last epoch", BOTH_WAYS),
        ("trial",),
    ),
)
