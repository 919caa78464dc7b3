"""SST-2: phrases of film reviews."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from mtl_bench.datasets.files.acquire import File
from mtl_bench.datasets.files.extract import Tree
from mtl_bench.datasets.files.texts import FromTexts, Item, class_of, table

TREE = Tree(
    "labelled",
    File(
        "SST-2.zip",
        ("https://dl.fbaipublicfiles.com/glue/data/SST-2.zip",),
        ("sha256:d67e16fb55739c1b32cdce9877596db1c127dc322d93c082281f64057c16deaa",),
        7_439_277,
        "https://gluebenchmark.com/tasks",
        instead=(
            File(
                "SST-2.tar.xz",
                hashes=("sha256:b7c6c48ef84a4838d2335c0540b3a61ec5f026ccd21cab33e1c425b34ad3ebe2",),
                size=584_676,
            ),
        ),
    ),
    keep="SST-2/[td][re][av]*.tsv",  # train and dev; the sentences of test have no published labels
    count=2,
)
LABELS = {"0": "negative", "1": "positive"}


@dataclass(frozen=True)
class SST2(FromTexts):
    """Sentences and phrases of film reviews that annotators found favourable or not, as GLUE has them.

    Socher et al. (EMNLP 2013) and Wang et al. (ICLR 2019). Training rows are phrases of sentences too, those of the
    test are whole sentences of GLUE's development set, as nobody published labels of its test set. All are of `MR`'s
    sentences: neither may be the source of the other, whatever copies are left out.
    """

    folder: ClassVar[str] = "sst2"
    licence: ClassVar[str] = "unstated; research use, cite the paper"
    classes: ClassVar[tuple[str, ...]] = tuple(LABELS.values())
    counts: ClassVar[dict[str, int]] = {"train": 67_349, "test": 872}
    files: ClassVar[tuple[Tree, ...]] = (TREE,)

    def read(self, part: str) -> Iterator[Item]:
        name = "dev" if part == "test" else part
        return table(TREE.obtain(self.folder) / f"SST-2/{name}.tsv", ("label", "sentence"), phrase)


def phrase(label: str, sentence: str) -> Item:
    return class_of(label, LABELS), sentence
