"""Trunk: what a network that stands still makes of a data set, as a data set of features. No label is read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, get_args

import numpy as np
import torch
from torch import nn

from mtl_bench.core.trial import Trial, Work
from mtl_bench.disk import read_with_checksum, write_atomically, write_with_checksum
from mtl_bench.inputs.rows import Array, Rows
from mtl_bench.models.above import published_stages, stage_number
from mtl_bench.models.heads import layers_of
from mtl_bench.models.pretrained import Pretrained
from mtl_bench.training.domain_data import tensor
from mtl_bench.training.learner import Batch
from mtl_bench.training.loop import outputs_of
from mtl_bench.trials.contracts import DataSet, read_rows
from mtl_bench.trials.history import array
from mtl_bench.trials.weights import Weights

Layer = Literal["features", "last hidden"]
PACKAGED = Pretrained()
CHUNK = 256  # rows between two files that a stopped run goes on from
BATCH = 32


@dataclass(frozen=True)
class Trunk(Trial):
    """The features of all rows of some splits, in their order: float32 (n, width) in `<split>.npy`.

    The network is one with published weights, or one that a trial trained: of that, the output of its last stage, or
    with `layer="last hidden"` of its classifier's last hidden layer. Of published weights it may be the output of the
    stage `upto`, flattened, which the stages above it take (`Above`). The trial stands for a data set, whose labels are
    `data`'s own: computed once, it serves every method and every pair. Each chunk of rows is a file, so that a killed
    run goes on where it was.
    """

    data: DataSet
    network: Pretrained | Weights = PACKAGED
    splits: tuple[str, ...] = ("all",)
    layer: Layer = field(default="features", metadata={"omit_when": "features"})
    upto: str = field(default="", metadata={"omit_when": ""})  # of published weights: the last stage; all without it

    def __post_init__(self) -> None:
        if self.upto and isinstance(self.network, Weights):
            raise ValueError(f"the stage {self.upto} is cut from published weights alone; leave out upto here")
        if self.layer not in get_args(Layer):
            raise ValueError(f"there is no layer {self.layer!r}; choose one of {' | '.join(get_args(Layer))}")
        if self.layer == "last hidden" and isinstance(self.network, Pretrained):
            raise ValueError('a network with published weights has no classifier here; take layer="features"')

    @property
    def name(self) -> str:
        return self.data.name

    @property
    def classes(self) -> tuple[str, ...]:
        return self.data.classes

    def labels(self, split: str) -> Array:
        """int64 (n,), of the rows in their order."""
        return self.data.labels(split)

    def inputs(self, split: str) -> Rows:
        raise NotImplementedError("the features lie in the trial's folder; trials take them by rows_of(…)")

    def run(self, work: Work) -> Mapping[str, float]:
        extract = self._extractor(work)
        rows, width = 0, 0
        for i, split in enumerate(self.splits):
            found = self._features(read_rows(self.data, split, work), extract, split, i / len(self.splits), work)
            write_atomically(work.folder / f"{split}.npy", array(found))
            rows, width = rows + len(found), found.shape[1]
        for chunk in work.folder.glob("chunk-*"):
            chunk.unlink()
        return {"rows": rows, "width": width}

    def _features(self, rows: Rows, extract: Extractor, split: str, done: float, work: Work) -> Array:
        found = []
        for start in range(0, len(rows), CHUNK):
            path = work.folder / f"chunk-{split}-{start}"
            content = read_with_checksum(path)
            if content is None:
                chunk = extract(rows[start : start + CHUNK])
                write_with_checksum(path, np.ascontiguousarray(chunk, np.float32).tobytes())
            else:
                count = min(CHUNK, len(rows) - start)
                chunk = np.frombuffer(content, np.float32).reshape(count, -1)
            found.append(chunk)
            fraction = min(start + CHUNK, len(rows)) / len(rows)
            work.progress(done + fraction / len(self.splits), f"{start:,} of {len(rows):,} rows of {split}")
        return np.concatenate(found)

    def _extractor(self, work: Work) -> Extractor:
        if isinstance(self.network, Weights):
            return OfTrained(self.network, work, self.data.name, self.layer)
        return OfPretrained(self.network, work.device, self.upto)


class OfPretrained:
    """uint8 images (k, 1 or 3, H, W) to float32 (k, width), each brought to the network by its own transform."""

    def __init__(self, network: Pretrained, device: str, upto: str = "") -> None:
        net, self.transform = network.network()
        if upto:
            stages = list(published_stages(network).values())[: stage_number(network, upto) + 1]
            net = nn.Sequential(*stages, nn.Flatten()).eval()
        self.net, self.device = net.to(device), device

    def __call__(self, images: Array) -> Array:
        from PIL import Image

        found = []
        for start in range(0, len(images), BATCH):
            batch = images[start : start + BATCH]
            colour = np.broadcast_to(np.moveaxis(batch, 1, -1), (*batch.shape[:1], *batch.shape[2:], 3))
            pixels = torch.stack([self.transform(Image.fromarray(np.ascontiguousarray(image))) for image in colour])
            with torch.inference_mode():
                found.append(self.net(pixels.to(self.device)).float().cpu().numpy())
        return np.concatenate(found)


class OfTrained:
    """Rows of a domain to float32 (k, width): the output of a layer of a trained network."""

    def __init__(self, weights: Weights, work: Work, domain: str, layer: Layer) -> None:
        self.learner, self.domain, self.layer = weights.learner(work).to(work.device), domain, layer
        self.device = work.device

    def __call__(self, rows: Array) -> Array:
        if self.layer == "features":
            return outputs_of(self.learner, rows, self.domain, len(rows))[1]
        with torch.no_grad():
            batch = Batch(tensor(rows).to(self.device), None)
            features = self.learner.features({self.domain: batch})[self.domain]
            layers = layers_of(self.learner.classifier_of(self.domain), features)
        if len(layers) < 2:
            raise ValueError('the network\'s classifier has no hidden layer; take layer="features"')
        hidden: Array = layers[-2].cpu().numpy()
        return hidden


Extractor = OfPretrained | OfTrained
