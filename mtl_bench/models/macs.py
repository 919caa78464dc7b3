"""What a network computes, without computing it."""

from __future__ import annotations

from collections.abc import Hashable
from functools import lru_cache
from typing import Any, cast

import torch

from mtl_bench.models.network import Backbone


def macs(backbone: Backbone) -> dict[str, int]:
    """Multiplications of one image's way through each stage, counted by PyTorch on tensors without content."""
    return _counted(cast(Hashable, backbone))


@lru_cache
def _counted(backbone: Any) -> dict[str, int]:
    from torch.utils.flop_counter import FlopCounterMode

    found = {}
    with torch.device("meta"), torch.no_grad():
        x = torch.empty(1, *backbone.input_shape)
        for layer, stage in backbone.stages().items():
            with FlopCounterMode(display=False) as counter:
                x = stage.to("meta").eval()(x)  # published weights come with content
            found[layer] = counter.get_total_flops() // 2  # it counts additions too
    return found
