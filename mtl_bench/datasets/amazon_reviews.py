"""Amazon reviews, as counts of words."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from mtl_bench.datasets.files.acquire import File
from mtl_bench.datasets.files.arrays import stored
from mtl_bench.datasets.files.declaration import FromFiles
from mtl_bench.datasets.files.decoders import sparse_svmlight
from mtl_bench.datasets.files.extract import Tree
from mtl_bench.inputs.rows import Array, Sparse

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

WORDS = 5_000
TRAIN = 2_000
TEST = {"books": 4_465, "dvd": 3_586, "electronics": 5_681, "kitchen": 5_945}
REPEATED = {"books": 198, "dvd": 199, "electronics": 168, "kitchen": 156}
REPOSITORY = "GRAAL-Research/domain_adversarial_neural_network"
COMMIT = "74eec5e0ae06bd6614bce048abba492c16a633e3"
PAGE = f"https://github.com/{REPOSITORY}/tree/{COMMIT}/data"
PUBLISHED = f"https://raw.githubusercontent.com/{REPOSITORY}/{COMMIT}/data/"
PACKED = Tree(
    "svmlight",
    File(
        "amazon_5000_svmlight.tar.xz",
        hashes=("sha256:848dc1a4e81241dde949e3d43a1ba8b90c82ee6d16c85e0a27ee70583536db3b",),
        size=2_752_728,
    ),
    "data/*.svmlight",
    8,
    "be9c36b2ce26be59aae7b973b3d04e25f0cbd08105619647331dcc047366cab7",
)
FILES = {
    (domain, split): File(
        f"{domain}_{split}.svmlight",
        (f"{PUBLISHED}{domain}_{split}.svmlight",),
        (f"sha256:{digest}",),
        size,
        PAGE,
        instead=(PACKED.archive,),
    )
    for domain, split, size, digest in (
        ("books", "train", 1_134_070, "317f9a2ec34b81de770b63a84d8c5cc2dc16bd0be6e079d2ff5b5bad5213ea19"),
        ("books", "test", 2_426_071, "fe4605c7dcf0e0a9410fd2a32f247caaf9abb352cc6e4c3e0f400853163ad9c4"),
        ("dvd", "train", 1_133_356, "95f602aa08bf6b55758f7b0b18df3882fe30acb11987ee60b6b4bb3c44cba733"),
        ("dvd", "test", 2_039_832, "4fe1b1a15010f78d8d0c49fe362d35fd4677463a45f1ac02a9f410ae1e638060"),
        ("electronics", "train", 872_265, "7d0061f03ff3827e4f8036b051b5e5828fddc0cd115aa5b212cd28d624dc14e4"),
        ("electronics", "test", 2_461_224, "641783bc941839c3a111d3488a1b7e3bd820a61ec14a129e7429b47703aa961d"),
        ("kitchen", "train", 771_076, "a70b5ebfe1413e0e16280360905f5c3b64389c435cd20c0165dc9d7f293b31b5"),
        ("kitchen", "test", 2_280_620, "e1502b97a824eb12314be4447394fa736fecb781c0724e6529cd6733ac7ff6d8"),
    )
}
PIECES = {"data": np.float32, "indices": np.int32, "indptr": np.int32}  # of a CSR matrix


@dataclass(frozen=True)
class AmazonReviews(FromFiles):
    """Reviews of one kind of product (Blitzer, Dredze and Pereira, ACL 2007), positive or negative, as counts.

    The 5,000 words and pairs of words that are most frequent in all four domains (Chen, Xu, Weinberger and Sha, ICML
    2012), as DANN's authors published them: 2,000 reviews to train on, labelled ones of a source and unlabelled ones of
    a target, and 3,586 to 5,945 others to test on; "all" is both. Their order is that of the files, where classes are
    mixed. Some 3 to 6 % of the test reviews have the counts and the label of a training review of their domain: the
    same text was published more than once. Three reviews of electronics have none of the words.
    """

    domain: str = "books"

    folder: ClassVar[str] = "amazon"
    licence: ClassVar[str] = "unstated; research use, cite the papers"
    classes: ClassVar[tuple[str, ...]] = ("negative", "positive")
    splits: ClassVar[tuple[str, ...]] = ("train", "test", "all")
    variants: ClassVar[tuple[str, ...]] = ("counts",)
    domains: ClassVar[tuple[str, ...]] = tuple(TEST)
    shape: ClassVar[tuple[int, ...]] = (WORDS,)

    @property
    def name(self) -> str:
        return f"amazon-reviews-{self.domain}"

    @property
    def counts(self) -> dict[str, int]:
        return {"train": TRAIN, "test": TEST[self.domain], "all": TRAIN + TEST[self.domain]}

    @property
    def repeated(self) -> int:
        """How many test reviews are training reviews too, as published."""
        return REPEATED[self.domain]

    @property
    def files(self) -> tuple[File, ...]:
        return tuple(FILES[self.domain, split] for split in ("train", "test"))

    def inputs(self, split: str) -> Sparse:  # type: ignore[override]  # a row is a few of 5,000 words
        """Counts (n, 5000), decoded at the first call. Raises ValueError for another split, and DataError."""
        from scipy.sparse import csr_matrix

        part = self._decoded(split)
        data, indices, starts = (self._piece(part, name) for name in PIECES)
        return Sparse(csr_matrix((data, indices, starts), (self.counts[part], *self.shape)))

    def decode_labels(self, split: str) -> Iterable[Array]:
        """The files have -1 and 1."""
        return [(labels + 1) // 2 for _, labels in self._content(split)]

    def _piece(self, part: str, name: str) -> Array:
        """An array of the matrix, by its name."""
        place, length = self._place(part, name), self.counts[part] + 1 if name == "indptr" else None
        made = stored(*place, (length,), lambda: [getattr(self._matrix(part), name)], PIECES[name])
        return np.asarray(made)

    def _matrix(self, part: str) -> csr_matrix:
        from scipy.sparse import vstack

        return vstack([matrix for matrix, _ in self._content(part)], "csr")

    def _content(self, part: str) -> list[tuple[csr_matrix, Array]]:
        parts = ("train", "test") if part == "all" else (part,)
        return [read(self._path(one)) for one in parts]

    def _path(self, part: str) -> Path:
        """The published file, or the same out of the archive of all eight."""
        file = FILES[self.domain, part]
        path = file.obtain(self.folder)
        return path if path.name == file.name else PACKED.obtain(self.folder) / "data" / file.name


@lru_cache(2)
def read(path: Path) -> tuple[csr_matrix, Array]:
    """Counts and labels of a file, which is asked for once for each array that is made from it."""
    return sparse_svmlight(path, WORDS)
