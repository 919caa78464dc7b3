"""Pixels: image files decoded, arrays resized, folders of classes listed."""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]
BLOCK = 256  # images held in memory at once


def decoded(encoded: Iterable[Path | bytes], size: int) -> Iterator[Array]:
    """Blocks (k, 3, size, size) of uint8: RGB, the short side brought to `size` (bilinear), the centre cut out."""
    from PIL import Image, ImageOps

    def one(item: Path | bytes) -> Array:
        with Image.open(io.BytesIO(item) if isinstance(item, bytes) else item) as image:
            fitted = ImageOps.fit(image.convert("RGB"), (size, size), Image.Resampling.BILINEAR)
        return np.moveaxis(np.asarray(fitted), -1, 0)

    yield from _blocks(one(item) for item in encoded)


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


def share(array: Array, split: str) -> Array:
    """ "train": the first 80 % of items in random order; "test": the others; "all": all. Labels are not looked at."""
    cut = round(0.8 * len(array))
    return {"train": array[:cut], "test": array[cut:], "all": array}[split]


def listed(tree: Path, classes: tuple[str, ...]) -> list[Path]:
    """The files of a folder of class folders, in a fixed random order."""
    return shuffled(sorted(path for name in classes for path in (tree / name).iterdir()))


def labels_of(paths: Iterable[Path], classes: tuple[str, ...]) -> Array:
    """int64 (n,): the class of each file, by its folder."""
    index = {name: i for i, name in enumerate(classes)}
    return np.array([index[path.parent.name] for path in paths], np.int64)
