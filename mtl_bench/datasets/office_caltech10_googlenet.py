"""Office-Caltech10, as features of GoogLeNet."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from mtl_bench.datasets.files.acquire import File
from mtl_bench.datasets.files.declaration import FromFiles
from mtl_bench.datasets.files.decoders import matlab
from mtl_bench.datasets.files.pixels import shuffled
from mtl_bench.datasets.office_caltech10 import COUNTS, PAGE, OfficeCaltechSURF

Array = np.ndarray[Any, Any]
FILES = {
    domain: File(f"GoogleNet1024/{domain}.mat", hashes=(f"sha256:{digest}",), size=size, page=PAGE)
    for domain, size, digest in (
        ("amazon", 3_931_880, "bae9ee6e8f7ca305120dd970f2c90471f4ef8dda4cb2ad2404c38bb26cb56ba9"),
        ("dslr", 644_576, "5f7c6211581f846b7b5534429fb62bfb7e490e88aacfc8bee97eb0b0224dbd89"),
        ("webcam", 1_210_928, "57774bbdf97433b5fb5a6333e302f077444c069537138b60ef417f48ee65d296"),
    )
}


@dataclass(frozen=True)
class OfficeCaltechGoogLeNet(FromFiles):
    """1,024 features of each image by a GoogLeNet, as the files are passed on; whose weights they are is unstated.

    The fourth domain, caltech10, is not among the files. Rows have the classes of `OfficeCaltechSURF`'s, but are not of
    the same images one by one: copies of amazon's photographs lie at other places of their class.
    """

    domain: str = "amazon"

    folder: ClassVar[str] = "office_caltech10"
    licence: ClassVar[str] = OfficeCaltechSURF.licence
    classes: ClassVar[tuple[str, ...]] = OfficeCaltechSURF.classes
    splits: ClassVar[tuple[str, ...]] = ("all",)
    variants: ClassVar[tuple[str, ...]] = ("googlenet",)
    domains: ClassVar[tuple[str, ...]] = tuple(FILES)
    shape: ClassVar[tuple[int, ...]] = (1_024,)
    dtype: ClassVar[type] = np.float32

    @property
    def name(self) -> str:
        return f"office-caltech10-{self.domain}-googlenet"

    @property
    def counts(self) -> dict[str, int]:
        return {"all": COUNTS[self.domain]}

    @property
    def files(self) -> tuple[File, ...]:
        return (FILES[self.domain],)

    def decode_inputs(self, split: str) -> Iterable[Array]:
        return [self._content("fts")]

    def decode_labels(self, split: str) -> Iterable[Array]:
        """The file counts from 1."""
        return [self._content("labels").reshape(-1).astype(np.int64) - 1]

    def _content(self, name: str) -> Array:
        """An array of the file, an entry per image, in a fixed random order: it is sorted by class."""
        array = matlab(FILES[self.domain].obtain(self.folder), name).reshape(COUNTS[self.domain], -1)
        return np.stack(shuffled(list(array)))
