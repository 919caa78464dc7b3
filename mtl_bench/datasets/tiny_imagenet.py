"""Tiny-ImageNet."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from mtl_bench.datasets import imagenet
from mtl_bench.datasets.files.acquire import File
from mtl_bench.datasets.files.declaration import FromFiles
from mtl_bench.datasets.files.decoders import reading
from mtl_bench.datasets.files.extract import Tree
from mtl_bench.datasets.files.pixels import decoded, images_in, shuffled

Array = np.ndarray[Any, Any]
PAGE = "http://cs231n.stanford.edu/tiny-imagenet-200.zip"
KEEP = "tiny-imagenet-200/[tv][ra]*"  # train and val; the images of test have no published labels
TREES = {
    "original": Tree(
        "original",
        File("tiny-imagenet-200.zip", (PAGE,), ("md5:90528d7ca1a48142e341f4ef8d21d0de",), 248_100_043, PAGE),
        KEEP,
        100_000 + 200 + 10_000 + 1,  # images, a list of boxes for each class, images, their classes
    ),
    "100-classes": Tree(
        "100-classes",
        File(
            "tiny_imagenet_100x100.tar.xz",
            hashes=("sha256:7ec096460ccfc8ce285577e5061dacd0b8bb09bc00d0b6f46e63dc49bba75ff5",),
            size=18_828_860,
        ),
        KEEP,
        10_000 + 4_000 + 1,
    ),
}
PER_CLASS = {"original": (500, 50), "100-classes": (100, 40)}
IN_BOTH = """
n01443537 n01629819 n01641577 n01770393 n01774750 n01855672 n01882714 n01944390 n01984695 n02056570 n02058221
n02099712 n02106662 n02123045 n02124075 n02129165 n02132136 n02206856 n02233338 n02236044 n02279972 n02281406
n02321529 n02364673 n02395406 n02415577 n02437312 n02481823 n02486410 n02504458 n02509815 n02666196 n02769748
n02793495 n02795169 n02802426 n02808440 n02814860 n02823428 n02841315 n02883205 n02906734 n02909870 n02917067
n02948072 n02950826 n02963159 n03085013 n03201208 n03255030 n03393912 n03400231 n03404251 n03544143 n03637318
n03706229 n03733131 n03796401 n03804744 n03838899 n03854065 n03891332 n03902125 n03930313 n03970156 n03983396
n04008634 n04067472 n04074963 n04099969 n04146614 n04251144 n04254777 n04265275 n04275548 n04285008 n04366367
n04376876 n04398044 n04399382 n04456115 n04465501 n04507155 n04540053 n04597913 n07583066 n07614500 n07615774
n07695742 n07734744 n07749582 n07753592 n07873807 n07875152 n07920052 n09193705 n09246464 n09256479 n09332890
n09428293
"""
IN_ORIGINAL = """
n01644900 n01698640 n01742172 n01768244 n01774384 n01784675 n01910747 n01917289 n01945685 n01950731 n01983481
n02002724 n02074367 n02085620 n02094433 n02099601 n02113799 n02123394 n02125311 n02165456 n02190166 n02226429
n02231487 n02268443 n02403003 n02410509 n02423022 n02480495 n02669723 n02699494 n02730930 n02788148 n02791270
n02814533 n02815834 n02837789 n02843684 n02892201 n02927161 n02977058 n02988304 n02999410 n03014705 n03026506
n03042490 n03089624 n03100240 n03126707 n03160309 n03179701 n03250847 n03355925 n03388043 n03424325 n03444034
n03447447 n03584254 n03599486 n03617480 n03649909 n03662601 n03670208 n03763968 n03770439 n03814639 n03837869
n03937543 n03976657 n03977966 n03980874 n03992509 n04023962 n04070727 n04118538 n04133789 n04149813 n04179913
n04259630 n04311004 n04328186 n04356056 n04371430 n04417672 n04486054 n04487081 n04501370 n04532106 n04532670
n04560804 n04562935 n04596742 n06596364 n07579787 n07711569 n07715103 n07720875 n07747607 n07768694 n07871810
n12267677
"""


@lru_cache
def names() -> dict[str, str]:
    """The first English word of WordNet for each of ImageNet's classes, by its WordNet name: the list that timm has."""
    lines = imagenet.shipped("imagenet_synset_to_lemma.txt").splitlines()
    entries = (line.split("\t") for line in lines)
    return {wnid: words.split(",")[0] for wnid, words in entries}


@dataclass(frozen=True)
class TinyImageNet(FromFiles):
    """Photographs of 200 of ImageNet's kinds of things, colour 64 × 64 (Stanford's course CS231n, 2015).

    Brought to `size` by Pillow's bilinear resampling. The test split is the published validation set, as nobody
    published labels of the test set; "all" is train and test. Variants: "original", 500 training and 50 test images of
    a class, and "100-classes", 100 and 40 images of 100 classes.
    """

    variant: str = "original"
    size: int = 64  # the stored side

    folder: ClassVar[str] = "tiny_imagenet"
    licence: ClassVar[str] = "non-commercial research and education, as ImageNet's"
    splits: ClassVar[tuple[str, ...]] = ("train", "test", "all")
    variants: ClassVar[tuple[str, ...]] = tuple(TREES)

    @property
    def wnids(self) -> tuple[str, ...]:
        """The classes by their WordNet names, sorted."""
        return tuple(sorted(f"{IN_BOTH} {IN_ORIGINAL if self.variant == 'original' else ''}".split()))

    @property
    def classes(self) -> tuple[str, ...]:
        return tuple(names()[wnid] for wnid in self.wnids)

    @property
    def natural(self) -> tuple[str, ...]:
        """The classes of natural things, as Yosinski et al. (NIPS 2014) sort ImageNet's."""
        theirs = set(imagenet.natural())
        return tuple(names()[wnid] for wnid in self.wnids if wnid in theirs)

    @property
    def man_made(self) -> tuple[str, ...]:
        """The other classes."""
        return tuple(name for name in self.classes if name not in self.natural)

    @property
    def counts(self) -> dict[str, int]:
        train, test = (count * len(self.wnids) for count in PER_CLASS[self.variant])
        return {"train": train, "test": test, "all": train + test}

    @property
    def files(self) -> tuple[Tree, ...]:
        return (TREES[self.variant],)

    @property
    def shape(self) -> tuple[int, ...]:
        return (3, self.size, self.size)

    def decode_inputs(self, split: str) -> Iterable[Array]:
        """In a fixed random order."""
        return decoded((path for path, _ in self._images(split)), self.size)

    def decode_labels(self, split: str) -> Iterable[Array]:
        index = {wnid: i for i, wnid in enumerate(self.wnids)}
        return [np.array([index[wnid] for _, wnid in self._images(split)], np.int64)]

    def _images(self, split: str) -> list[tuple[Path, str]]:
        """The files with their classes."""
        tree = TREES[self.variant].obtain(self.folder) / "tiny-imagenet-200"
        found = []
        if split in ("train", "all"):
            found += [(path, wnid) for wnid in self.wnids for path in images_in(tree / "train" / wnid / "images")]
        if split in ("test", "all"):
            annotations = tree / "val" / "val_annotations.txt"
            with reading(annotations, "list of images and classes"):
                lines = annotations.read_text(encoding="utf-8").splitlines()
                of = {line.split("\t")[0]: line.split("\t")[1] for line in lines}
                found += [(path, of[path.name]) for path in images_in(tree / "val" / "images")]
        return shuffled(found)
