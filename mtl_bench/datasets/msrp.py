"""MSRP: paraphrases in the news."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from mtl_bench.datasets.files.acquire import File
from mtl_bench.datasets.files.extract import Tree
from mtl_bench.datasets.files.texts import FromTexts, Item, class_of, table

TREE = Tree(
    "original",
    File(
        "msrp.tar.xz",
        hashes=("sha256:46d563093f8acfc9554799685abe2388dccb547af23c050c2e4a1910313c2e95",),
        size=373_620,
        page="https://www.microsoft.com/en-us/download/details.aspx?id=52398",
    ),
    keep="msr-paraphrase-corpus/msr_paraphrase_*.txt",
    count=2,
)
BASE = "https://dl.fbaipublicfiles.com/senteval/senteval_data/"
SENTEVAL = {
    split: File(f"msr_paraphrase_{split}.txt", (f"{BASE}msr_paraphrase_{split}.txt",)) for split in ("train", "test")
}
LABELS = {"0": "not equivalent", "1": "equivalent"}


@dataclass(frozen=True)
class MSRP(FromTexts):
    """Pairs of sentences of news, of which annotators said whether they mean the same (Dolan and Brockett, IWP 2005).

    Variants: "original", the files that Microsoft's installer leaves, which nobody serves as they are; and "senteval",
    the same pairs as SentEval and GLUE have them, in tokens.
    """

    variant: str = "original"

    folder: ClassVar[str] = "msrp"
    licence: ClassVar[str] = "Microsoft Shared Source License; research use"
    classes: ClassVar[tuple[str, ...]] = tuple(LABELS.values())
    counts: ClassVar[dict[str, int]] = {"train": 4_076, "test": 1_725}
    variants: ClassVar[tuple[str, ...]] = ("original", "senteval")

    @property
    def files(self) -> tuple[File | Tree, ...]:
        return (TREE,) if self.variant == "original" else tuple(SENTEVAL.values())

    def read(self, part: str) -> Iterator[Item]:
        if self.variant == "original":
            path = TREE.obtain(self.folder) / f"msr-paraphrase-corpus/msr_paraphrase_{part}.txt"
        else:
            path = SENTEVAL[part].obtain(self.folder)
        return table(path, ("Quality", "#1 String", "#2 String"), pair)


def pair(quality: str, one: str, other: str) -> Item:
    return class_of(quality, LABELS), one, other
