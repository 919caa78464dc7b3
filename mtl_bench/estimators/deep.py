"""Deep methods with scikit-learn's habits: `DANN().fit(images_or_features, labels, target).predict(target)`.

The defaults are those of the row of the same name in this package's tables of features. Parameters of the method are
those of a frozen value in `mtl_bench.methods.deep`, whose docstring says what they are.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

from mtl_bench.estimators.training import DeepEstimator
from mtl_bench.methods.deep import (
    adabn,
    adda,
    cdan,
    cmd,
    dan,
    dann,
    ddc,
    deep_coral,
    drcn,
    dsn,
    jan,
    mcd,
    mdd,
    mmd,
    rtn,
    source_only,
)  # fmt: skip


@dataclass(eq=False, repr=False)
class SourceOnly(DeepEstimator):
    of: ClassVar[type[Any]] = source_only.SourceOnly


@dataclass(eq=False, repr=False)
class DDC(DeepEstimator):
    of: ClassVar[type[Any]] = ddc.DDC

    weight: float = 0.25


@dataclass(eq=False, repr=False)
class DAN(DeepEstimator):
    of: ClassVar[type[Any]] = dan.DAN

    weight: float = 5.0
    kernels: dan.Kernels = "mean"
    layers: dan.Layers = "features and head"


@dataclass(eq=False, repr=False)
class DANN(DeepEstimator):
    of: ClassVar[type[Any]] = dann.DANN

    gamma: float = 10.0
    hidden: int = 100
    domain_loss: dann.DomainLoss = "sum of means"
    hidden_layers: int = 1
    dropout: float = 0.0


@dataclass(eq=False, repr=False)
class MMD(DeepEstimator):
    of: ClassVar[type[Any]] = mmd.MMD

    gamma: float = 0.25
    start: float = 0.05


@dataclass(eq=False, repr=False)
class RTN(DeepEstimator):
    of: ClassVar[type[Any]] = rtn.RTN

    weight: float = 0.3
    entropy_weight: float = 0.3
    residual: bool = True
    horizon: float | None = None


@dataclass(eq=False, repr=False)
class DeepCORAL(DeepEstimator):
    of: ClassVar[type[Any]] = deep_coral.DeepCORAL

    weight: float | Literal["balanced"] = "balanced"


@dataclass(eq=False, repr=False)
class DRCN(DeepEstimator):
    of: ClassVar[type[Any]] = drcn.DRCN

    weight: float = 0.7
    noise: float = 0.4
    reconstructs: drcn.Reconstructs = "target"


@dataclass(eq=False, repr=False)
class DSN(DeepEstimator):
    of: ClassVar[type[Any]] = dsn.DSN

    alpha: float = 0.015
    beta: float = 0.075
    gamma: float = 0.25
    start: float = 1 / 6
    hidden: int = 100
    similarity: Literal["DANN", "MMD"] = "DANN"


@dataclass(eq=False, repr=False)
class CMD(DeepEstimator):
    of: ClassVar[type[Any]] = cmd.CMD

    weight: float = 1.0
    moments: int = 5
    bounded: cmd.Bound = "tanh"


@dataclass(eq=False, repr=False)
class JAN(DeepEstimator):
    of: ClassVar[type[Any]] = jan.JAN

    weight: float = 5.0
    gamma: float | None = 10.0
    kernels: jan.Kernels = "mean"


@dataclass(eq=False, repr=False)
class ADDA(DeepEstimator):
    of: ClassVar[type[Any]] = adda.ADDA
    named: ClassVar[Mapping[str, str]] = {"learning_rate": "adversary_rate"}

    source_phase: float = 0.5
    adversary_rate: float = 2e-4
    beta1: float = 0.5
    hidden: int = 500


@dataclass(eq=False, repr=False)
class MCD(DeepEstimator):
    of: ClassVar[type[Any]] = mcd.MCD

    generator_steps: int = 4


@dataclass(eq=False, repr=False)
class CDAN(DeepEstimator):
    of: ClassVar[type[Any]] = cdan.CDAN

    entropy: bool = False
    gamma: float = 10.0
    horizon: float = 1.0
    domain_loss: dann.DomainLoss = "sum of means"
    randomised_above: int | None = 4096
    random_dimension: int = 1024
    hidden: int = 1024
    dropout: float = 0.5


@dataclass(eq=False, repr=False)
class MDD(DeepEstimator):
    of: ClassVar[type[Any]] = mdd.MDD

    gamma: float = 4.0
    eta: float = 0.1
    alpha: float = 1.0
    horizon: float = 0.01


@dataclass(eq=False, repr=False)
class AdaBN(DeepEstimator):
    of: ClassVar[type[Any]] = adabn.AdaBN
