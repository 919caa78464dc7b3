"""ImageNet: the data of the ILSVRC-2012 challenge, placed by hand, and the halves that Yosinski et al. make of it."""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from mtl_bench.datasets.files.acquire import File, announce
from mtl_bench.datasets.files.declaration import FromFiles
from mtl_bench.datasets.files.decoders import reading
from mtl_bench.datasets.files.extract import Tree
from mtl_bench.datasets.files.pixels import BLOCK, Encoded, images_in, labels_of, rgb, shuffled
from mtl_bench.datasets.files.placed import DataError, beside, checksum_of, place, placing
from mtl_bench.datasets.files.transfer import RETRIES, Report, RetryPolicy

Array = np.ndarray[Any, Any]
PAGE = "https://image-net.org/challenges/LSVRC/2012/"
DEVKIT = File("ILSVRC2012_devkit_t12.tar.gz", hashes=("md5:fa75699e90414af021442c21a62c3abf",), page=PAGE)
INFO = "data/_info"  # in timm
NATURAL = (*range(398), *range(936, 959), 970, *range(972, 999))  # the authors' ilsvrc12/data/half_nat_idx.txt


@lru_cache
def wnids() -> tuple[str, ...]:
    """The 1,000 classes by their WordNet names, sorted, as Caffe numbers them: the list that timm ships."""
    return tuple(shipped("imagenet_synsets.txt").split())


def shipped(name: str) -> str:
    """A file about ImageNet's classes that timm ships, read without importing timm's models, which takes seconds."""
    found = find_spec("timm")
    if found is None or not found.submodule_search_locations:
        raise ModuleNotFoundError("the package timm is not installed")
    return (Path(next(iter(found.submodule_search_locations))) / INFO / name).read_text(encoding="utf-8")


def natural() -> tuple[str, ...]:
    """The 449 classes of natural things (the authors' half A): animals, plants, fruit, landscapes."""
    return tuple(wnids()[i] for i in NATURAL)


def man_made() -> tuple[str, ...]:
    """The 551 other classes (half B): artefacts, dishes, a bubble."""
    return tuple(name for i, name in enumerate(wnids()) if i not in NATURAL)


def random_halves(seed: int) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The 500 classes of half A and the other 500, as the authors' ilsvrc12/make_reduced_dataset.py draws them.

    Theirs have the seeds 0 to 3. numpy keeps what its old generator draws for a seed as it was.
    """
    old = np.random.RandomState([seed])  # a list, as their script gives it, seeds otherwise than a number
    first = set(old.choice(len(wnids()), len(wnids()) // 2, replace=False).tolist())
    a, b = (tuple(name for i, name in enumerate(wnids()) if (i in first) is whether) for whether in (True, False))
    return a, b


@dataclass(frozen=True)
class ClassFolders(Tree):
    """A folder of one folder for each class, put there by hand or unpacked from the challenge's archives beside it."""

    def obtain(self, folder: str, report: Report = announce, retries: RetryPolicy = RETRIES) -> Path:
        """The checked folder; raises DataError where neither it nor its archives are there."""
        path = self.place(folder)
        if not checksum_of(path):
            with placing(path):
                if path.exists():
                    return self.accept(folder)
                self._unpack(path, folder, report, retries)
        return path

    def check(self, path: Path, subject: str) -> None:
        """Raises DataError when a class or a photograph is missing, or there are more."""
        if absent := [name for name in wnids() if not (path / name).is_dir()]:
            raise DataError(
                f"{subject} has no folder {absent[0]} ({len(absent):,} of {len(wnids()):,} classes are missing): "
                f"each class has a folder of its own; unpack {self.archive.name} again"
            )
        if (count := len(photographs(path))) != self.count:
            raise DataError(
                f"{subject} holds {count:,} photographs (*.JPEG) where {self.count:,} were expected; "
                f"unpack {self.archive.name} again"
            )

    def _unpack(self, path: Path, folder: str, report: Report, retries: RetryPolicy) -> None:
        for file in (self.archive, *((DEVKIT,) if path.name == "val" else ())):
            try:
                file.obtain(folder, report, retries)
            except DataError as reason:
                if file.place(folder).exists():
                    raise
                raise DataError(
                    f"imagenet is placed by hand and {path} is missing: register at {PAGE} and put {file.name} into "
                    f"{path.parent}, or the photographs as {path.name}/<class>/*.JPEG; it takes 155 GB, and 260 GB "
                    "more as pixels (MTL_BENCH_DATA names another data folder)"
                ) from reason
        from torchvision.datasets import imagenet

        part = beside(path, ".part")
        shutil.rmtree(part, ignore_errors=True)
        try:
            with reading(self.archive.place(folder), "archive of ImageNet"):
                if path.name == "val":  # the development kit says which class each of its photographs is of
                    imagenet.parse_devkit_archive(path.parent)
                    imagenet.parse_val_archive(path.parent, folder=part.name)
                else:
                    imagenet.parse_train_archive(path.parent, folder=part.name)
            self.check(part, f"{self.archive.place(folder)}, unpacked,")
        except BaseException:
            shutil.rmtree(part, ignore_errors=True)
            raise
        place(part, path)


def photographs(tree: Path) -> list[Path]:
    """The files of a folder of class folders, class by class."""
    return [path for name in wnids() for path in images_in(tree / name)]


def warped(images: Sequence[Encoded], size: int) -> Iterator[Array]:
    """Blocks (k, 3, size, size) of uint8: RGB, both sides brought to `size` (bilinear) whatever the image's shape.

    A photograph lies as it was stored: Caffe of 2014 did not read its EXIF orientation.
    """
    from PIL import Image

    def one(image: Encoded) -> Array:
        small = rgb(image, upright=False).resize((size, size), Image.Resampling.BILINEAR)
        return np.moveaxis(np.asarray(small), -1, 0)

    with ThreadPoolExecutor() as threads:  # Pillow decodes without the interpreter's lock
        for first in range(0, len(images), BLOCK):
            yield np.stack(list(threads.map(one, images[first : first + BLOCK])))


TREES = {
    "train": ClassFolders(
        "train",
        File(
            "ILSVRC2012_img_train.tar",
            hashes=("md5:1d675b47d978889d74fa0da5fadfb00e",),
            size=147_897_477_120,
            page=PAGE,
        ),
        "*/*.JPEG",
        1_281_167,
    ),
    "test": ClassFolders(
        "val",
        File(
            "ILSVRC2012_img_val.tar",
            hashes=("md5:29b22e2961454d5413ddabcf34fc5622",),
            size=6_744_924_160,
            page=PAGE,
        ),
        "*/*.JPEG",
        50_000,
    ),
}


@dataclass(frozen=True)
class ImageNet(FromFiles):
    """Photographs of 1,000 kinds of things (ILSVRC-2012; Russakovsky et al., 2015).

    Stored warped to `size` × `size`, as for Caffe. The test split is the challenge's validation set, as the labels of
    its test set are not published. Placed by hand after registration: either the folders `train/<class>/*.JPEG` and
    `val/<class>/*.JPEG`, or links to them, or the archives, to which the small ILSVRC2012_devkit_t12.tar.gz belongs.
    As pixels they take 260 GB more.
    """

    size: int = 256  # the stored side, by Pillow's bilinear resampling

    folder: ClassVar[str] = "imagenet"
    licence: ClassVar[str] = "non-commercial research and education, after registration"

    @property
    def classes(self) -> tuple[str, ...]:
        return wnids()

    @property
    def counts(self) -> dict[str, int]:
        return {split: tree.count for split, tree in TREES.items()}

    @property
    def files(self) -> tuple[Tree, ...]:
        return tuple(TREES.values())

    @property
    def shape(self) -> tuple[int, ...]:
        return (3, self.size, self.size)

    def decode_inputs(self, split: str) -> Iterable[Array]:
        """In a fixed random order."""
        return warped(self._paths(split), self.size)

    def decode_labels(self, split: str) -> Iterable[Array]:
        return [labels_of(self._paths(split), self.classes)]

    def _paths(self, split: str) -> list[Path]:
        return shuffled(photographs(TREES[split].obtain(self.folder)))
