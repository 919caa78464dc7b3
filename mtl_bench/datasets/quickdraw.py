"""Quick, Draw!."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, Self
from urllib.parse import quote

import numpy as np

from mtl_bench.datasets.domainnet_lists import CLASSES
from mtl_bench.datasets.files.acquire import File, one_of
from mtl_bench.datasets.files.declaration import FromFiles
from mtl_bench.datasets.files.decoders import reading
from mtl_bench.datasets.files.extract import Tree
from mtl_bench.datasets.files.pixels import BLOCK, shuffled

Array = np.ndarray[Any, Any]
Drawing = Sequence[tuple[Sequence[float], Sequence[float]]]  # x and y along each stroke, from 0 to 255
ALL = tuple(name.replace("_", " ") for name in CLASSES)
DRAWINGS = 120  # of a class
LARGEST = 255  # coordinate
MARGIN = 1 / 16  # of the side, free all around
STROKE = 1 / 40  # of the side, the width of a line
FINER = 2  # times as many pixels a side are drawn, then averaged
PAGE = "https://github.com/googlecreativelab/quickdraw-dataset"
PUBLISHED = "https://storage.googleapis.com/quickdraw_dataset/full/simplified/"
PACKAGED = Tree(
    "120-drawings",
    File(
        "quickdraw_simplified_345x120.tar.xz",
        hashes=("sha256:19eedc3cc706da1ee73bf12f87b2d0cb7f743b126a768152da92ca67cdd43cc6",),
        size=4_381_056,
    ),
    "simplified/*.ndjson",
    len(ALL),
)
IN_TINY_IMAGENET = {  # classes of Tiny-ImageNet's 100 that show the same thing, paired by hand
    "backpack": "n02769748", "banana": "n07753592", "barn": "n02793495", "basketball": "n02802426",
    "bathtub": "n02808440", "bear": "n02132136", "bee": "n02206856", "binoculars": "n02841315",
    "bowtie": "n02883205", "bridge": "n04366367", "broom": "n02906734", "bucket": "n02909870",
    "butterfly": "n02279972", "camel": "n02437312", "candle": "n02948072", "cannon": "n02950826",
    "car": "n04285008", "cat": "n02124075", "chair": "n04099969", "compass": "n03706229", "dog": "n02106662",
    "dumbbell": "n03255030", "elephant": "n02504458", "fence": "n03930313", "frog": "n01641577",
    "frying pan": "n03400231", "hourglass": "n03544143", "ice cream": "n07614500", "keyboard": "n03085013",
    "lighthouse": "n02814860", "lion": "n02129165", "lobster": "n01984695", "mushroom": "n07734744",
    "penguin": "n02056570", "pig": "n02395406", "pizza": "n07873807", "popsicle": "n07615774",
    "remote control": "n04074963", "school bus": "n04146614", "scorpion": "n01770393", "sheep": "n02415577",
    "snail": "n01944390", "snorkel": "n04251144", "sock": "n04254777", "spoon": "n04597913",
    "syringe": "n04376876", "table": "n03201208", "teapot": "n04398044", "teddy-bear": "n04399382",
    "tractor": "n04465501", "train": "n02917067", "umbrella": "n04507155", "van": "n03796401",
}  # fmt: skip


@dataclass(frozen=True)
class QuickDraw(FromFiles):
    """Drawings of 345 kinds of things, which DomainNet has too, each drawn in 20 seconds (Jongejan et al., 2016).

    120 drawings of each of `classes`, grey, from the simplified strokes: centred, the longer side of a drawing that
    fills its square 7/8 of the image's, black lines on white of 1/40 of the side, drawn by Pillow at twice the size and
    averaged over 2 × 2 pixels. There is no split: train and test are 80 % and 20 % of a fixed random order. Variants
    are different drawings: "original", the first 120 of each class in the published files, which hold more than 100,000
    of most classes and are fetched whole, and "120-drawings", a sample of another origin. Neither is DomainNet's.
    """

    variant: str = "original"
    classes: tuple[str, ...] = ALL  # a field here, a property elsewhere
    size: int = 224  # the side

    folder: ClassVar[str] = "quickdraw"
    licence: ClassVar[str] = "CC BY 4.0"
    splits: ClassVar[tuple[str, ...]] = ("train", "test", "all")
    variants: ClassVar[tuple[str, ...]] = ("original", "120-drawings")

    @classmethod
    def examples(cls) -> tuple[Self, ...]:
        """The classes that Tiny-ImageNet has too."""
        return tuple(cls(variant, tuple(IN_TINY_IMAGENET)) for variant in cls.variants)

    def __post_init__(self) -> None:
        super().__post_init__()
        for name in self.classes:
            one_of(name, ALL, self.folder, "class")
        if len(set(self.classes)) < len(self.classes):
            raise ValueError(f"{self.folder} is given a class twice; name each once")

    @property
    def counts(self) -> dict[str, int]:
        return {"all": DRAWINGS * len(self.classes)}

    @property
    def files(self) -> tuple[File | Tree, ...]:
        return tuple(map(published, self.classes)) if self.variant == "original" else (PACKAGED,)

    @property
    def shape(self) -> tuple[int, ...]:
        return (1, self.size, self.size)

    def decode_inputs(self, split: str) -> Iterable[Array]:
        drawings = [drawing for drawing, _ in self._drawings()]
        for start in range(0, len(drawings), BLOCK):
            yield np.stack([rasterised(drawing, self.size) for drawing in drawings[start : start + BLOCK]])[:, None]

    def decode_labels(self, split: str) -> Iterable[Array]:
        return [np.array([label for _, label in self._drawings()], np.int64)]

    def _place(self, part: str, what: str) -> tuple[str, str]:
        named = hashlib.sha256("\n".join(self.classes).encode()).hexdigest()[:12]  # too many names for a file's
        key = f"{self.variant}-{len(self.classes)}-{named}-{self.size}"
        return self.folder, f"QuickDraw-{key}-{part}-{what}.v{self.version}"

    def _drawings(self) -> list[tuple[Drawing, int]]:
        """With their classes, in a fixed random order."""
        found = [(one, label) for label, name in enumerate(self.classes) for one in drawings_in(self._path(name))]
        return shuffled(found)

    def _path(self, name: str) -> Path:
        if self.variant == "original":
            return published(name).obtain(self.folder)
        return PACKAGED.obtain(self.folder) / "simplified" / f"{name}.ndjson"


def published(name: str) -> File:
    """The file of all drawings of a class. Nobody published digests."""
    return File(f"{name}.ndjson", (f"{PUBLISHED}{quote(name)}.ndjson",), page=PAGE)


def drawings_in(path: Path) -> Iterator[Drawing]:
    """The first 120 drawings of a class's file; raises DataError where there are fewer."""
    with reading(path, "list of drawings, one a line,"), path.open(encoding="utf-8") as file:
        lines = [line for line, _ in zip(file, range(DRAWINGS), strict=False)]
        if len(lines) < DRAWINGS:
            raise ValueError(f"it has {len(lines)} drawings where {DRAWINGS} are needed")
        yield from [[(x, y) for x, y, *_ in json.loads(line)["drawing"]] for line in lines]


def rasterised(drawing: Drawing, size: int) -> Array:
    """uint8 (size, size): black strokes on white, antialiased, as `QuickDraw` describes."""
    from PIL import Image, ImageDraw

    side = FINER * size
    scale = (1 - 2 * MARGIN) * side / LARGEST
    shift = [side / 2 - scale * (max(map(max, axis)) + min(map(min, axis))) / 2 for axis in zip(*drawing, strict=True)]
    width = max(1, round(STROKE * side))
    image = Image.new("L", (side, side), 255)
    pen = ImageDraw.Draw(image)
    for xs, ys in drawing:
        points = [(scale * x + shift[0], scale * y + shift[1]) for x, y in zip(xs, ys, strict=True)]
        pen.line(points, fill=0, width=width, joint="curve")
        for x, y in (points[0], points[-1]):  # round ends; a single point is a dot
            pen.ellipse((x - width / 2, y - width / 2, x + width / 2, y + width / 2), fill=0)
    return np.asarray(image.reduce(FINER))
