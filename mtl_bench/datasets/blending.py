"""Digits on photographs: the recipe of MNIST-M (Ganin et al., JMLR 2016, section 5.2.4)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]


def blend(digits: Array, photographs: Sequence[Array], seed: int) -> Array:
    """|patch - digit| per channel, the digit being 255 wherever it has ink: so the published images were made.

    Digits (n, 1, h, w) uint8 and photographs (3, H, W) uint8; each digit gets a patch from a random place of a random
    photograph. Returns (n, 3, h, w) uint8.
    """
    random = np.random.default_rng(seed)
    height, width = digits.shape[2:]
    patches = np.empty((len(digits), 3, height, width), np.uint8)
    for i in range(len(digits)):
        photograph = photographs[int(random.integers(len(photographs)))]
        top = random.integers(photograph.shape[1] - height + 1)
        left = random.integers(photograph.shape[2] - width + 1)
        patches[i] = photograph[:, top : top + height, left : left + width]
    return np.where(digits > 0, 255 - patches, patches)
