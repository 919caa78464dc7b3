"""PACS."""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from mtl_bench.datasets.files.acquire import File
from mtl_bench.datasets.files.declaration import FromFiles
from mtl_bench.datasets.files.decoders import column, encoded
from mtl_bench.datasets.files.pixels import Encoded, decoded, labels_of, listed, rgb, shuffled
from mtl_bench.datasets.files.tree_or_original import TreeOrOriginal

Array = np.ndarray[Any, Any]
COUNTS = {"photo": 1_670, "art_painting": 2_048, "cartoon": 2_344, "sketch": 3_929}
REVISION = "394113073258ead631f617d2e13bb377c0715c4b"
ORIGINAL = File(
    "pacs.parquet",
    (f"https://huggingface.co/datasets/flwrlabs/pacs/resolve/{REVISION}/data/train-00000-of-00001.parquet",),
    ("sha256:4fc041ee92eec6043fe6e2859e8bdd138e5f958bc621afd153879812cbe65ff5",),
    191_395_900,
    "https://huggingface.co/datasets/flwrlabs/pacs",
)


JPEG80 = {
    domain: TreeOrOriginal(
        domain,
        File(f"{domain}.tar", (), (f"sha256:{tar}",), size, instead=(ORIGINAL,)),
        f"PACS/{domain}/*/*",
        COUNTS[domain],
        tree,
    )
    for domain, size, tar, tree in (
        (
            "photo",
            21_760_000,
            "f50536e0ebaaf519631f77458bd1ec1d7228076cc247e5221215edab8ece192f",
            "42db18ee2bbe3db8742d4da45fcc020469e3eb32609321a8b4c58203c4116e6d",
        ),
        (
            "art_painting",
            27_729_920,
            "a052c992188708011b73e335560a0531808b4fbfe2161ca499b92af8b5cdd787",
            "ff5cb27b3738329f673347fb0610551c576fda9ecead9e078fa09af0700fd2ac",
        ),
        (
            "cartoon",
            23_490_560,
            "859e9a477d6b768484700d781e40809c16ac751f532e24d6549ff2bf4e6ff72c",
            "e132bf6338efb08c50a650e66ab4314bbe4b4d858147e9dc9c19c186c747a140",
        ),
        (
            "sketch",
            20_695_040,
            "1dfd31829ba8e043c6cb33fd075cd66a9f862e67d5afc49e98cdd7897be65249",
            "408cca3f0c406038cee674e1db6d879fcd6813e64d4e6d4d4ac68c14fdd7380d",
        ),
    )
}


@dataclass(frozen=True)
class PACS(FromFiles):
    """Seven kinds of things in four styles, colour 227 × 227 (Li, Yang, Song and Hospedales, 2017), one domain of it.

    Train and test are 80 % and 20 % of a fixed random order (DomainBed's shares, not its draws); "all" is both.
    Variants: "original", and "jpeg80", compressed again with JPEG quality 80 (sketches without loss). The archives of
    "jpeg80" are a packaging that nobody serves: without them the published images are compressed as they are decoded.
    These lie in the order of the published file, so that splits and draws are others; whether they are the archives'
    byte for byte is not known, since no place had both.
    """

    domain: str = "photo"
    variant: str = "original"
    size: int = 64  # the stored side, by Pillow's bilinear resampling; 224 for the usual backbones

    folder: ClassVar[str] = "pacs"
    licence: ClassVar[str] = "unstated; research use, cite the paper"
    classes: ClassVar[tuple[str, ...]] = ("dog", "elephant", "giraffe", "guitar", "horse", "house", "person")
    splits: ClassVar[tuple[str, ...]] = ("train", "test", "all")
    variants: ClassVar[tuple[str, ...]] = ("original", "jpeg80")
    domains: ClassVar[tuple[str, ...]] = tuple(COUNTS)

    @property
    def counts(self) -> dict[str, int]:
        return {"all": COUNTS[self.domain]}

    @property
    def files(self) -> tuple[File | TreeOrOriginal, ...]:
        return (ORIGINAL,) if self.variant == "original" else (JPEG80[self.domain],)

    @property
    def shape(self) -> tuple[int, ...]:
        return (3, self.size, self.size)

    def decode_inputs(self, split: str) -> Iterable[Array]:
        place = self._obtained()
        if place.is_dir():
            return decoded(listed(place / "PACS" / self.domain, self.classes), self.size)
        images = shuffled(encoded(place, "image", domain=self.domain))
        return decoded(compressed(images) if self._compresses else images, self.size)

    def decode_labels(self, split: str) -> Iterable[Array]:
        place = self._obtained()
        if place.is_dir():
            return [labels_of(listed(place / "PACS" / self.domain, self.classes), self.classes)]
        return [np.array(shuffled(column(place, "label", domain=self.domain)))]

    def _obtained(self) -> Path:
        """A folder of class folders, or the published file."""
        return self.files[0].obtain(self.folder)

    @property
    def _compresses(self) -> bool:
        return self.variant == "jpeg80" and self.domain != "sketch"


def compressed(images: Iterable[tuple[str, bytes]], quality: int = 80) -> Iterator[Encoded]:
    """JPEGs of the images, with the quantisation and the subsampling of colours that those in the archives have."""
    for name, content in images:
        made = io.BytesIO()
        rgb((name, content)).save(made, "JPEG", quality=quality, optimize=True)
        yield name, made.getvalue()
