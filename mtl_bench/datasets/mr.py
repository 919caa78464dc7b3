"""MR: sentences of film reviews."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from mtl_bench.datasets.files.acquire import File
from mtl_bench.datasets.files.extract import Tree
from mtl_bench.datasets.files.texts import FromTexts, Item, parsed

TREE = Tree(
    "rt-polaritydata",
    File(
        "rt-polaritydata.tar.gz",
        ("https://www.cs.cornell.edu/people/pabo/movie-review-data/rt-polaritydata.tar.gz",),
        page="https://www.cs.cornell.edu/people/pabo/movie-review-data/",
        instead=(
            File(
                "rt-polaritydata.tar.xz",
                hashes=("sha256:142b523419b40eeed6bf6816c67c93770f3fc4088ec20c07a6b23309868153e1",),
                size=378_144,
            ),
        ),
    ),
    keep="rt-polaritydata/rt-polarity.[np]*",
    count=2,
)


@dataclass(frozen=True)
class MR(FromTexts):
    """Sentences of film reviews in small letters, half of them favourable (Pang and Lee, ACL 2005, data v1.0).

    Nobody published a split: train and test are 80 % and 20 % of a fixed random order, "all" is both. SST-2 is made of
    the same sentences, and one task of `FDUReviews` is a part of them.
    """

    folder: ClassVar[str] = "mr"
    licence: ClassVar[str] = "unstated; research use, cite the paper"
    classes: ClassVar[tuple[str, ...]] = ("negative", "positive")
    splits: ClassVar[tuple[str, ...]] = ("train", "test", "all")
    counts: ClassVar[dict[str, int]] = {"all": 10_662}
    files: ClassVar[tuple[Tree, ...]] = (TREE,)

    def read(self, part: str) -> Iterator[Item]:
        tree = TREE.obtain(self.folder) / "rt-polaritydata"
        for name, ending in zip(self.classes, ("neg", "pos"), strict=True):
            yield from ((name, line) for line in parsed(tree / f"rt-polarity.{ending}", str, "latin-1"))
