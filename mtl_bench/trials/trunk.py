"""Trunk: what a network that stands still makes of a data set, as a data set of features. No label is read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import torch

from mtl_bench.core.trial import Trial, Work
from mtl_bench.disk import read_with_checksum, write_atomically, write_with_checksum
from mtl_bench.inputs.rows import Array, Rows
from mtl_bench.models.pretrained import Pretrained
from mtl_bench.training.loop import outputs_of
from mtl_bench.trials.contracts import DataSet, read_rows
from mtl_bench.trials.history import array
from mtl_bench.trials.weights import Weights

PACKAGED = Pretrained()
CHUNK = 256  # rows between two files that a stopped run goes on from
BATCH = 32


@dataclass(frozen=True)
class Trunk(Trial):
    """The features of all rows of some splits, in their order: float32 (n, width) in `<split>.npy`.

    The network is one with published weights, or one that a trial trained: of that, the output of its last stage. It
    stands for a data set, whose labels are `data`'s own: computed once, it serves every method and every pair. Each
    chunk of rows is a file, so that a killed run goes on where it was.
    """

    data: DataSet
    network: Pretrained | Weights = PACKAGED
    splits: tuple[str, ...] = ("all",)

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
            return OfTrained(self.network, work, self.data.name)
        return OfPretrained(self.network, work.device)


class OfPretrained:
    """uint8 images (k, 1 or 3, H, W) to float32 (k, width), each brought to the network by its own transform."""

    def __init__(self, network: Pretrained, device: str) -> None:
        net, self.transform = network.network()
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
    """Rows of a domain to float32 (k, width): the output of a trained network's last stage."""

    def __init__(self, weights: Weights, work: Work, domain: str) -> None:
        self.learner, self.domain = weights.learner(work).to(work.device), domain

    def __call__(self, rows: Array) -> Array:
        return outputs_of(self.learner, rows, self.domain, len(rows))[1]


Extractor = OfPretrained | OfTrained
