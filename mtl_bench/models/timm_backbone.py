"""Any timm architecture with new weights, cut into stages: to ask of each layer what it is worth elsewhere."""

from __future__ import annotations

import copy
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from mtl_bench.models.network import BatchNormPolicy

MOVE = 0.02  # added to every weight before a chain is checked: what starts at zero would hide a part that it lacks


@dataclass(frozen=True)
class TimmBackbone:
    """A timm model with new weights from torch's generator, as a chain of stages from pixels to pooled features.

    The stages are the model's own modules in the order in which it calls them, under timm's names with _ for a dot
    (layer1, blocks_3). A list of groups (blocks, stages, features) is a stage for each group; a numbered Sequential
    (layer1) is one. What has no weight matrix (norms, activations, pooling) belongs to the stage before it. If
    what comes before the groups is more than modules (class token, position embedding), it is the first stage whole.
    """

    model: str  # of timm.list_models()
    size: int = 224  # pixels
    batch_norm: BatchNormPolicy = "together"

    @property
    def input_shape(self) -> tuple[int, ...]:
        return (3, self.size, self.size)

    def stages(self) -> dict[str, nn.Module]:
        """New modules by name, with content. Raises ValueError when they would not compute what the model does."""
        with torch.device("cpu"):  # also where networks are built without content: what they compute is compared
            return self._checked()

    def _checked(self) -> dict[str, nn.Module]:
        model = self._built()
        try:
            with torch.no_grad():
                model(torch.zeros(2, *self.input_shape))
        except (AssertionError, RuntimeError, ValueError) as error:
            raise self._unfit(error) from error
        return stages_of(model, self.model, self.size)

    def head(self, width: int, classes: int) -> nn.Module:
        return nn.Linear(width, classes)

    def _built(self) -> Any:
        import timm

        if not timm.is_model(self.model):
            raise ValueError(f"timm has no model named {self.model}; timm.list_models() names those that it has")
        published: Any = timm.get_pretrained_cfg(self.model)
        fixed: dict[str, Any] = {"img_size": self.size} if published and published.fixed_input_size else {}
        try:
            model = timm.create_model(self.model, pretrained=False, num_classes=0, **fixed)
        except (AssertionError, RuntimeError, ValueError) as error:
            raise self._unfit(error) from error
        derived = [m for m in model.modules() if isinstance(m, nn.BatchNorm2d) and type(m) is not nn.BatchNorm2d]
        if derived and self.batch_norm == "per domain":
            raise ValueError(
                f"{self.model} has its activations inside BatchNorm, which can't be split per domain; "
                'take batch_norm="separate" or another model'
            )
        return model.eval()

    def _unfit(self, error: Exception) -> ValueError:
        reason = str(error).strip().partition("\n")[0] or type(error).__name__
        return ValueError(f"{self.model} can't take images of {self.size} × {self.size} ({reason}); give another size")


def stages_of(model: nn.Module, name: str, size: int) -> dict[str, nn.Module]:
    """A timm model in evaluation mode as the chain of its own modules, for square images of so many pixels.

    Raises ValueError when they would not compute what the model does.
    """
    moved, images = _moved(model), _normal(np.random.default_rng(0), (2, 3, size, size))
    with torch.no_grad():
        expected = moved(images)
    for start_whole in (False, True):
        if _composes(moved, images, expected, start_whole):
            return {stage: module.train() for stage, module in _chain(model, images, start_whole).items()}
    raise ValueError(
        f"{name} is no chain of its modules: it does more between them than hand on one tensor; "
        "take a model that is, such as resnet18, mobilenetv3_small_050 or vit_tiny_patch16_224"
    )


class _Start(nn.Module):
    """All that a model does before its groups."""

    def __init__(self, model: Any) -> None:
        super().__init__()
        self.model = model

    def forward(self, x: Tensor) -> Tensor:
        features: Tensor = self.model.forward_features(x)
        return features


class _End(nn.Module):
    """What a model makes of its last features: pooling, and layers after that."""

    def __init__(self, model: Any) -> None:
        super().__init__()
        self.model = model

    def forward(self, x: Tensor) -> Tensor:
        pooled: Tensor = self.model.forward_head(x)
        return pooled


def _moved(model: nn.Module) -> nn.Module:
    """A copy whose every weight is a little elsewhere."""
    moved, random = copy.deepcopy(model), np.random.default_rng(1)
    with torch.no_grad():
        for weight in moved.parameters():
            weight.add_(_normal(random, tuple(weight.shape)), alpha=MOVE)
    return moved


def _normal(random: np.random.Generator, shape: tuple[int, ...]) -> Tensor:
    """Normal numbers that are not torch's, from which a network's weights are drawn."""
    return torch.from_numpy(np.asarray(random.standard_normal(shape, dtype=np.float32)))


def _composes(model: nn.Module, images: Tensor, expected: Any, start_whole: bool) -> bool:
    """Whether the chain has all weights of the model and computes what it does."""
    try:
        stages, x = _chain(model, images, start_whole), images
        with torch.no_grad():
            for stage in stages.values():
                x = stage(x)
    except Exception:  # without what a model does between its modules, these can fail in any way
        return False
    if _weights(stages.values()) != _weights([model]) or x.shape != expected.shape:
        return False
    return torch.allclose(x, expected, rtol=1e-4, atol=1e-5 * float(expected.abs().max()))


def _weights(modules: Iterable[nn.Module]) -> int:
    return sum(weight.numel() for module in modules for weight in module.parameters())


def _chain(model: Any, images: Tensor, start_whole: bool) -> dict[str, nn.Module]:
    """The model's stages; with `start_whole`, all that it does before its first list of groups is one of them."""
    units = _units(model)
    called = _called(model, images, {name: module for name, (module, _) in units.items()})
    links = {name: units[name][0] for name in called}
    used = {units[name][1] for name in called}
    pooling = {name: child for name, (module, child) in units.items() if child not in used and _weights([module])}
    if start_whole:
        first = next(i for i, name in enumerate(called) if units[name][1] in _lists(model))
        absent = {units[name][1] for name in called[first:]} | set(pooling.values())
        links = {called[0]: _Start(_without(model, absent)), **{name: links[name] for name in called[first:]}}
    end = next((name for name in pooling if _learns(units[name][0])), "pool")
    links[end] = _End(_without(model, used, weights=False))
    return _joined(links)


def _joined(links: dict[str, nn.Module]) -> dict[str, nn.Module]:
    """Each link with a weight matrix, followed by those without."""
    found: dict[str, list[nn.Module]] = {}
    waiting: list[nn.Module] = []
    for name, module in links.items():
        if _learns(module):
            found[name], waiting = [*waiting, module], []
        elif found:
            next(reversed(found.values())).append(module)
        else:
            waiting.append(module)
    return {name: nn.Sequential(*modules) for name, modules in found.items()}


def _learns(module: nn.Module) -> bool:
    """Whether it has a weight matrix: scales and shifts, which norms have, are long in one dimension only."""
    return any(sum(length > 1 for length in weight.shape) > 1 for weight in module.parameters())


def _lists(model: nn.Module) -> set[str]:
    """The children that are lists of groups."""
    return {
        name
        for name, child in model.named_children()
        if type(child) is nn.ModuleList
        or (type(child) is nn.Sequential and not name[-1].isdigit() and sum(map(_learns, child)) > 1)
    }


def _units(model: nn.Module) -> dict[str, tuple[nn.Module, str]]:
    """What can be a stage, by name, and the child that it lies in."""
    found: dict[str, tuple[nn.Module, str]] = {}
    for name, child in model.named_children():
        if name in _lists(model):
            found.update({f"{name}_{group}": (module, name) for group, module in child.named_children()})
        else:
            found[name] = child, name
    return found


def _called(model: Any, images: Tensor, modules: dict[str, nn.Module]) -> list[str]:
    """The names of the modules that the model calls for its features, in order."""
    called: list[str] = []
    hooks = [
        module.register_forward_hook(lambda *_, name=name: called.append(name)) for name, module in modules.items()
    ]
    try:
        with torch.no_grad():
            model.forward_features(images)
    finally:
        for hook in hooks:
            hook.remove()
    return called


def _without(model: nn.Module, names: set[str], weights: bool = True) -> nn.Module:
    """A copy in which these children hand on what they get, if need be without the weights that are in no child."""
    absent: dict[int, Any] = {}
    for name, child in model.named_children():
        if name in names:
            absent[id(child)] = type(child)() if name in _lists(model) else nn.Identity()
    if not weights:
        absent |= {id(weight): None for weight in model.parameters(recurse=False)}
    return copy.deepcopy(model, absent)
