"""Office-Caltech10, as images."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from mtl_bench.datasets.files.acquire import File
from mtl_bench.datasets.files.class_images import class_images
from mtl_bench.datasets.files.declaration import Fetched, FromFiles
from mtl_bench.datasets.files.extract import Tree
from mtl_bench.datasets.files.pixels import decoded, shuffled
from mtl_bench.datasets.files.tree_or_original import TreeOrOriginal
from mtl_bench.datasets.imagenet import warped
from mtl_bench.datasets.office31 import Office31, packed
from mtl_bench.datasets.office_caltech10 import COUNTS, OfficeCaltechSURF

Array = np.ndarray[Any, Any]
IN_OFFICE31 = {"backpack": "back_pack", "laptop computer": "laptop_computer"}  # the others have the same name
IN_CALTECH256 = {  # number and images of the class
    "backpack": ("003", 151),
    "bike": ("224", 110),
    "calculator": ("027", 100),
    "headphones": ("101", 138),
    "keyboard": ("045", 85),
    "laptop computer": ("127", 128),
    "monitor": ("046", 133),
    "mouse": ("047", 94),
    "mug": ("041", 87),
    "projector": ("238", 97),
}
CALTECH256 = File(
    "256_ObjectCategories.tar",
    ("https://data.caltech.edu/records/nyy15-4j048/files/256_ObjectCategories.tar",),
    ("md5:67b4f42ca05d46448c6bb8ecd2220f6d",),
    page="https://data.caltech.edu/records/nyy15-4j048",
)
ORIGINAL = tuple(
    Tree(f"original-{number}", CALTECH256, f"256_ObjectCategories/{number}.*/{number}_*.jpg", count)
    for number, count in IN_CALTECH256.values()
)
JPEG88 = TreeOrOriginal(
    "jpeg88-caltech10",
    File(
        "caltech10.tar",
        hashes=("sha256:be5d0c3d6cf5577d9d6176b9618f63f39d721b4e465cfe3e179933ec4f3e6d84",),
        size=16_680_960,
        instead=(CALTECH256,),
    ),
    "caltech10/*/*.jpg",
    COUNTS["caltech10"],
    "708249ddfbd2a7de3f3c73f2bbf892be0c324de10508346a8bbbde167a967442",
)


@dataclass(frozen=True)
class OfficeCaltechImages(FromFiles):
    """Ten kinds of things on shop pages, in Caltech-256 and before two cameras: photographs, one of the four domains.

    Gong, Shi, Sha and Grauman, CVPR 2012: the classes that Office-31 shares with Caltech-256. Both sides are brought to
    `size` by Pillow's bilinear resampling, whatever an image's shape. Row for row they are the images of
    `OfficeCaltechSURF`; there is no split. Variants as Office-31 has them: "original", and "jpeg88", for which the 264
    larger images of caltech10 were compressed again: as they are decoded, where nobody has them so. One of caltech10's
    files and 25 of amazon's are exact copies of another.
    """

    domain: str = "amazon"
    variant: str = "original"
    size: int = 256  # the stored side

    folder: ClassVar[str] = "office_caltech10_images"
    licence: ClassVar[str] = "unstated; research use, cite the papers"
    classes: ClassVar[tuple[str, ...]] = OfficeCaltechSURF.classes
    splits: ClassVar[tuple[str, ...]] = ("all",)
    variants: ClassVar[tuple[str, ...]] = Office31.variants
    domains: ClassVar[tuple[str, ...]] = tuple(COUNTS)

    @property
    def counts(self) -> dict[str, int]:
        return {"all": COUNTS[self.domain]}

    @property
    def made_from(self) -> tuple[Fetched, ...]:
        return () if self.domain == "caltech10" else (self._office(),)

    @property
    def files(self) -> tuple[Tree, ...]:
        if self.domain != "caltech10":
            return ()
        return ORIGINAL if self.variant == "original" else (JPEG88,)  # whose other source is that of ORIGINAL

    @property
    def shape(self) -> tuple[int, ...]:
        return (3, self.size, self.size)

    def decode_inputs(self, split: str) -> Iterable[Array]:
        paths = [path for path, _ in self._images()]
        if self.domain == "caltech10":
            packaged = self.variant == "original" or JPEG88.place(self.folder).exists()
            return warped([path if packaged else (str(path), packed(path)) for path in paths], self.size)
        return decoded(self._office().encoded(paths), self.size)  # squares already

    def decode_labels(self, split: str) -> Iterable[Array]:
        return [np.array([label for _, label in self._images()], np.int64)]

    def _office(self) -> Office31:
        return Office31(self.domain, self.variant, self.size)

    def _images(self) -> list[tuple[Path, int]]:
        """The files with their classes, in a fixed random order."""
        if self.domain == "caltech10":
            numbers = {number: label for label, (number, _) in enumerate(IN_CALTECH256.values())}
            places = [tree.obtain(self.folder) for tree in self.files]
            if not places[0].is_dir():
                places = [tree.obtain(self.folder) for tree in ORIGINAL]
            paths = [path for place in places for path in class_images(place)]
            found = [(path, numbers[path.name[:3]]) for path in paths]
        else:
            wanted = {IN_OFFICE31.get(name, name): label for label, name in enumerate(self.classes)}
            paths = [path for path in self._office().paths() if path.parent.name in wanted]
            found = [(path, wanted[path.parent.name]) for path in paths]
        return shuffled(sorted(found, key=lambda one: (one[1], one[0].name)))
