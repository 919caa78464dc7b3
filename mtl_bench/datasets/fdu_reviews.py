"""FDU-MTL: reviews of sixteen kinds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from mtl_bench.datasets.files.acquire import File
from mtl_bench.datasets.files.extract import Tree
from mtl_bench.datasets.files.texts import FromTexts, Item, class_of, parsed

TREE = Tree(
    "labelled",
    File(
        "fudan-mtl-dataset.tar.gz",
        ("https://github.com/FrankWork/fudan_mtl_reviews/raw/master/data/fudan-mtl-dataset.tar.gz",),
        page="https://github.com/FrankWork/fudan_mtl_reviews",
        instead=(
            File(
                "fdu-mtl.tar.xz",
                hashes=("sha256:8215ccb9d0ff13ad1729d7351dcde71db38155d5e32b4071a881168031037272",),
                size=10_117_324,
            ),
        ),
    ),
    keep="*.task.t*",
    count=32,
)
TRAIN = {
    "apparel": 1_600,
    "baby": 1_500,
    "books": 1_600,
    "camera_photo": 1_597,
    "dvd": 1_600,
    "electronics": 1_598,
    "health_personal_care": 1_600,
    "imdb": 1_600,
    "kitchen_housewares": 1_600,
    "magazines": 1_570,
    "MR": 1_600,
    "music": 1_600,
    "software": 1_515,
    "sports_outdoors": 1_600,
    "toys_games": 1_600,
    "video": 1_600,
}
LABELS = {"0": "negative", "1": "positive"}


@dataclass(frozen=True)
class FDUReviews(FromTexts):
    """Reviews, favourable or not, of one of sixteen tasks (Liu, Qiu and Huang, ACL 2017), in tokens and small letters.

    Fourteen are of Amazon's goods (Blitzer et al., ACL 2007), "imdb" is a part of `IMDB` and "MR" one of `MR`. The
    texts without labels are left out.
    """

    domain: str = "books"

    folder: ClassVar[str] = "fdu_mtl"
    licence: ClassVar[str] = "unstated; research use, cite the paper"
    classes: ClassVar[tuple[str, ...]] = tuple(LABELS.values())
    domains: ClassVar[tuple[str, ...]] = tuple(TRAIN)
    files: ClassVar[tuple[Tree, ...]] = (TREE,)

    @property
    def counts(self) -> dict[str, int]:
        return {"train": TRAIN[self.domain], "test": 400}

    def read(self, part: str) -> list[Item]:
        [path] = TREE.obtain(self.folder).rglob(f"{self.domain}.task.{part}")
        return parsed(path, labelled, "utf-8", "latin-1")  # in two of the tasks some lines are not UTF-8


def labelled(line: str) -> Item:
    """Of "1", a tab and a text."""
    label, tab, text = line.partition("\t")
    if not tab:
        raise ValueError("it has no tab between a label and a text")
    return class_of(label, LABELS), text
