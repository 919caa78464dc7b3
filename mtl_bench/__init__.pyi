from .datasets.feature_table import FeatureTable
from .datasets.folder import ImageFolder
from .datasets.text_table import TextTable
from .estimators.deep import (
    ADDA,
    CDAN,
    CMD,
    DAN,
    DANN,
    DDC,
    DRCN,
    DSN,
    JAN,
    MCD,
    MDD,
    MMD,
    RTN,
    AdaBN,
    DeepCORAL,
    SourceOnly,
)
from .estimators.features import features
from .estimators.shallow import (
    CORAL,
    GFK,
    JDA,
    KMM,
    MSDA,
    PCA,
    SA,
    SCL,
    SSTCA,
    TCA,
    NoAdaptation,
    OptimalTransport,
)
from .measures.networks import similarity
from .models.pretrained import Pretrained
from .results.loading import load
from .results.predictions import predictions

__all__ = [
    "ADDA",
    "CDAN",
    "CMD",
    "CORAL",
    "DAN",
    "DANN",
    "DDC",
    "DRCN",
    "DSN",
    "GFK",
    "JAN",
    "JDA",
    "KMM",
    "MCD",
    "MDD",
    "MMD",
    "MSDA",
    "PCA",
    "RTN",
    "SA",
    "SCL",
    "SSTCA",
    "TCA",
    "AdaBN",
    "DeepCORAL",
    "FeatureTable",
    "ImageFolder",
    "NoAdaptation",
    "OptimalTransport",
    "Pretrained",
    "SourceOnly",
    "TextTable",
    "features",
    "load",
    "predictions",
    "similarity",
]
