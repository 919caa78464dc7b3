"""Classic transfer learning: methods in three lines, measures, and studies that reproduce papers.

`mtl_bench.TCA().fit(xs, ys, xt).predict(xt)` and `mtl_bench.DANN().fit(images, labels, target).predict(target)`: the
names below are public and stay. What one of them needs is imported when it is first used.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mtl_bench.estimators.deep import (
        ADDA as ADDA,
    )  # fmt: skip
    from mtl_bench.estimators.deep import (
        CDAN as CDAN,
    )
    from mtl_bench.estimators.deep import (
        CMD as CMD,
    )
    from mtl_bench.estimators.deep import (
        DAN as DAN,
    )
    from mtl_bench.estimators.deep import (
        DANN as DANN,
    )
    from mtl_bench.estimators.deep import (
        DDC as DDC,
    )
    from mtl_bench.estimators.deep import (
        DRCN as DRCN,
    )
    from mtl_bench.estimators.deep import (
        DSN as DSN,
    )
    from mtl_bench.estimators.deep import (
        JAN as JAN,
    )
    from mtl_bench.estimators.deep import (
        MCD as MCD,
    )
    from mtl_bench.estimators.deep import (
        MDD as MDD,
    )
    from mtl_bench.estimators.deep import (
        MMD as MMD,
    )
    from mtl_bench.estimators.deep import (
        RTN as RTN,
    )
    from mtl_bench.estimators.deep import (
        AdaBN as AdaBN,
    )
    from mtl_bench.estimators.deep import (
        DeepCORAL as DeepCORAL,
    )
    from mtl_bench.estimators.deep import (
        SourceOnly as SourceOnly,
    )
    from mtl_bench.estimators.shallow import (
        CORAL as CORAL,
    )  # fmt: skip
    from mtl_bench.estimators.shallow import (
        GFK as GFK,
    )
    from mtl_bench.estimators.shallow import (
        JDA as JDA,
    )
    from mtl_bench.estimators.shallow import (
        KMM as KMM,
    )
    from mtl_bench.estimators.shallow import (
        PCA as PCA,
    )
    from mtl_bench.estimators.shallow import (
        SA as SA,
    )
    from mtl_bench.estimators.shallow import (
        SSTCA as SSTCA,
    )
    from mtl_bench.estimators.shallow import (
        TCA as TCA,
    )
    from mtl_bench.estimators.shallow import (
        NoAdaptation as NoAdaptation,
    )
    from mtl_bench.estimators.shallow import (
        OptimalTransport as OptimalTransport,
    )
    from mtl_bench.models.pretrained import Pretrained as Pretrained

PUBLIC = {
    "mtl_bench.estimators.shallow": (
        "CORAL", "GFK", "JDA", "KMM", "PCA", "SA", "SSTCA", "TCA", "NoAdaptation", "OptimalTransport",
    ),
    "mtl_bench.estimators.deep": (
        "ADDA", "CDAN", "CMD", "DAN", "DANN", "DDC", "DRCN", "DSN", "JAN", "MCD", "MDD", "MMD", "RTN", "AdaBN",
        "DeepCORAL", "SourceOnly",
    ),
    "mtl_bench.models.pretrained": ("Pretrained",),
}  # fmt: skip
_HOMES = {name: module for module, names in PUBLIC.items() for name in names}
__all__ = [*_HOMES]  # pyright: ignore[reportUnsupportedDunderAll]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"mtl_bench has no {name}; it has {', '.join(sorted(_HOMES))}")
    return getattr(importlib.import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *_HOMES})
