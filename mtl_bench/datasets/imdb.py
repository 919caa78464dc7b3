"""IMDB: film reviews."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from mtl_bench.datasets.files.acquire import File
from mtl_bench.datasets.files.decoders import reading
from mtl_bench.datasets.files.extract import Tree
from mtl_bench.datasets.files.texts import FromTexts, Item

TREE = Tree(
    "labelled",
    File(
        "aclImdb_v1.tar.gz",
        ("https://ai.stanford.edu/~amaas/data/sentiment/aclImdb_v1.tar.gz",),
        ("md5:7c2ac02c03563afcf9b574c7e56c153a",),
        84_125_825,
        "https://ai.stanford.edu/~amaas/data/sentiment/",
        instead=(
            File(
                "aclImdb_labelled.tar.xz",
                hashes=("sha256:e58ab3026d708352629295d74dde57c4ed7024f7e28cb1d77f369f9ff5251c2a",),
                size=19_050_352,
            ),
        ),
    ),
    keep="aclImdb/*/[np][eo][gs]/*.txt",
    count=50_000,
)


@dataclass(frozen=True)
class IMDB(FromTexts):
    """Film reviews of the Internet Movie Database, half of them favourable (Maas et al., ACL 2011).

    The 25,000 and 25,000 labelled ones: no film has reviews in both. The marks of line breaks are left out.
    """

    folder: ClassVar[str] = "imdb"
    licence: ClassVar[str] = "unstated; research use, cite the paper"
    classes: ClassVar[tuple[str, ...]] = ("negative", "positive")
    counts: ClassVar[dict[str, int]] = {"train": 25_000, "test": 25_000}
    files: ClassVar[tuple[Tree, ...]] = (TREE,)

    def read(self, part: str) -> Iterator[Item]:
        tree = TREE.obtain(self.folder) / "aclImdb" / part
        for name in self.classes:
            for path in sorted((tree / name[:3]).glob("*.txt")):
                with reading(path, "text"):
                    yield name, path.read_text(encoding="utf-8").replace("<br />", " ")
