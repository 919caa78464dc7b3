"""Office-Caltech10, as features."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from mtl_bench.datasets.files.acquire import File
from mtl_bench.datasets.files.declaration import FromFiles
from mtl_bench.datasets.files.decoders import matlab

Array = np.ndarray[Any, Any]
COUNTS = {"amazon": 958, "caltech10": 1_123, "dslr": 157, "webcam": 295}
PAGE = "https://github.com/jindongwang/transferlearning/blob/master/data/dataset.md"
FILES = {
    domain: File(f"{name}_SURF_L10.mat", hashes=(f"sha256:{digest}",), size=size, page=PAGE)
    for domain, name, size, digest in (
        ("amazon", "amazon", 104_970, "df32548b994e18d364c99e1f317e1fae100597259f0423a41b90f4f68187bb1f"),
        ("caltech10", "Caltech10", 150_751, "4f9334c8ced489d5054de97a5fd51a61f017f3bcd1f38c9a85c6d78cb9d7bda5"),
        ("dslr", "dslr", 18_348, "44d673c68e1d07b837893aa74dba3b986e4a6cc3fd66f0dd357683bdef059216"),
        ("webcam", "webcam", 32_406, "a6a9c78b4b7181dfbb58bcfd351d4ebd737f171c31247b8884948aa156d3f700"),
    )
}


@dataclass(frozen=True)
class OfficeCaltechSURF(FromFiles):
    """Ten kinds of things on shop pages, in Caltech-256 and before two cameras: counts of 800 visual words per image.

    Gong, Shi, Sha and Grauman, CVPR 2012: SURF features, quantised by one vocabulary for all domains. One of the four
    domains; there are features only, no images and no split.
    """

    domain: str = "amazon"

    folder: ClassVar[str] = "office_caltech10"
    licence: ClassVar[str] = "unstated; research use, cite the paper"
    classes: ClassVar[tuple[str, ...]] = (
        "backpack",
        "bike",
        "calculator",
        "headphones",
        "keyboard",
        "laptop computer",
        "monitor",
        "mouse",
        "mug",
        "projector",
    )
    splits: ClassVar[tuple[str, ...]] = ("all",)
    variants: ClassVar[tuple[str, ...]] = ("surf",)
    domains: ClassVar[tuple[str, ...]] = tuple(COUNTS)
    shape: ClassVar[tuple[int, ...]] = (800,)
    dtype: ClassVar[type] = np.float64

    @property
    def name(self) -> str:
        return f"office-caltech10-{self.domain}-surf"

    @property
    def counts(self) -> dict[str, int]:
        return {"all": COUNTS[self.domain]}

    @property
    def files(self) -> tuple[File, ...]:
        return (FILES[self.domain],)

    def decode_inputs(self, split: str) -> Iterable[Array]:
        """Counts of words."""
        return [self._content("fts")]

    def decode_labels(self, split: str) -> Iterable[Array]:
        """The file counts from 1."""
        return [self._content("labels").reshape(-1) - 1]

    def _content(self, name: str) -> Array:
        """An array of the file in a fixed random order: it is sorted by class."""
        array = matlab(FILES[self.domain].obtain(self.folder), name).astype(np.int64)
        return array[np.random.default_rng(0).permutation(len(array))]
