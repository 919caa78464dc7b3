"""Office-Caltech10, 2011 to 2018: TCA, JDA, CORAL and the other shallow methods on SURF features."""

from __future__ import annotations

from mtl_bench.published import addresses
from mtl_bench.study import Claim, Contrast, Study, accuracy, half_of
from mtl_bench.views.bars import Bars
from mtl_bench.views.grid import Grid
from mtl_bench.views.sweep import Sweep

from .numbers import CORAL, JDA, JGSA, MEDA, PAIRS, TABLE, published
from .plan import (
    ALL,
    BY_DIMENSION,
    BY_MU,
    FULL,
    LIBSVM,
    MEAN,
    NONE,
    SCALED,
    SPLITS,
    SVM,
    TWENTY_OR_TEN,
    UNIT,
    Row,
    line,
    plan,
)


def judged(row: Row) -> Contrast:
    return accuracy(**row.labels, protocol=SPLITS)


def gain(of: Row, over: Row) -> tuple[Contrast, ...]:
    """On the sampling protocol, where a replicate is a draw of the labelled source images; over all 12 pairs."""
    return (judged(of) - judged(over),)


STUDY = Study(
    title="Office-Caltech10: do shallow methods adapt SURF features?",
    question=(
        "Ten kinds of things on shop pages, in Caltech-256 and before two cameras, described by visual words. Which "
        "classic methods carry labels from one of these domains to another, and which of the published tables come out "
        "again?"
    ),
    paper=(
        "M. Long et al., Transfer Feature Learning with Joint Distribution Adaptation, ICCV 2013, with the methods "
        "that it and later tables compare: S. J. Pan et al., Domain Adaptation via Transfer Component Analysis, IEEE "
        "TNN 22(2), 2011; B. Gong et al., Geodesic Flow Kernel, CVPR 2012; B. Fernando et al., Subspace Alignment, "
        "ICCV 2013; B. Sun et al., Return of Frustratingly Easy Domain Adaptation, AAAI 2016; J. Zhang et al., Joint "
        "Geometrical and Statistical Alignment, CVPR 2017; J. Wang et al., Manifold Embedded Distribution Alignment, "
        "ACM MM 2018"
    ),
    plan=plan,
    papers=addresses(JDA, JGSA, MEDA, CORAL),
    chance=10,
    seeds={"smoke": 2, "paper": 20},
    baseline={"method": NONE, "dimension": ALL},
    ceiling=None,
    published=tuple(published()),
    claims=(
        Claim(
            "TCA beats PCA of the same 30 dimensions with 1-NN",
            gain(line("TCA", 30, UNIT), line("PCA", 30, UNIT)),
            f"{MEDA}, {TABLE} (full protocol; its PCA is on features without unit length)",
            published=MEDA.gain(TABLE, "TCA", "PCA", PAIRS),
            smallest_effect=half_of(MEDA.gain(TABLE, "TCA", "PCA", PAIRS)),
        ),
        Claim(
            "JDA beats TCA, both with 30 dimensions",
            gain(line("JDA", 30, UNIT), line("TCA", 30, UNIT)),
            f"{MEDA}, {TABLE} (full protocol)",
            published=MEDA.gain(TABLE, "JDA", "TCA", PAIRS),
            smallest_effect=half_of(MEDA.gain(TABLE, "JDA", "TCA", PAIRS)),
        ),
        Claim(
            "CORAL beats no adaptation with an SVM",
            gain(line("CORAL", ALL, SCALED, LIBSVM), line(NONE, ALL, SCALED, LIBSVM)),
            f"{MEDA}, {TABLE} (full protocol)",
            published=MEDA.gain(TABLE, "CORAL", "SVM", PAIRS),
            primary=False,
        ),
        Claim(
            "JDA with 100 dimensions beats TCA with 100, each as in JDA's table",
            gain(line("JDA", 100, UNIT), line("TCA, unit length", 100)),
            f"{JDA}, {TABLE} (full protocol)",
            published=JDA.gain(TABLE, "JDA(100)+1NN", "TCA(100)+1NN", PAIRS),
            primary=False,
            varies=("method", "method.variant", "normalisation"),
        ),
        Claim(
            "GFK beats PCA",
            gain(line("GFK", TWENTY_OR_TEN), line("PCA", 100)),
            f"{JDA}, {TABLE} (full protocol)",
            published=JDA.gain(TABLE, "GFK(100)+1NN", "PCA(100)+1NN", PAIRS),
            primary=False,
            varies=("method", "method.dimension"),
        ),
        Claim(
            "SA beats PCA of the same 30 dimensions",
            gain(line("SA", 30), line("PCA", 30)),
            "B. Fernando et al., ICCV 2013, on their own normalisation",
            primary=False,
        ),
        Claim(
            "Released TCA, whose components keep their variances, beats the paper's, which have equal variances",
            gain(line("TCA", 30, UNIT), line("TCA, paper", 30, UNIT)),
            "nobody's claim: the two are called by one name",
            primary=False,
            varies=("method.variant",),
        ),
        Claim(
            "Images of length 1 help one nearest neighbour more than TCA then adds",
            (2 * judged(line(NONE, ALL, UNIT)) - judged(line(NONE, ALL, SCALED)) - judged(line("TCA", 30, UNIT)),),
            "nobody's claim: tables compare methods across normalisations",
            primary=False,
            varies=("method", "normalisation"),
        ),
        Claim(
            "Optimal transport with classes beats no adaptation",
            gain(line("OT with classes", ALL, UNIT), line(NONE, ALL, UNIT)),
            "Courty et al., PAMI 2017, on their own normalisation",
            primary=False,
        ),
        Claim(
            "KMM's weights help an SVM",
            gain(line("KMM", ALL, UNIT, SVM), line(NONE, ALL, UNIT, SVM)),
            "Huang et al., NIPS 2006, on other data",
            primary=False,
        ),
    ),
    views=(
        Bars("Mean over the 12 pairs, full protocol", where={**MEAN, "protocol": FULL}),
        Sweep(
            "The weight mu of the identity, 30 dimensions (mean over the 12 pairs, full protocol)",
            x="mu",
            where={"protocol": BY_MU},
        ),
        Sweep("The dimension, mu = 1 (mean over the 12 pairs, full protocol)", where={"protocol": BY_DIMENSION}),
        Grid("Every pair, full protocol", where={"protocol": FULL}),
        Grid("Every pair, 20 labelled source images per class (8 of webcam and dslr)", where={"protocol": SPLITS}),
    ),
    deviations=(
        "The tables do not say how features were normalised. These conventions give the rows that are compared, up to "
        "rounding: each image's counts divided by their sum, then each domain's features brought to mean 0 and "
        "deviation 1 (1-NN; PCA with 100 dimensions in JDA's table and with 30 in MEDA's); the same and then each "
        "image of length 1 (TCA with 30 dimensions in MEDA's table, JDA with 100 in JDA's and with 30 in MEDA's). "
        "JDA's row of TCA is a third variant: dimension 100, without unit length, eigenvectors of length 1. They were "
        "found on the full protocol, by comparison with the tables; the claims are judged on the sampling protocol.",
        "Published numbers are of the full protocol (all source labels, all of the target unlabelled and tested). The "
        "claims are judged on 20 draws of 20 labelled source images per class (8 of webcam and dslr), as in the papers "
        "of GFK, SA and CORAL: the full protocol has nothing to repeat. A published gain stands beside a contrast of "
        "the other protocol.",
        "The row of GFK in JDA's table is printed with dimension 100. It comes out, entry by entry, with dimension 20 "
        "for some pairs and 10 for others; those of 10 were found by comparison with it, so that row is no choice free "
        "of labels, and GFK with dimension 20 throughout stands beside it.",
        "Not reproduced: SA and TCA of JGSA's table, whose row of JDA repeats that of JDA's paper but for one entry; "
        "GFK, SVM and CORAL of MEDA's table. Its row of an SVM without adaptation averages below every SVM tried here, "
        "and CORAL's gain over it is larger than any that was found.",
        "CORAL adds the identity to both covariances. On images of length 1, whose variances are near 1/800, the "
        "identity outweighs them and CORAL changes next to nothing; its claim is shown without unit length, with "
        "LIBSVM and C = 1. CORAL's authors cross-validate C.",
        "Normalisation by domain, PCA, and every adapting method see the target's test features, as in the papers. The "
        "statistics of a source domain are those of all its images, also where few of them are labelled.",
        "The papers' methods TSL, SCA, JGSA and MEDA are not implemented. DeCAF6 features are not available, so "
        "nothing is said about deep features here.",
        "SSTCA, KMM and optimal transport have the defaults of this package, which were not tuned; Sinkhorn's "
        "iteration does not always reach its tolerance of 1e-6 here: a plan whose sums are wrong by less than 1e-3 is "
        "used, with a warning that its table counts, and a worse one is refused.",
        "Normalisation and SVM of CORAL's claim were decided after a look at full-protocol accuracies, so that claim, "
        "first declared primary, is shown and not judged. The exploratory claim about images of length 1 was added, "
        "and that of GFK moved from dimension 20 to 20 or 10, after the judged run; KMM was computed again after a "
        "fault in it was repaired (classes that lose all their weight).",
        "The tables were read in transferlearning's data/benchmark.md. It is a third party's collection of JDA's and "
        "JGSA's tables, and MEDA's author's own of MEDA's.",
    ),
)
