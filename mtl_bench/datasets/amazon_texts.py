"""Amazon's reviews of four kinds of goods, as they were written."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from mtl_bench.datasets.files.acquire import File
from mtl_bench.datasets.files.decoders import reading
from mtl_bench.datasets.files.extract import Tree
from mtl_bench.datasets.files.texts import FromTexts, Item, parsed

BASE = "https://www.cs.jhu.edu/~mdredze/datasets/sentiment/"
TREE = Tree(
    "labelled",
    File(
        "domain_sentiment_data.tar.gz",
        (BASE + "domain_sentiment_data.tar.gz",),
        page=BASE,
        instead=(
            File(
                "domain_sentiment_data_labelled.tar.xz",
                hashes=("sha256:2db24478ec8588d9f0ebd8b7799561a15bca55e0a14daa9fbf9cfbe46ef30096",),
                size=2_272_224,
            ),
        ),
    ),
    keep="sorted_data_acl/*/[np][eo][gs]*.review",
    count=8,
)
FOLDERS = {"books": "books", "dvd": "dvd", "electronics": "electronics", "kitchen": "kitchen_&_housewares"}
TAG = re.compile(r"<(/?)([a-z_]+)>")


@dataclass(frozen=True)
class AmazonTexts(FromTexts):
    """Reviews of more than three stars of five, or of fewer (Blitzer, Dredze and Pereira, ACL 2007), without titles.

    1,000 of either kind for each kind of goods. Nobody published a split: train and test are 80 % and 20 % of a fixed
    random order, "all" is both. Four tasks of `FDUReviews` share texts with them.
    """

    domain: str = "books"

    folder: ClassVar[str] = "amazon"
    licence: ClassVar[str] = "unstated; research use, cite the paper"
    classes: ClassVar[tuple[str, ...]] = ("negative", "positive")
    splits: ClassVar[tuple[str, ...]] = ("train", "test", "all")
    variants: ClassVar[tuple[str, ...]] = ("texts",)
    domains: ClassVar[tuple[str, ...]] = tuple(FOLDERS)
    counts: ClassVar[dict[str, int]] = {"all": 2_000}
    files: ClassVar[tuple[Tree, ...]] = (TREE,)

    @property
    def name(self) -> str:
        return f"amazon-texts-{self.domain}"

    def read(self, part: str) -> Iterator[Item]:
        folder = TREE.obtain(self.folder) / "sorted_data_acl" / FOLDERS[self.domain]
        for name in self.classes:
            yield from reviews(folder / f"{name}.review", name)


def reviews(path: Path, name: str) -> list[Item]:
    """The texts of a file of reviews of the class `name`, whose stars must say the same.

    Its marks look like XML's and are not: each stands on a line of its own, and few characters are escaped. Raises
    DataError, which names the line.
    """
    lines = parsed(path, str, "utf-8", "latin-1")
    with reading(path, "list of reviews"):
        found: list[Item] = []
        fields: dict[str, list[str]] = {}
        begun, tag, number = 0, "", 0
        for number, line in enumerate(lines, 1):
            mark = TAG.fullmatch(line.strip())
            end, word = mark.groups() if mark else ("", "")
            if tag and word not in (tag, "review"):
                fields[tag].append(line)
            elif tag and end and word == tag:
                tag = ""
            elif not tag and begun and end and word == "review":
                found.append((name, _text(fields, name, begun)))
                begun = 0
            elif not tag and begun and word and not end and word != "review":
                tag, fields[word] = word, []
            elif not begun and word == "review" and not end:
                begun, fields = number, {}
            elif line.strip() and (begun or word != "data"):  # <data> encloses one file, not the others
                inside = f"<{tag}> of the review of line {begun}" if tag else f"the review of line {begun}"
                raise ValueError(f"line {number}: {line.strip()[:40]!r} {_where(begun, inside)}")
        if begun:
            raise ValueError(f"line {number}: it ends within the review of line {begun}")
        return found


def _where(begun: int, inside: str) -> str:
    return f"stands within {inside}" if begun else "stands outside of a review"


def _text(fields: dict[str, list[str]], name: str, line: int) -> str:
    rating, text = (" ".join(fields.get(tag, [])).strip() for tag in ("rating", "review_text"))
    if not rating or not text:
        raise ValueError(f"line {line}: the review has no {'text' if rating else 'rating'}")
    try:
        stars = float(rating)
    except ValueError as error:
        raise ValueError(f"line {line}: the review's rating {rating[:40]!r} is no number") from error
    if not (stars > 3 if name == "positive" else stars < 3):
        raise ValueError(f"line {line}: a review of {rating} stars is not {name}")
    return html.unescape(text)
