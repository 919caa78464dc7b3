"""SNLI: what follows from the description of a picture."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from mtl_bench.datasets.files.acquire import File
from mtl_bench.datasets.files.extract import Tree
from mtl_bench.datasets.files.texts import FromTexts, Item, class_of, table

PAGE = "https://nlp.stanford.edu/projects/snli/"
CLASSES = ("entailment", "neutral", "contradiction")
ORIGINAL = Tree(
    "original",
    File(
        "snli_1.0.zip",
        (PAGE + "snli_1.0.zip",),
        ("sha256:afb3d70a5af5d8de0d9d81e2637e0fb8c22d1235c2749d83125ca43dab0dbd3e",),
        94_550_081,
        PAGE,
    ),
    keep="snli_1.0/snli_1.0_t*.txt",
    count=2,
)
DEV_AND_TEST = Tree(
    "dev-and-test",
    File(
        "snli_dev_test.tar.xz",
        hashes=("sha256:af6b797c7afad56154f6b8a6673b120db5bc344a51db0288291ea0e870398db6",),
        size=347_432,
    ),
    keep="snli/*.tsv",
    count=2,
)
COUNTS = {"original": {"train": 549_367, "test": 9_824}, "dev-and-test": {"train": 9_842, "test": 9_824}}


@dataclass(frozen=True)
class SNLI(FromTexts):
    """Pairs of a picture's description and a sentence that follows from it, may be true or can't be.

    Bowman et al. (EMNLP 2015); pairs on whose class the annotators did not agree are left out. Variants: "original",
    and "dev-and-test", the published development set as training set beside the published test set, in tokens.
    """

    variant: str = "original"

    folder: ClassVar[str] = "snli"
    licence: ClassVar[str] = "CC BY-SA 4.0"
    classes: ClassVar[tuple[str, ...]] = CLASSES
    variants: ClassVar[tuple[str, ...]] = tuple(COUNTS)

    @property
    def counts(self) -> dict[str, int]:
        return COUNTS[self.variant]

    @property
    def files(self) -> tuple[Tree, ...]:
        return (ORIGINAL,) if self.variant == "original" else (DEV_AND_TEST,)

    def read(self, part: str) -> Iterator[Item]:
        tree = self.files[0].obtain(self.folder)
        if self.variant == "original":
            names = "gold_label", "sentence1", "sentence2"
            return table(tree / f"snli_1.0/snli_1.0_{part}.txt", names, agreed)
        part = "dev" if part == "train" else part
        return table(tree / f"snli/snli_{part}.tsv", ("label", "premise", "hypothesis"), agreed)


def agreed(label: str, premise: str, hypothesis: str) -> Item | None:
    """None for "-": there was no majority."""
    return None if label == "-" else (class_of(label, {name: name for name in CLASSES}), premise, hypothesis)
