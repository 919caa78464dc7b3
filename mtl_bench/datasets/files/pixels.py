"""Pixels: image files decoded, arrays resized, folders of classes listed.

What becomes of an image file:

| it holds | it becomes |
|---|---|
| 8-bit grey, colour, YCbCr | RGB |
| 16-bit grey (modes I;16 and I up to 65,535) | divided by 257 and rounded, RGB |
| 16-bit colour | the upper 8 bits, RGB |
| one bit | black and white, RGB |
| a palette | its colours |
| alpha, or a transparent colour | composited on white |
| CMYK | RGB as Pillow converts it, Adobe's inversion undone |
| several frames (GIF, TIFF, WebP) | its first |
| an EXIF orientation | turned upright, unless the data set's paper did not |
| floating-point or wider numbers (F, I beyond 65,535) | refused: nobody states their black and white |
| more pixels than Pillow's limit against bombs | refused |
| no byte, half an image, anything else | refused |

In a folder of classes, files count by their endings in either case (`IMAGES`); hidden files and folders and what file
managers leave (`Thumbs.db`) do not. Every refusal is one sentence that names the file.
"""

from __future__ import annotations

import io
import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from mtl_bench.datasets.files.decoders import reading
from mtl_bench.datasets.files.placed import DataError

if TYPE_CHECKING:
    from PIL.Image import Image

Array = np.ndarray[Any, Any]
Encoded = Path | tuple[str, bytes]  # an image file, or its name and bytes
ORIENTATION = 0x0112  # the EXIF tag
BLOCK = 256  # images held in memory at once
IMAGES = frozenset([".bmp", ".gif", ".jpeg", ".jpg", ".pgm", ".png", ".ppm", ".tif", ".tiff", ".webp"])


def rgb(item: Encoded, upright: bool = True) -> Image:
    """The image as 8-bit RGB; raises DataError. Without `upright`, an EXIF orientation is passed over."""
    from PIL import Image, ImageOps

    name, source = (item, item) if isinstance(item, Path) else (Path(item[0]), io.BytesIO(item[1]))
    with reading(name, "image"), Image.open(source) as image:
        width, height = image.size
        if Image.MAX_IMAGE_PIXELS and width * height > Image.MAX_IMAGE_PIXELS:
            raise ValueError(f"{width:,} × {height:,} pixels are more than {Image.MAX_IMAGE_PIXELS:,}: a bomb?")
        return _coloured(ImageOps.exif_transpose(image) if upright and _turned(image) else image)


def _turned(image: Image) -> bool:
    """Whether its EXIF data say so; damaged ones say nothing."""
    try:
        return bool(image.getexif().get(ORIENTATION, 1) != 1)
    except Exception:  # as many kinds as there are ways to damage them
        return False


def _coloured(image: Image) -> Image:
    from PIL import Image

    if image.mode == "F":
        raise ValueError("its pixels are floating-point numbers; save it with 8 or 16 bits")
    if image.mode.startswith("I"):
        levels = np.asarray(image).astype(np.int64)
        if levels.min() < 0 or levels.max() > 65_535:
            raise ValueError("its pixels are not within 16 bits; save it with 8 or 16 bits")
        return Image.fromarray(np.rint(levels / 257).astype(np.uint8)).convert("RGB")
    if "transparency" in image.info or image.mode in ("RGBA", "RGBa", "LA", "La", "PA"):
        image = image.convert("RGBA")
        return Image.alpha_composite(Image.new("RGBA", image.size, "white"), image).convert("RGB")
    return image.convert("RGB")


def decoded(images: Iterable[Encoded], size: int) -> Iterator[Array]:
    """Blocks (k, 3, size, size) of uint8: RGB, the short side brought to `size` (bilinear), the centre cut out."""
    from PIL import Image, ImageOps

    def one(item: Encoded) -> Array:
        fitted = ImageOps.fit(rgb(item), (size, size), Image.Resampling.BILINEAR)
        return np.moveaxis(np.asarray(fitted), -1, 0)

    yield from _blocks(one(item) for item in images)


def resized(images: Iterable[Array], size: int) -> Iterator[Array]:
    """Blocks (k, C, size, size) of uint8 from images (C, H, W), by Pillow's bilinear resampling of each channel."""
    from PIL import Image

    def one(image: Array) -> Array:
        if image.shape[1:] == (size, size):
            return image
        channels = (Image.fromarray(c).resize((size, size), Image.Resampling.BILINEAR) for c in image)
        return np.stack([np.asarray(channel) for channel in channels])

    yield from _blocks(one(image) for image in images)


def _blocks(images: Iterator[Array]) -> Iterator[Array]:
    block: list[Array] = []
    for image in images:
        block.append(image)
        if len(block) == BLOCK:
            yield np.stack(block)
            block = []
    if block:
        yield np.stack(block)


def shuffled(items: list[Any], seed: int = 0) -> list[Any]:
    """The items in a fixed random order, so that no prefix of a listing by class is of one class."""
    return [items[i] for i in np.random.default_rng(seed).permutation(len(items))]


def images_in(folder: Path) -> list[Path]:
    """The image files of a folder by name; raises DataError when it is not there."""
    try:
        with os.scandir(folder) as entries:
            names = [e.name for e in entries if not e.name.startswith(".") and ending(e.name) in IMAGES and e.is_file()]
    except OSError as error:
        raise DataError(f"{folder} cannot be read ({error.strerror}); each class has a folder of its own") from error
    return [folder / name for name in sorted(names)]


def ending(name: str) -> str:
    """The ending of a file's name in small letters, with its dot."""
    return os.path.splitext(name)[1].lower()  # noqa: PTH122  # a Path for each of a million names takes seconds


def listed(tree: Path, classes: tuple[str, ...]) -> list[Path]:
    """The images of a folder of class folders, in a fixed random order."""
    return shuffled(sorted(path for name in classes for path in images_in(tree / name)))


def labels_of(paths: Iterable[Path], classes: tuple[str, ...]) -> Array:
    """int64 (n,): the class of each file, by its folder."""
    index = {name: i for i, name in enumerate(classes)}
    return np.array([index[path.parent.name] for path in paths], np.int64)
