"""`mtl-bench` with DomainNet from the local server at DOMAINNET_URL: python -m tests.datasets.domainnet_study run …

Workers import this module too, as the one that their parent started with, so that they look at the same server.
"""

from __future__ import annotations

import os
from importlib import import_module

import pytest

from mtl_bench import workspace
from mtl_bench.__main__ import main
from mtl_bench.datasets.domainnet_lists import CLASSES_40
from tests.datasets.domainnet_like import SPLITS, look_at

DOMAINS = ("clipart", "sketch")
STEPS = 4


def amount(name: str, split: str) -> int:
    """A few images of the classes that laptop scale has, and one of each other class, which it leaves out."""
    return (2, 1)[SPLITS.index(split)] if name in CLASSES_40 else 1


if __name__ in ("__main__", "__mp_main__"):
    patch = pytest.MonkeyPatch()
    for domain in DOMAINS:
        look_at(os.environ["DOMAINNET_URL"], patch, domain, amount)
if __name__ == "__main__":
    workspace.load("domainnet")
    import_module("mtl_bench.loaded.domainnet.plan").STEPS["laptop"] = STEPS
    main()
