"""BSDS500's training photographs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from mtl_bench.datasets.files.acquire import File, announce
from mtl_bench.datasets.files.extract import Tree
from mtl_bench.datasets.files.pixels import images_in, rgb
from mtl_bench.datasets.files.transfer import Report

Array = np.ndarray[Any, Any]
PAGE = "https://www2.eecs.berkeley.edu/Research/Projects/CS/vision/grouping/resources.html"
ARCHIVE = File(
    "BSR_bsds500.tgz",
    ("http://www.eecs.berkeley.edu/Research/Projects/CS/vision/grouping/BSR/BSR_bsds500.tgz",),
    size=70_763_455,
    page=PAGE,
    instead=(
        File(
            "BSR_bsds500_train.tar",
            hashes=("sha256:89e408d6d2b99e0c00968636773f2c38d4d74da10d07bf950db4863525bb5d69",),
            size=14_929_920,
        ),
    ),
)
PHOTOGRAPHS = Tree(
    "train",
    ARCHIVE,
    keep="BSR/BSDS500/data/images/train/*.jpg",
    count=200,
    sha256="227963524b946ed14c357867c98bfccedda535f86a03193536cc0666245520b5",
)


@dataclass(frozen=True)
class BSDS500:
    """The 200 training photographs of the Berkeley segmentation data (Arbelaez, Maire, Fowlkes and Malik, 2011).

    They have two shapes and no classes: MNIST-M takes its backgrounds from them.
    """

    name: ClassVar[str] = "bsds500"
    folder: ClassVar[str] = "bsds500"
    variant: ClassVar[str] = "original"
    licence: ClassVar[str] = "non-commercial research and education"
    files: ClassVar[tuple[Tree, ...]] = (PHOTOGRAPHS,)

    @classmethod
    def examples(cls) -> tuple[BSDS500, ...]:
        return (cls(),)

    def fetch(self, report: Report = announce) -> None:
        PHOTOGRAPHS.obtain(self.folder, report)

    def photographs(self) -> list[Array]:
        """200 uint8 arrays (3, 321, 481) or (3, 481, 321), in the order of their file names."""
        paths = images_in(PHOTOGRAPHS.obtain(self.folder) / "BSR/BSDS500/data/images/train")
        return [np.moveaxis(np.asarray(rgb(path)), -1, 0) for path in paths]
