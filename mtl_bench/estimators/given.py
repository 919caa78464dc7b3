"""What an estimator is given, as data sets in memory: arrays, frames, tensors and torch data sets."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch

from mtl_bench.inputs import gate
from mtl_bench.inputs.gate import Given
from mtl_bench.inputs.rows import Array, Rows
from mtl_bench.models.above import SIZE, FineTuned
from mtl_bench.models.bottleneck import Bottleneck
from mtl_bench.models.digits import DigitCNN
from mtl_bench.models.network import Backbone
from mtl_bench.models.small_cnn import SmallCNN


@dataclass(frozen=True, eq=False)
class InMemory:
    """A domain in memory, whose rows are seen and tested; it is no parameter of anything stored."""

    name: str
    classes: tuple[str, ...]
    rows: Rows
    codes: Array | None = None

    def inputs(self, split: str) -> Rows:
        return self.rows

    def labels(self, split: str) -> Array:
        if self.codes is None:
            raise ValueError(f"the {self.name} has no labels here")
        return self.codes


@dataclass(frozen=True, eq=False)
class SomeLabels(InMemory):
    """A target of which some labels are known: int64 (n,), -1 where none is."""

    shown: Array = field(default_factory=lambda: np.empty(0, np.int64))

    def known(self, split: str) -> Array:
        return self.shown


def usual_network(rows: Rows) -> Backbone:
    """A bottleneck on features, DANN's digit network on 28 pixels, a small one up to 64, or a fine-tuned one on 224."""
    if rows.dtype != np.uint8:
        return Bottleneck(features=rows.shape[1])
    height, width = rows.shape[2:]
    if height == width == SIZE:
        return FineTuned()
    if height == width == DigitCNN.input_shape[1]:
        return DigitCNN()
    if height == width and height % 8 == 0 and height <= 64:
        return SmallCNN(size=height)
    raise ValueError(
        f"no usual network takes images of {height} × {width}; give them 28, 32, 64 or {SIZE} pixels a side, "
        "or a network"
    )


def rows_and_labels(name: str, given: Given, labelled: bool) -> tuple[Rows, Array | None]:
    """Inputs as rows, and what a torch data set has of labels."""
    if given is None:
        raise ValueError(f"{name} is not given; give images uint8 (n, C, H, W), features (n, d) or a torch Dataset")
    if hasattr(given, "inputs") and hasattr(given, "splits"):
        return _of_data_set(given, labelled)
    if isinstance(given, torch.utils.data.Dataset):
        items = [given[i] for i in range(len(given))]  # type: ignore[arg-type]  # what is trained on has a length
        pairs = bool(items) and isinstance(items[0], tuple | list)
        if labelled and not pairs:
            raise ValueError(f"{name} is a Dataset without labels; give y, or a Dataset of (input, label)")
        inputs = [item[0] for item in items] if pairs else items
        labels = np.array([item[1] for item in items]) if pairs and labelled else None
        return gate.rows(name, _stacked(name, inputs)), labels
    if isinstance(given, torch.Tensor):
        given = given.detach().cpu().numpy()
    return gate.rows(name, np.asarray(given) if not hasattr(given, "dtype") else given), None


def _of_data_set(data: Any, labelled: bool) -> tuple[Rows, Array | None]:
    """All of a data set of this package, or its training rows; its labels as the names of classes."""
    split = "all" if "all" in data.splits else "train"
    return data.inputs(split), np.array(data.classes)[data.labels(split)] if labelled else None


def _stacked(name: str, inputs: list[Any]) -> Array:
    """The inputs of a torch data set: images in 0 to 1 become levels of 0 to 255."""
    found = np.stack([np.asarray(one) for one in inputs])
    if found.ndim == 4 and found.dtype.kind == "f":
        if found.min() < 0 or found.max() > 1:
            raise ValueError(
                f"{name} has images from {found.min():g} to {found.max():g}; give them in 0 to 1, or as uint8"
            )
        found = np.round(found * 255).astype(np.uint8)
    return found


def device_of(asked: str) -> str:
    return ("cuda" if torch.cuda.is_available() else "cpu") if asked == "auto" else asked
