"""What a network with published weights makes of images."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float

from mtl_bench.estimators.given import device_of, rows_and_labels
from mtl_bench.inputs.gate import Given
from mtl_bench.inputs.rows import chunks
from mtl_bench.models.pretrained import PACKAGED, Pretrained
from mtl_bench.trials.trunk import OfPretrained


def features(data: Given, backbone: str = PACKAGED, device: str = "auto") -> Float[np.ndarray, "n width"]:
    """float32 features of images: what the network's classifier would see, each image brought to it as it asks.

    `data` are images uint8 (n, C, H, W), a torch `Dataset` of images or of (image, label), or a data set of this
    package, all of it. `backbone` is any name of timm's, or "torchvision/<name>"; the default needs no download. Raises
    ValueError for bad images and WeightsError where weights can't be had.
    """
    rows, _ = rows_and_labels("data", data, labelled=False)
    if rows.dtype != np.uint8:
        raise ValueError("data has features already; give images uint8 (n, C, H, W)")
    extract = OfPretrained(Pretrained(backbone), device_of(device))
    return np.concatenate([extract(chunk) for chunk in chunks(rows)])
