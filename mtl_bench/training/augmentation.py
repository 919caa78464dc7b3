"""Random crops and mirrors: every image of a batch gets its own, from torch's random numbers, which a run saves."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import torch
from torch import Tensor, nn

from mtl_bench.training.learner import Batch
from mtl_bench.training.loop import DomainData


class Augmentation(Protocol):
    """What is done to images (n, C, H, W), as a frozen dataclass: at random in training, always alike elsewhere."""

    def random(self, images: Tensor) -> Tensor: ...

    def fixed(self, images: Tensor) -> Tensor: ...


@dataclass(frozen=True)
class CropAndFlip:
    """A window of `size` × `size` anywhere in the image, mirrored in half of all cases; elsewhere the middle one."""

    size: int

    def random(self, images: Tensor) -> Tensor:
        """(n, C, size, size), each image with a crop and a mirror of its own."""
        from torchvision.transforms import v2

        self._check(images)
        return _each(images, (v2.RandomCrop(self.size), v2.RandomHorizontalFlip()))

    def fixed(self, images: Tensor) -> Tensor:
        """(n, C, size, size), the middle of each."""
        from torchvision.transforms.v2 import functional

        self._check(images)  # torchvision would pad what is too small with black
        middle: Tensor = functional.center_crop(images, [self.size, self.size])
        return middle

    def _check(self, images: Tensor) -> None:
        height, width = images.shape[2:]
        if min(height, width) < self.size:
            raise ValueError(
                f"images of {height} × {width} pixels have no window of {self.size}; "
                "give the data set a larger size or take a smaller window"
            )


@dataclass(frozen=True)
class Flip:
    """Mirrored in half of all cases; elsewhere left as it is."""

    def random(self, images: Tensor) -> Tensor:
        """(n, C, H, W), each image mirrored or not for itself."""
        from torchvision.transforms import v2

        return _each(images, (v2.RandomHorizontalFlip(),))

    def fixed(self, images: Tensor) -> Tensor:
        """The images."""
        return images


def _each(images: Tensor, transforms: Sequence[nn.Module]) -> Tensor:
    """Image by image: these transforms draw once for all that they are given."""
    steps = nn.Sequential(*transforms)
    return torch.stack([steps(image) for image in images])


@dataclass(frozen=True)
class Augmented(DomainData):
    """A domain's training images, changed at random each time they are taken."""

    augmentation: Augmentation

    def batch(self, indices: np.ndarray[Any, Any], device: str) -> Batch:
        images, labels = super().batch(indices, device)
        return Batch(self.augmentation.random(images), labels)
