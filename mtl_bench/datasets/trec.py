"""TREC: kinds of questions."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from mtl_bench.datasets.files.acquire import File
from mtl_bench.datasets.files.extract import Tree
from mtl_bench.datasets.files.texts import FromTexts, Item, class_of, parsed

BASE = "https://cogcomp.seas.upenn.edu/Data/QA/QC/"
PACKED = File(
    "trec_qc.tar.xz",
    hashes=("sha256:617adfcb7605b4d89087e19ba88654dc89899e0bb52b33f7abbc9549e3721dfa",),
    size=99_352,
)
TREE = Tree("labels", PACKED, keep="*.label", count=2)
FILES = {
    split: File(name, (BASE + name,), (f"sha256:{sha256}",), size, BASE, instead=(PACKED,))
    for split, name, size, sha256 in (
        ("train", "train_5500.label", 335_858, "9e4c8bdcaffb96ed61041bd64b564183d52793a8e91d84fc3a8646885f466ec3"),
        ("test", "TREC_10.label", 23_354, "033f22c028c2bbba9ca682f68ffe204dc1aa6e1cf35dd6207f2d4ca67f0d0e8e"),
    )
}
CODES = {
    "ABBR": "abbreviation",
    "DESC": "description",
    "ENTY": "entity",
    "HUM": "human being",
    "LOC": "location",
    "NUM": "number",
}


@dataclass(frozen=True)
class TREC(FromTexts):
    """Questions by what is asked for, in the six coarse classes (Li and Roth, COLING 2002)."""

    folder: ClassVar[str] = "trec"
    licence: ClassVar[str] = "unstated; research use, cite the paper"
    classes: ClassVar[tuple[str, ...]] = tuple(CODES.values())
    counts: ClassVar[dict[str, int]] = {"train": 5_452, "test": 500}
    files: ClassVar[tuple[File, ...]] = tuple(FILES.values())

    def read(self, part: str) -> list[Item]:
        path = FILES[part].obtain(self.folder)
        if path.name == PACKED.name:
            path = TREE.obtain(self.folder) / FILES[part].name
        return questions(path)


def questions(path: Path) -> list[Item]:
    """Of lines such as "NUM:dist How far is it from Denver to Aspen ?"."""

    def parse(line: str) -> Item:
        kind, blank, question = line.partition(" ")
        coarse, colon, _ = kind.partition(":")
        if not (blank and colon):
            raise ValueError(f"it begins with {kind[:40]!r}, not with a class such as NUM:dist and a blank")
        return class_of(coarse, CODES), question

    return parsed(path, parse, "latin-1")
