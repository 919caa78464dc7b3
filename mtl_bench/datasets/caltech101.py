"""Caltech-101."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from mtl_bench.datasets.files.acquire import File
from mtl_bench.datasets.files.declaration import FromFiles
from mtl_bench.datasets.files.extract import Tree
from mtl_bench.datasets.files.pixels import decoded, labels_of, listed

Array = np.ndarray[Any, Any]
PAGE = "https://data.caltech.edu/records/mzrjq-6wc02"
TREE = Tree(
    "original",
    File(
        "caltech-101.zip",
        (f"{PAGE}/files/caltech-101.zip",),
        ("md5:3138e1922a9193bfa496528edbbc45d0",),
        137_414_764,
        PAGE,
    ),
    "101_ObjectCategories/*/image_*.jpg",
    9_144,  # with 467 of BACKGROUND_Google
    inner="caltech-101/101_ObjectCategories.tar.gz",
)
CLASSES = """
Faces Faces_easy Leopards Motorbikes accordion airplanes anchor ant barrel bass beaver binocular bonsai brain
brontosaurus buddha butterfly camera cannon car_side ceiling_fan cellphone chair chandelier cougar_body cougar_face crab
crayfish crocodile crocodile_head cup dalmatian dollar_bill dolphin dragonfly electric_guitar elephant emu euphonium
ewer ferry flamingo flamingo_head garfield gerenuk gramophone grand_piano hawksbill headphone hedgehog helicopter ibis
inline_skate joshua_tree kangaroo ketch lamp laptop llama lobster lotus mandolin mayfly menorah metronome minaret
nautilus octopus okapi pagoda panda pigeon pizza platypus pyramid revolver rhino rooster saxophone schooner scissors
scorpion sea_horse snoopy soccer_ball stapler starfish stegosaurus stop_sign strawberry sunflower tick trilobite
umbrella watch water_lilly wheelchair wild_cat windsor_chair wrench yin_yang
"""


@dataclass(frozen=True)
class Caltech101(FromFiles):
    """Objects of 101 kinds (Fei-Fei, Fergus and Perona, 2004), without the background class.

    Stored as centre squares: the short side is brought to `size` by Pillow's bilinear resampling. Train and test are
    80 % and 20 % of a fixed random order; "all" is both.
    """

    size: int = 64  # the stored side

    folder: ClassVar[str] = "caltech101"
    licence: ClassVar[str] = "CC BY 4.0"
    classes: ClassVar[tuple[str, ...]] = tuple(CLASSES.split())
    splits: ClassVar[tuple[str, ...]] = ("train", "test", "all")
    counts: ClassVar[dict[str, int]] = {"all": 8_677}

    @property
    def files(self) -> tuple[Tree, ...]:
        return (TREE,)

    @property
    def shape(self) -> tuple[int, ...]:
        return (3, self.size, self.size)

    def decode_inputs(self, split: str) -> Iterable[Array]:
        return decoded(self._paths(), self.size)

    def decode_labels(self, split: str) -> Iterable[Array]:
        return [labels_of(self._paths(), self.classes)]

    def _paths(self) -> list[Path]:
        return listed(TREE.obtain(self.folder) / "101_ObjectCategories", self.classes)
