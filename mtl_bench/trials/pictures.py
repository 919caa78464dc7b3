"""Pictures of a data set's rows, for contact sheets: some of each class, or those that two networks fail on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar, Literal, get_args

import numpy as np

from mtl_bench.core.trial import Trial, Work
from mtl_bench.disk import write_atomically
from mtl_bench.inputs.rows import Array, Rows
from mtl_bench.trials.contracts import DataSet, read_labels, read_rows
from mtl_bench.trials.history import array, read_array
from mtl_bench.trials.mistakes import RIGHT, Mistakes

PICTURES = "pictures.npy"
LARGEST = 64  # side of a picture that is kept: larger ones would make a sheet too large for the results
Kind = Literal["common", "only a", "only b"]


@dataclass(frozen=True)
class Pictures(Trial):
    """The first test rows of a data set of images, of as many classes as there are pictures, or of all in turn.

    Metric: "pictures", how many. Leaves `pictures.npy`, uint8 (n, H, W, 3).
    """

    keep: ClassVar[tuple[str, ...]] = (PICTURES,)

    data: DataSet
    count: int = 8

    def run(self, work: Work) -> Mapping[str, float]:
        rows = read_rows(self.data, "test", work)
        labels = read_labels(self.data, "test", work, len(rows))
        # The first of each class before the second of any.
        turn = np.array([(labels[:i] == label).sum() for i, label in enumerate(labels)])
        return leave(rows, np.lexsort((labels, turn))[: self.count], work)


@dataclass(frozen=True)
class PicturesOfMistakes(Trial):
    """The first test rows that both of two networks get wrong ("common"), or one of them alone.

    Metric: "pictures", how many. Leaves `pictures.npy`, uint8 (n, H, W, 3).
    """

    keep: ClassVar[tuple[str, ...]] = (PICTURES,)

    of: Mistakes
    kind: Kind
    count: int = 12

    def __post_init__(self) -> None:
        if self.kind not in get_args(Kind):
            raise ValueError(f"there are no mistakes of the kind {self.kind!r}; choose one of {get_args(Kind)}")

    def run(self, work: Work) -> Mapping[str, float]:
        a, b = read_array(work.artifact_of(self.of, RIGHT))
        failed = {"common": ~a & ~b, "only a": ~a & b, "only b": a & ~b}[self.kind]
        return leave(read_rows(self.of.data, "test", work), np.flatnonzero(failed)[: self.count], work)


def leave(rows: Rows, chosen: Array, work: Work) -> Mapping[str, float]:
    """Keep these rows' pictures, grey ones in three equal channels, larger ones brought to a side of 64 pixels.

    Raises ValueError for what is no picture.
    """
    found = np.stack([np.asarray(rows[i : i + 1])[0] for i in chosen]) if len(chosen) else np.asarray(rows[:0])
    if found.ndim != 4 or found.dtype != np.uint8:
        raise ValueError(f"rows of shape {found.shape[1:]} and type {found.dtype} are no pictures; give images")
    coloured = np.broadcast_to(np.moveaxis(found, 1, -1), (*found.shape[:1], *found.shape[2:], 3))
    write_atomically(work.folder / PICTURES, array(small(np.ascontiguousarray(coloured))))
    return {"pictures": float(len(chosen))}


def small(pictures: Array) -> Array:
    """uint8 (n, H, W, 3), with sides of 64 pixels at most, by Pillow's bilinear resampling."""
    from PIL import Image

    height, width = (min(side, LARGEST) for side in pictures.shape[1:3])
    if (height, width) == pictures.shape[1:3]:
        return pictures
    resized = [Image.fromarray(one).resize((width, height), Image.Resampling.BILINEAR) for one in pictures]
    return np.stack([np.asarray(one) for one in resized]) if resized else pictures[:, :height, :width]
