"""SICK: sentences that involve compositional knowledge."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from mtl_bench.datasets.files.acquire import File
from mtl_bench.datasets.files.extract import Tree
from mtl_bench.datasets.files.texts import FromTexts, Item, class_of, table

BASE = "http://alt.qcri.org/semeval2014/task1/data/uploads/"
PACKED = File(
    "SICK.tar.xz",
    hashes=("sha256:7622905688a537fe0879295a26e2b574b7ab7133a77fdcce9a8e96654e9b52bb",),
    size=125_060,
)
TREES = {
    split: Tree(
        split,
        File(
            f"sick_{name}.zip",
            (f"{BASE}sick_{name}.zip",),
            page="https://alt.qcri.org/semeval2014/task1/",
            instead=(PACKED,),
        ),
        keep=f"*SICK_{name}.txt",
        count=1,
    )
    for split, name in (("train", "train"), ("trial", "trial"), ("test", "test_annotated"))
}
LABELS = {name.upper(): name for name in ("entailment", "neutral", "contradiction")}


@dataclass(frozen=True)
class SICK(FromTexts):
    """Pairs of sentences about pictures and films, of which one follows from, may go with or denies the other.

    SemEval 2014's task 1 (Marelli et al., LREC 2014), its entailment; "trial" are the 500 pairs for development.
    """

    folder: ClassVar[str] = "sick"
    licence: ClassVar[str] = "CC BY-NC-SA 3.0"
    classes: ClassVar[tuple[str, ...]] = tuple(LABELS.values())
    splits: ClassVar[tuple[str, ...]] = ("train", "trial", "test")
    counts: ClassVar[dict[str, int]] = {"train": 4_500, "trial": 500, "test": 4_927}
    files: ClassVar[tuple[Tree, ...]] = tuple(TREES.values())

    def read(self, part: str) -> Iterator[Item]:
        [path] = TREES[part].obtain(self.folder).rglob("SICK_*.txt")
        return table(path, ("entailment_judgment", "sentence_A", "sentence_B"), pair)


def pair(judgment: str, one: str, other: str) -> Item:
    return class_of(judgment, LABELS), one, other
