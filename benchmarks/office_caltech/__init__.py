"""Office-Caltech10, 2011 to 2018: TCA, JDA, CORAL and the other shallow methods on SURF features."""

from __future__ import annotations

from mtl_bench.plans.lines import ALL, AS_THEY_ARE, Shallow
from mtl_bench.published import Paper, addresses
from mtl_bench.study import Claim, Contrast, Study, accuracy, half_of
from mtl_bench.views.dots import Dots
from mtl_bench.views.grid import Grid
from mtl_bench.views.sweep import Sweep

from .numbers import CORAL, JDA, JGSA, MEDA, PAIRS, TABLE, published
from .plan import BY_DIMENSION, BY_MU, CHOOSING, FULL, JUDGING, MEAN, SPLITS, plan
from .rows import (
    CORAL_OVER_NONE,
    JDA_OVER_TCA,
    LENGTH_1,
    LIBSVM,
    NONE,
    SA_30,
    SCALED,
    SVM,
    TCA_OVER_PCA,
    TRANSPORT,
    UNIT,
    WEIGHTED,
    Comparison,
    alone,
    coral,
    gfk,
    paper_tca,
    pca,
    tca,
)


def judged(row: Shallow) -> Contrast:
    """On the sampling protocol, where a replicate is a draw of the labelled source images; over all 12 pairs."""
    return accuracy(**row.convention, protocol=SPLITS, half=JUDGING)


def gain(of: Shallow, over: Shallow) -> tuple[Contrast, ...]:
    return (judged(of) - judged(over),)


def primary(text: str, comparison: Comparison, of: Paper, row: str, baseline: str) -> Claim:
    """Its size is the gain in a paper's table, of the full protocol; half of it is the smallest that counts."""
    size = of.gain(TABLE, row, baseline, PAIRS)
    source = f"{of}, {TABLE} (full protocol, each row under a convention of its own)"
    return Claim(text, gain(*comparison.sides), source, published=size, smallest_effect=half_of(size))


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
        primary("TCA beats PCA with 1-NN, both under one convention", TCA_OVER_PCA, MEDA, "TCA", "PCA"),
        primary("JDA beats TCA, both under one convention", JDA_OVER_TCA, JDA, "JDA(100)+1NN", "TCA(100)+1NN"),
        primary(
            "CORAL beats no adaptation with an SVM, both under one convention", CORAL_OVER_NONE, MEDA, "CORAL", "SVM"
        ),
        Claim(
            "CORAL beats no adaptation where images have not length 1, with LIBSVM",
            gain(coral(SCALED, LIBSVM), alone(SCALED, LIBSVM)),
            f"{MEDA}, {TABLE} (full protocol)",
            published=MEDA.gain(TABLE, "CORAL", "SVM", PAIRS),
            primary=False,
        ),
        Claim(
            "GFK beats PCA of the same 20 dimensions",
            gain(gfk(20), pca(20)),
            f"{JDA}, {TABLE} (full protocol, other dimensions)",
            published=JDA.gain(TABLE, "GFK(100)+1NN", "PCA(100)+1NN", PAIRS),
            primary=False,
        ),
        Claim(
            "SA beats PCA of the same 30 dimensions",
            gain(SA_30, pca(30)),
            "B. Fernando et al., ICCV 2013, on their own normalisation",
            primary=False,
        ),
        Claim(
            "Released TCA, whose components keep their variances, beats the paper's, which have equal variances",
            gain(tca(30, UNIT, AS_THEY_ARE), paper_tca(30)),
            "nobody's claim: the two are called by one name",
            primary=False,
            varies=("method.variant",),
        ),
        Claim(
            "Projected points of length 1 help PCA more than TCA then adds",
            (2 * judged(pca(30, UNIT, LENGTH_1)) - judged(pca(30, UNIT)) - judged(tca(30)),),
            "nobody's claim: tables compare methods across normalisations",
            primary=False,
            varies=("method", "method.projected"),
        ),
        Claim(
            "Optimal transport with classes beats no adaptation",
            gain(TRANSPORT, alone(UNIT)),
            "Courty et al., PAMI 2017, on their own normalisation",
            primary=False,
        ),
        Claim(
            "KMM's weights help an SVM",
            gain(WEIGHTED, alone(UNIT, SVM)),
            "Huang et al., NIPS 2006, on other data",
            primary=False,
        ),
    ),
    views=(
        Dots("Mean over the 12 pairs, full protocol", where={**MEAN, "protocol": FULL}),
        Sweep(
            "The weight mu of the identity, 30 dimensions (mean over the 12 pairs, full protocol)",
            x="mu",
            where={"protocol": BY_MU},
        ),
        Sweep("The dimension, mu = 1 (mean over the 12 pairs, full protocol)", where={"protocol": BY_DIMENSION}),
        Grid("Every pair, full protocol", where={"protocol": FULL}),
        Grid(
            "Every pair, 20 labelled source images per class (8 of webcam and dslr)",
            where={"protocol": SPLITS, "half": JUDGING},
        ),
        Grid("Conventions, on the half of the target's points that chose them", where={"half": CHOOSING}),
    ),
    deviations=(
        "The tables do not say how features were normalised. Conventions that give the published rows, up to rounding, "
        "were found by comparison with them on the full protocol; those rows say “fitted”, and that they come out is "
        "no evidence for a method. They are: each image's counts divided by their sum, then each domain's features "
        "brought to mean 0 and deviation 1 (1-NN; PCA with 100 dimensions in JDA's table and with 30 in MEDA's); the "
        "same, then each image of length 1, and projected points of length 1 (TCA with 30 dimensions in MEDA's table, "
        "JDA with 100 in JDA's and with 30 in MEDA's). JDA's row of TCA is a third variant: dimension 100, without "
        "unit length, eigenvectors of length 1. So the tables compare methods under different conventions.",
        "Each primary claim compares two methods under one convention: of all combinations of input scaling, "
        "dimension (30 or 100) and length of projected points, or of scaling and SVM, the one under which the mean of "
        "both methods' accuracies is highest on one half of each target's points, with three draws of labelled source "
        "points. The claims are judged on the other half, with other draws. The methods see the features of both "
        "halves. An earlier version judged TCA with projected points of length 1 against PCA without: that difference "
        "was the larger part of its +2.5. For CORAL the rule chooses images of length 1, where it changes next to "
        "nothing; without unit length an exploratory claim stands beside.",
        "What comes out otherwise than in the tables, and why: there TCA's projected points have length 1 and PCA's "
        "have not, and JDA's have where TCA's have not; under one convention the gains are a fraction of the "
        "printed ones. That CORAL gains nothing is said of the convention that the rule chose, under which both "
        "sides are best.",
        "The rows that chose the conventions were computed before the declaration, which is what they are for.",
        "Which combinations were candidates was known from the full protocol, whose tested points include those that "
        "are judged on. There are no other data: the tables use all of them.",
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
        "identity outweighs them and CORAL changes next to nothing. C is 1; CORAL's authors cross-validate it.",
        "Normalisation by domain, PCA, and every adapting method see the target's test features, as in the papers. The "
        "statistics of a source domain are those of all its images, also where few of them are labelled.",
        "The papers' methods TSL, SCA, JGSA and MEDA are not implemented. DeCAF6 features are not available, so "
        "nothing is said about deep features here.",
        "SSTCA, KMM and optimal transport have the defaults of this package, which were not tuned; Sinkhorn's "
        "iteration does not always reach its tolerance of 1e-6 here: a plan whose sums are wrong by less than 1e-3 is "
        "used, with a warning that its table counts, and a worse one is refused.",
        "The tables were read in transferlearning's data/benchmark.md. It is a third party's collection of JDA's and "
        "JGSA's tables, and MEDA's author's own of MEDA's.",
    ),
)
