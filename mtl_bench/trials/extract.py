"""Extract: what a network with published weights makes of a data set's images. No label is read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn

from mtl_bench.core.trial import Trial, Work
from mtl_bench.models.pretrained import Pretrained, Transform
from mtl_bench.trials.adapt import Domain, digest

Array = np.ndarray[Any, Any]
PACKAGED = Pretrained()
CHUNK = 256  # images between two files that a stopped run goes on from
BATCH = 32


@dataclass(frozen=True)
class Extract(Trial):
    """The features of all images of a split, in its order: float32 (n, width) in `features.npz`.

    Each chunk of images is a file, so that a killed run goes on where it was. Labels are the data set's own, by
    `labels`, and are not in the file.
    """

    domain: Domain
    backbone: Pretrained = PACKAGED
    split: str = "all"

    @property
    def name(self) -> str:
        return self.domain.name

    @property
    def classes(self) -> tuple[str, ...]:
        return self.domain.classes

    def inputs(self, split: str) -> Array:
        raise NotImplementedError("the features are in the trial's folder")

    def labels(self, split: str = "all") -> Array:
        """int64 (n,), of the images in their order."""
        return self.domain.labels(self.split)

    def run(self, work: Work) -> Mapping[str, float]:
        images = self.domain.inputs(self.split)
        work.data[f"{self.domain.name} {self.split} images"] = digest(images)
        net, transform = self.backbone.network()
        net = net.to(work.device)
        starts = range(0, len(images), CHUNK)
        chunks = [work.folder / f"chunk-{start}.npy" for start in starts]
        for start, chunk in zip(starts, chunks, strict=True):
            if not chunk.exists():
                _save(features_of(images[start : start + CHUNK], net, transform, work.device), chunk)
            work.progress(min(start + CHUNK, len(images)) / len(images), f"{start:,} of {len(images):,} images")
        features = np.concatenate([np.load(chunk, allow_pickle=False) for chunk in chunks])
        np.savez(work.folder / "features.npz", allow_pickle=False, features=features)
        for chunk in chunks:
            chunk.unlink()
        return {"images": len(features), "width": features.shape[1]}


def features_of(images: Array, net: nn.Module, transform: Transform, device: str) -> Array:
    """float32 (n, width) of uint8 images (n, 1 or 3, H, W), each brought to the network by its own transform."""
    from PIL import Image

    found = []
    for start in range(0, len(images), BATCH):
        batch = images[start : start + BATCH]
        colour = np.broadcast_to(np.moveaxis(batch, 1, -1), (*batch.shape[:1], *batch.shape[2:], 3))
        pixels = torch.stack([transform(Image.fromarray(np.ascontiguousarray(image))) for image in colour])
        with torch.inference_mode():
            found.append(net(pixels.to(device)).float().cpu().numpy())
    return np.concatenate(found)


def _save(features: Array, path: Path) -> None:
    """A kill leaves the whole file or none."""
    part = path.with_suffix(".writing")
    with part.open("wb") as file:
        np.save(file, features, allow_pickle=False)
    part.replace(path)
