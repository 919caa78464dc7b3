"""PneumoniaMNIST of MedMNIST."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from mtl_bench.datasets.files.acquire import File
from mtl_bench.datasets.files.declaration import FromFiles
from mtl_bench.datasets.files.decoders import archive
from mtl_bench.datasets.files.pixels import shuffled

Array = np.ndarray[Any, Any]
PAGE = "https://zenodo.org/records/10519652"
ORIGINAL = File(
    "pneumoniamnist.npz",
    (f"{PAGE}/files/pneumoniamnist.npz",),
    ("md5:28209eda62fecd6e6a2d98b1501bb15f",),
    4_170_669,
    PAGE,
)


@dataclass(frozen=True)
class AlikeNamed(File):
    """Another file than the published one, which a mirror may have under the published one's name."""

    def offers(self, folder: str) -> Iterator[tuple[File, str]]:
        for file, source in super().offers(folder):
            yield file, source
            yield file, source.removesuffix(file.name) + ORIGINAL.name


FILES = {
    "original": ORIGINAL,
    "388-normal": AlikeNamed(
        "pneumoniamnist_388_normal.npz",
        hashes=("sha256:a554d2332488d3ddc075125e66a1af77ec379fd2bafc09108ab95a37e2bd9c26",),
        size=3_549_652,
    ),
}
TRAIN = {"original": 4_708, "388-normal": 3_882}
PARTS = {"train": "train", "validation": "val", "test": "test"}  # in the files


@dataclass(frozen=True)
class PneumoniaMNIST(FromFiles):
    """Chest X-rays of children with a pneumonia or none, grey 28 × 28 (MedMNIST v2; Yang et al., Scientific Data 2023).

    The images are those of Kermany et al. (Cell 2018), whose training part MedMNIST cuts into train and validation.
    Variants: "original", and "388-normal", whose training part has all 3,494 images of a pneumonia but only 388 of the
    1,214 normal ones; validation and test are whole. Rows lie in a fixed random order.
    """

    variant: str = "original"

    folder: ClassVar[str] = "pneumonia_mnist"
    licence: ClassVar[str] = "CC BY 4.0"
    classes: ClassVar[tuple[str, ...]] = ("normal", "pneumonia")
    splits: ClassVar[tuple[str, ...]] = tuple(PARTS)
    variants: ClassVar[tuple[str, ...]] = tuple(FILES)
    shape: ClassVar[tuple[int, ...]] = (1, 28, 28)

    @property
    def counts(self) -> dict[str, int]:
        return {"train": TRAIN[self.variant], "validation": 524, "test": 624}

    @property
    def files(self) -> tuple[File, ...]:
        return (FILES[self.variant],)

    def decode_inputs(self, split: str) -> Iterable[Array]:
        return [self._array(split, "images")[:, None]]

    def decode_labels(self, split: str) -> Iterable[Array]:
        return [self._array(split, "labels").reshape(-1)]

    def _array(self, split: str, what: str) -> Array:
        return np.array(shuffled(list(archive(self.files[0].obtain(self.folder), f"{PARTS[split]}_{what}"))))
