"""Images of one's own: a folder of class folders, or of images without labels.

ImageFolder.of("photographs/amazon")
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import ClassVar, Self, cast

import numpy as np

from mtl_bench.datasets.correspondence import corresponding
from mtl_bench.datasets.files.acquire import one_of
from mtl_bench.datasets.files.encoded import FileRows
from mtl_bench.datasets.files.own_images import OwnImage, content_digest, own_images, readable, stamp_of
from mtl_bench.datasets.files.pixels import shuffled
from mtl_bench.datasets.files.placed import DataError
from mtl_bench.inputs.rows import Array, Mapped


@dataclass(frozen=True)
class ImageFolder:
    """A folder of class folders or, not labelled, a folder of images at any depth.

    Images stay where they are and are decoded when their rows are read: the short side brought to `size`, the centre
    cut out. Rows come in a fixed random order, the same wherever the folder lies. `classes` of an unlabelled folder are
    those that its images may be of. Made by `of`, which looks at every file; later uses compare names, sizes and times,
    and the content itself only where one of these differs.
    """

    name: str
    classes: tuple[str, ...]
    sha256: str  # of the images: their listing in sha256sum's format
    path: str = field(compare=False)  # where it lies now; relative to the working directory or absolute
    labelled: bool = True
    size: int = 256  # the stored side
    stamp: str = field(default="", compare=False)  # of names, sizes and times; spares reading the files again

    splits: ClassVar[tuple[str, ...]] = ("all",)

    @classmethod
    def of(
        cls, path: str | Path, name: str = "", classes: Sequence[str] = (), labelled: bool = True, size: int = 256
    ) -> Self:
        """The folder as it is now, under its own name by default; reads every file once. Raises DataError.

        `classes` are the order of the labels, by default that of the class folders' names; the folder must have these.
        """
        folder = Path(path)
        images = own_images(folder, labelled)
        if labelled:
            found = tuple(sorted({_class(image) for image in images}))
            if sorted(classes) != list(found) and classes:
                try:
                    corresponding(classes, found, "the classes given", readable(str(folder)))
                except ValueError as error:
                    raise DataError(str(error)) from error
            classes = classes or found
        digest = content_digest(folder, images, opened=True)
        name = name or readable(folder.resolve().name)
        return cls(name, tuple(classes), digest, str(path), labelled, size, stamp_of(images))

    @classmethod
    def examples(cls) -> tuple[Self, ...]:
        """None is there without a folder."""
        return ()

    def inputs(self, split: str) -> Mapped:
        """uint8 (n, 3, size, size), each decoded when it is read, which raises DataError for a damaged file."""
        one_of(split, self.splits, self.name, "split")
        names = [image.inside for image in self._images()]
        rows = FileRows(Path(self.path), names, self.size)
        return Mapped(cast(Array, rows), f"images {self.sha256}, shuffled by 0, decoded to {self.size}")

    def labels(self, split: str) -> Array:
        """int64 (n,)."""
        one_of(split, self.splits, self.name, "split")
        if not self.labelled:
            raise ValueError(f"{self.name} has no labels: it is a folder of images without class folders")
        number = {name: i for i, name in enumerate(self.classes)}
        return np.array([number[_class(image)] for image in self._images()], np.int64)

    def paths(self) -> list[Path]:
        """The files in the order of the rows."""
        return [Path(self.path, image.inside) for image in self._images()]

    def row_names(self) -> list[str]:
        """The files' names below the folder, with /, in the order of the rows."""
        return [image.name for image in self._images()]

    def _images(self) -> list[OwnImage]:
        """In the order of the rows; raises DataError when they are not those that `of` saw."""
        folder = Path(self.path)
        images = own_images(folder, self.labelled)
        stamp = stamp_of(images)
        if stamp != self.stamp and _content(folder.absolute(), self.labelled, stamp) != self.sha256:
            raise DataError(
                f"{readable(str(folder))} has other images than when the study was written; "
                "run `mtl-bench compare` again"
            )
        return shuffled(images)


@lru_cache(maxsize=16)  # once for each state of a folder
def _content(folder: Path, labelled: bool, stamp: str) -> str:
    return content_digest(folder, own_images(folder, labelled))


def _class(image: OwnImage) -> str:
    return image.name.split("/")[0]
