"""Amazon's reviews of five kinds of goods, as HATN's authors released them."""

from __future__ import annotations

import html
from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from mtl_bench.datasets.files.acquire import File
from mtl_bench.datasets.files.texts import FromTexts, Item, parsed

PAGE = "https://github.com/hsqmlzno1/HATN"
COMMIT = "23facdb09a5ec0f29e9f69c5733e7ac7977b2211"
OF_A_CLASS, LEARNT, SEED = 3_000, 2_800, 7  # reviews of a kind of goods; those to train on; of their order
DIGESTS = {
    "books": (
        "d573ed56a91d0f736b52e1ff4bf16c60abcf071652a956359a783ff53cd0d2fc",
        "8ebf0d1cf6c863cb82948ff9f57fab73d416f009a480094cd3279f21580cff66",
    ),
    "dvd": (
        "971f0d33e1dbe19f4fadf02aac3af03b553714cffd9608652dc03a53b8d60215",
        "1b29d9c42ef636f504733c8bac50ff93ecfcd9997da63b3f82b155bc57406ed3",
    ),
    "electronics": (
        "983322988bcf4e1e45d1f8be8e9b68c1522e0d22a034a1b9e2fb51ee9b9bb15e",
        "a2383072785c8349483af682d3798f1919809382cc76438d59ff44a42e6acd79",
    ),
    "kitchen": (
        "51c2b6a4781b952b7917f92b5934e7eda64e5d28bea9601888effa9428fa898a",
        "a3d57ede0e73cde23ba7d8a0234fc277f17b1bb9ccfb1094532ff4c70a915561",
    ),
    "video": (
        "76f7141fd7c0b26a2eecce7555fdda3f8bb6cf4103501a4db89b25f92210c900",
        "b579e93a25c46e9078fceafc96071fb3d7b3e80ebd6cad3480e92a55f4605f5c",
    ),
}
CLASSES = ("negative", "positive")


@dataclass(frozen=True)
class HATNReviews(FromTexts):
    """3,000 favourable and 3,000 other reviews of a kind of goods, a line each with its title (Li et al., AAAI 2018).

    Train and test are the authors' 5,600 and 400, by their seed; they select on a source's test and test on a target's
    "all". Of 6,000 between 155 and 292 repeat another, of video 1,781, and dvd and video share hundreds: `Distinct`
    and `TextsApart` leave them out. Those without labels are not read.
    """

    domain: str = "books"

    folder: ClassVar[str] = "hatn"
    licence: ClassVar[str] = "MIT, of the repository; of the reviews unstated"
    classes: ClassVar[tuple[str, ...]] = CLASSES
    splits: ClassVar[tuple[str, ...]] = ("train", "test", "all")
    domains: ClassVar[tuple[str, ...]] = tuple(DIGESTS)
    counts: ClassVar[dict[str, int]] = {
        "train": len(CLASSES) * LEARNT,
        "test": len(CLASSES) * (OF_A_CLASS - LEARNT),
        "all": len(CLASSES) * OF_A_CLASS,
    }

    @property
    def files(self) -> tuple[File, ...]:
        return tuple(
            File(
                f"{self.domain}.{name}",
                (f"https://raw.githubusercontent.com/hsqmlzno1/HATN/{COMMIT}/raw_data/{self.domain}/review_{name}",),
                (f"sha256:{digest}",),
                page=PAGE,
            )
            for name, digest in zip(CLASSES, DIGESTS[self.domain], strict=True)
        )

    def read(self, part: str) -> Iterator[Item]:
        random = np.random.RandomState(SEED)
        order = {name: random.permutation(OF_A_CLASS) for name in reversed(CLASSES)}  # the favourable ones come first
        for name, file in zip(CLASSES, self.files, strict=True):
            texts = parsed(file.obtain(self.folder), html.unescape)
            kept = {"train": order[name][:LEARNT], "test": order[name][LEARNT:], "all": order[name]}[part]
            yield from ((name, texts[place]) for place in kept)
