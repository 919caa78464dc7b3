"""The usual lines: every method of this package above a network that stands still, as each paper means it."""

from __future__ import annotations

from mtl_bench.methods.deep.adabn import AdaBN
from mtl_bench.methods.deep.adda import ADDA
from mtl_bench.methods.deep.cdan import CDAN
from mtl_bench.methods.deep.cmd import CMD
from mtl_bench.methods.deep.dan import DAN
from mtl_bench.methods.deep.dan_released import DANReleased
from mtl_bench.methods.deep.dann import DANN
from mtl_bench.methods.deep.ddc import DDC
from mtl_bench.methods.deep.deep_coral import DeepCORAL
from mtl_bench.methods.deep.drcn import DRCN
from mtl_bench.methods.deep.dsn import DSN
from mtl_bench.methods.deep.jan import JAN
from mtl_bench.methods.deep.mcd import MCD
from mtl_bench.methods.deep.mdd import MDD
from mtl_bench.methods.deep.rtn import RTN
from mtl_bench.methods.deep.source_only import SourceOnly
from mtl_bench.methods.shallow.classifier import Classifier
from mtl_bench.methods.shallow.coral import CORAL
from mtl_bench.methods.shallow.gfk import GFK
from mtl_bench.methods.shallow.jda import JDA
from mtl_bench.methods.shallow.kmm import KMM
from mtl_bench.methods.shallow.no_adaptation import NoAdaptation
from mtl_bench.methods.shallow.ot import OptimalTransport
from mtl_bench.methods.shallow.pca import PCA
from mtl_bench.methods.shallow.sa import SA
from mtl_bench.methods.shallow.tca import TCA
from mtl_bench.models.bottleneck import Bottleneck
from mtl_bench.plans.lines import Deep, Shallow

NONE = "no adaptation"  # of a shallow classifier, and of a network: "source only" elsewhere
SUM = 5.0  # times the mean of five kernels: their sum, as in the authors' code; the paper selects its weight
START = 1 / 6  # of DSN's terms; its paper's 10,000 steps are longer than these runs
NORMALISED = Bottleneck(normalised=True)

SOURCE_ONLY = Deep(NONE, SourceOnly(), family="none")
DDC_2014 = Deep("DDC", DDC(), 2014, "discrepancy")
DAN_2015 = Deep("DAN", DAN(SUM, layers="features and head"), 2015, "discrepancy")
ONE_KERNEL = Deep("DAN, one kernel", DAN(SUM, "one", "features and head"), family="discrepancy")
MANY_KERNELS = Deep("DAN, 33 kernels", DAN(SUM, "33", "features and head"), family="discrepancy")
LOGITS_ALONE = Deep("DAN, logits alone", DAN(SUM, layers="head"), family="discrepancy")
BOTTLENECK_ALONE = Deep("DAN, bottleneck alone", DAN(SUM, layers="features"), family="discrepancy")
XLEARN = Deep("DAN, as released in Xlearn", DANReleased("Xlearn"), family="discrepancy")
TLLIB = Deep("DAN, as released in TLlib", DANReleased("TLlib"), family="discrepancy")
DANN_2015 = Deep("DANN", DANN(), 2015, "adversarial")
# The paper's adversary for Office-31, with the dropout of CDAN's code: CDAN's differs from it in what it sees alone.
DANN_1024 = Deep("DANN, 1024-1024", DANN(hidden=1024, hidden_layers=2, dropout=0.5), 2015, "adversarial")
RTN_2016 = Deep("RTN", RTN(), 2016)
RTN_RAMPED = Deep("RTN, entropy as released", RTN(horizon=0.1))
DEEP_CORAL_2016 = Deep("Deep CORAL", DeepCORAL(), 2016, "discrepancy")
DRCN_2016 = Deep("DRCN", DRCN(), 2016)
DSN_2016 = Deep("DSN with DANN", DSN(similarity="DANN", start=START), 2016)
CMD_2017 = Deep("CMD", CMD(), 2017, "discrepancy")  # a sigmoid, as the authors', learns the source far more slowly
CMD_ALONE = Deep("CMD, weight 0", CMD(weight=0.0), family="none")  # source only on CMD's bounded layer
JAN_2017 = Deep("JAN", JAN(SUM), 2017, "discrepancy")
ADDA_2017 = Deep("ADDA", ADDA(), 2017, "adversarial")
MCD_2018 = Deep("MCD", MCD(), 2018, "adversarial")
CDAN_2018 = Deep("CDAN", CDAN(), 2018, "adversarial")
CDAN_E_2018 = Deep("CDAN+E", CDAN(entropy=True), 2018, "adversarial")
MDD_2019 = Deep("MDD", MDD(), 2019, "adversarial")
BATCH_NORM = (
    Deep(NONE, SourceOnly(), family="none", network=NORMALISED),
    Deep("AdaBN", AdaBN(), 2016, network=Bottleneck(normalised=True, batch_norm="per domain")),
)

DEEP = (
    SOURCE_ONLY, DDC_2014, DAN_2015, ONE_KERNEL, MANY_KERNELS, LOGITS_ALONE, BOTTLENECK_ALONE, XLEARN, TLLIB, DANN_2015,
    DANN_1024, RTN_2016, RTN_RAMPED, DEEP_CORAL_2016, DRCN_2016, DSN_2016, CMD_2017, CMD_ALONE, JAN_2017, ADDA_2017,
    MCD_2018, CDAN_2018, CDAN_E_2018, MDD_2019, *BATCH_NORM,
)  # fmt: skip
DISCREPANCY = (DDC_2014, DAN_2015, JAN_2017, CMD_2017, DEEP_CORAL_2016)
ADVERSARIAL = (DANN_2015, CDAN_2018, MCD_2018, MDD_2019)

LIBSVM: Classifier = "one-against-one SVM"
NEIGHBOUR = Shallow(NONE, NoAdaptation(), "unit length")
PCA_100 = Shallow("PCA", PCA(100, projected="length 1"), "unit length", 100)
TCA_2011 = Shallow("TCA", TCA(100, variant="released", projected="length 1"), "unit length", 100, year=2011)
# The SVM of CORAL's authors; the other one needs minutes for long features of variance 1.
Z_SCORED = Shallow(f"{NONE}, z-scored", NoAdaptation(LIBSVM), "z-score", classifier=LIBSVM)
CORAL_2016 = Shallow("CORAL", CORAL(classifier=LIBSVM), "z-score", classifier=LIBSVM, year=2016)
JDA_2013 = Shallow("JDA", JDA(100, kernel="linear"), "unit length", 100, year=2013)
SHALLOW = (
    NEIGHBOUR,
    Shallow(NONE, NoAdaptation("linear SVM"), "unit length", classifier="linear SVM"),
    Z_SCORED,
    PCA_100,
    Shallow("KMM", KMM(), "unit length", classifier="linear SVM", year=2006),
    TCA_2011,
    Shallow("GFK", GFK(20), "unit length", 20, year=2012),
    Shallow("SA", SA(100, classifier="1-NN", normalise=False), "z-score", 100, year=2013),
    JDA_2013,
    CORAL_2016,
    Shallow("OT with classes", OptimalTransport(), "unit length", year=2017),
)
