"""Classic transfer learning: methods in three lines, measures, and studies that reproduce papers.

`mtl_bench.TCA().fit(xs, ys, xt).predict(xt)` and `mtl_bench.DANN().fit(images, labels, target).predict(target)`: the
names in `__init__.pyi` are public and stay. What one of them needs is imported when it is first used.
"""

from __future__ import annotations

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
