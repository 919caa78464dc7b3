"""Office-Caltech10 on features of networks: do they gain more than any alignment of SURF features does?"""

from __future__ import annotations

from collections.abc import Iterator

from mtl_bench.plans.adaptation import LAST, Pair, over
from mtl_bench.plans.lines import Deep, Shallow
from mtl_bench.plans.standard import DAN_2015, DANN_1024, NONE, SOURCE_ONLY
from mtl_bench.published import addresses
from mtl_bench.study import Claim, Contrast, Labels, Published, Study
from mtl_bench.views.dots import Dots
from mtl_bench.views.gains import Gains, Over
from mtl_bench.views.grid import Grid

from ..office_caltech.numbers import MEDA
from ..office_caltech.numbers import PAIRS as PUBLISHED_PAIRS
from ..office_caltech.plan import FULL, SPLITS, SURF
from ..office_caltech.rows import LIBSVM, SCALED, alone, coral, gfk, jda, pca, tca
from .plan import ALIGNING, EFFICIENTNET, GOOGLENET, OF_SIX, OF_TWELVE, PAIRS, SIX, plan

DECAF6 = "DeCAF6 table"
IN_MEDA = {
    "1NN": alone(SCALED),
    "SVM": alone(SCALED, LIBSVM),
    "PCA": pca(30),
    "TCA": tca(30),
    "GFK": gfk(20),
    "JDA": jda(30),
    "CORAL": coral(SCALED, LIBSVM),
}


IN_TABLE = ("TCA", "GFK", "JDA", "CORAL", "DAN")  # beside what they are compared with here
BESIDE: tuple[tuple[Shallow | Deep, Shallow | Deep], ...] = (
    *ALIGNING,
    (DAN_2015, SOURCE_ONLY),
    (DANN_1024, SOURCE_ONLY),
)


def labels_of(line: Shallow | Deep) -> Labels:
    return line.convention if isinstance(line, Shallow) else line.labels


def published() -> Iterator[Published]:
    for row, line in IN_MEDA.items():
        labels = {**line.convention, "features": EFFICIENTNET}
        yield from MEDA.table(
            DECAF6, {row: labels}, PUBLISHED_PAIRS, labels={"protocol": FULL}, context="DeCAF6 features there"
        )


def judged(line: Shallow, features: str, pairs: tuple[Pair, ...] = PAIRS) -> Contrast:
    """A replicate is a draw of the labelled source images."""
    return over(pairs, **line.convention, features=features, protocol=SPLITS)


def learnt(line: Deep) -> Contrast:
    return over(PAIRS, **line.labels, features=EFFICIENTNET, protocol=FULL, selection=LAST)


def other_features(features: str, pairs: tuple[Pair, ...]) -> Claim:
    """What features gain without a method, less what a method gains on SURF: SURF's own baseline is in both."""
    return Claim(
        f"Features of {features} gain more than any of {len(ALIGNING)} methods of alignment gains on SURF "
        f"({len(pairs)} pairs)",
        tuple(
            judged(alone(line.normalisation, line.classifier), features, pairs) - judged(line, SURF, pairs)
            for line, _ in ALIGNING
        ),
        f"the direction of {MEDA}, whose table of DeCAF6 features stands beside one of SURF (full protocol)",
        primary=False,
        varies=("method", "source", "target"),
    )


def on_features(of: Shallow | Deep, over: Shallow | Deep) -> Claim:
    network = " (an AlexNet learnt end to end there)" if of == DAN_2015 else ""
    printed = f"the direction of {MEDA}, {DECAF6}{network}" if of.name in IN_TABLE else "this project's own question"
    first, second = (judged(o, EFFICIENTNET) if isinstance(o, Shallow) else learnt(o) for o in (of, over))
    return Claim(
        f"On features of {EFFICIENTNET}, {of.name} beats {over.name}", (first - second,), printed, primary=False
    )


STUDY = Study(
    title="Office-Caltech10: do better features gain more than alignment?",
    question=(
        "The four domains of Office-Caltech10, described by visual words and by two networks that learnt ImageNet. "
        "What is gained by other features, what by methods that align the old ones, and do these still gain on the new?"
    ),
    paper=(
        "The tables of J. Wang et al., Manifold Embedded Distribution Alignment, ACM MM 2018, with SURF and with "
        "DeCAF6 features, and the methods that they compare (see office_caltech)"
    ),
    plan=plan,
    papers=addresses(MEDA),
    chance=10,
    seeds={"smoke": 2, "laptop": 5, "paper": 5},
    takes={"paper": "about 1.5 hours on two cores, as reckoned from laptop scale; never measured"},
    baseline={"method": NONE, "dimension": "all"},
    ceiling=None,
    published=tuple(published()),
    claims=(
        other_features(EFFICIENTNET, PAIRS),
        other_features(GOOGLENET, SIX),
        *(on_features(*sides) for sides in BESIDE),
    ),
    views=(
        Gains(
            "Do strong features leave less to gain? Every pair, by what describes the images",
            methods=tuple(Over(of.name, labels_of(of), labels_of(over)) for of, over in BESIDE),
            marks="features",
            where={"protocol": FULL},
        ),
        Dots("Mean over the 12 pairs, full protocol", where={**OF_TWELVE, "protocol": FULL}),
        Dots("Mean over the six pairs of amazon, dslr and webcam, full protocol", where={**OF_SIX, "protocol": FULL}),
        *(
            Grid(f"Every pair, {features}, full protocol", where={"features": features, "protocol": FULL})
            for features in (EFFICIENTNET, GOOGLENET)
        ),
        *(
            Grid(
                f"Every pair, {features}, 20 labelled source images per class (8 of webcam and dslr)",
                where={"features": features, "protocol": SPLITS},
            )
            for features in (SURF, EFFICIENTNET, GOOGLENET)
        ),
    ),
    deviations=(
        "All claims are exploratory: the papers' deep features are DeCAF6, an AlexNet's, which are not available. Here "
        "are those of an EfficientNet-Lite0, computed from the images of all four domains, and a GoogLeNet's as they "
        "are passed on, of unstated weights and without caltech10.",
        "Paper scale adds the features of a ViT-B/16 that learnt ImageNet-1k, whose weights timm fetches, and five "
        "seeds for the networks. It has not been run.",
        "Both networks learnt ImageNet, whose photographs are of the kind of these domains and may share images with "
        "them.",
        "Conventions are those of office_caltech, which were found or chosen on SURF features: on the others they are "
        "the same, so that two sides of a claim differ in features and method alone, and are no best choice. Its row "
        "of GFK with dimensions by pair, fitted to a paper's table, is left out.",
        "A claim about all methods goes by the method that leaves least. What features gain is measured without "
        "adaptation under the normalisation and the classifier of the method that they are compared with. Without "
        "adaptation, too, features have mean 0 and deviation 1 in each domain by itself, which sees the target's "
        "features and aligns these two. A method that projects is compared with PCA to as many dimensions.",
        "Images are those of the variant jpeg88: larger ones were compressed again. Draws of labelled images differ "
        "between kinds of features.",
        "Networks have a bottleneck of 256 units above the features, 1,500 steps of 64 + 64 images and three seeds, "
        "and go by the last weights; DANN's adversary is its paper's for photographs. All of the source is labelled "
        "there, so that they are no side of a claim with a shallow method. Of images that occur twice in their source, "
        "one is left out.",
        "A published number stands beside EfficientNet features as context: it is of DeCAF6.",
    ),
)
