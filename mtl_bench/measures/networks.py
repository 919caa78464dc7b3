"""Two networks, layer by layer: what each gives for the same inputs, and how alike it is (CKA)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn

from mtl_bench.measures.kernel_alignment import StreamingCKA

if TYPE_CHECKING:
    import pandas as pd

FEWEST_STAGES = 3  # of those that timm names, else a network's groups of modules are taken


def similarity(
    a: nn.Module,
    b: nn.Module,
    batches: Iterable[Any],
    *,
    layers: Sequence[str] = (),
    layers_b: Sequence[str] | None = None,
    batches_b: Iterable[Any] | None = None,
    debiased: bool = True,
) -> pd.DataFrame:
    """CKA of every layer of `a` (rows) with every layer of `b` (columns), over mini-batches, in one pass of both.

    Batches are tensors, or sequences whose first is one, as a DataLoader of (images, labels) gives; `batches_b` are the
    same rows as `b` takes them, where its inputs differ in size or normalisation. Layers are modules' dotted names or
    patterns of them, of `b` the same ones unless it has its own; without, timm's stages or the network's blocks (see
    `layer_names`). Each network runs on the device where its weights are, in evaluation mode, and is left as it was.
    See `StreamingCKA`. Raises ValueError for layers that there are not and batches that do not fit.
    """
    import pandas as pd

    streaming = StreamingCKA(debiased=debiased)
    with LayerOutputs(a, layers) as of_a, LayerOutputs(b, layers if layers_b is None else layers_b) as of_b:
        pairs = ((x, x) for x in batches) if batches_b is None else zip(batches, batches_b, strict=True)
        for x, y in pairs:
            streaming.update(of_a(x), of_b(y))
    return pd.DataFrame(streaming.value().cpu().numpy(), index=list(of_a.layers), columns=list(of_b.layers))


class LayerOutputs:
    """What layers of a network give for inputs. Within it hooks are on the network; after it none is left.

    with LayerOutputs(net, ("layer*",)) as outputs:
        features = outputs(images)["layer1"]
    """

    def __init__(self, net: nn.Module, patterns: Sequence[str] = ()) -> None:
        """Layers by `layer_names`; what a pattern fits and the network does not use is left out when that shows."""
        self.net, self.layers = net, layer_names(net, patterns)
        self._named = set(self.layers) & set(patterns) if patterns else set(self.layers)
        self._seen: dict[str, Any] = {}
        self._hooks = ExitStack()

    def __enter__(self) -> LayerOutputs:
        was = {name: module.training for name, module in self.net.named_modules()}
        self._hooks.callback(lambda: [module.train(was[name]) for name, module in self.net.named_modules()])
        for name in self.layers:
            handle = self.net.get_submodule(name).register_forward_hook(
                lambda _, __, output, name=name: self._keep(name, output)
            )
            self._hooks.callback(handle.remove)
        self.net.eval()
        return self

    def __exit__(self, *_: object) -> None:
        self._hooks.close()

    @torch.no_grad()
    def __call__(self, batch: Any) -> dict[str, Tensor]:
        """By layer (n, ...). Raises ValueError for a layer that was named and gives no tensor of a row per input."""
        inputs = batch if isinstance(batch, Tensor) else batch[0]
        weight = next(self.net.parameters(), inputs)
        self._seen = {}
        self.net(inputs.to(weight.device))
        given = {name: one for name, one in self._seen.items() if isinstance(one, Tensor) and len(one) == len(inputs)}
        if lacking := [name for name in self.layers if name in self._named and name not in given]:
            raise ValueError(f"{lacking[0]} gives no tensor with a row for each input; leave it out")
        self.layers = tuple(name for name in self.layers if name in given)
        if not self.layers:
            raise ValueError("none of the layers gives a tensor with a row for each input; name others")
        return {name: given[name] for name in self.layers}

    def _keep(self, name: str, output: Any) -> None:
        """Of a module that is called several times the last; a copy, since what follows may act in place."""
        first = output[0] if isinstance(output, tuple | list) and output else output
        self._seen[name] = first.detach().clone() if isinstance(first, Tensor) and first.ndim else None


def layer_names(net: nn.Module, patterns: Sequence[str] = ()) -> tuple[str, ...]:
    """Dotted names of modules that fit the patterns, in the network's order.

    In a pattern * stands for any part of a name between dots and ** for any number of them: `blocks.*`, `**.conv2`.
    Without patterns the stages that timm names (its `feature_info`), where there are three; else the network's children
    with weights, of which a list or sequence of groups counts as its groups (`blocks.0`, `blocks.1`). Raises ValueError
    for a pattern that fits none.
    """
    known = [name for name, _ in net.named_modules() if name]
    wanted: set[str] = set()
    for pattern in patterns:
        fitting = re.compile(re.escape(pattern).replace(r"\*\*", ".*").replace(r"\*", "[^.]*"))
        fits = {name for name in known if fitting.fullmatch(name)}
        if not fits:
            raise ValueError(f"no layer is called {pattern}; there are {', '.join(known[:8])} … ({len(known)} in all)")
        wanted |= fits
    if patterns:
        return tuple(name for name in known if name in wanted)
    stages = [name for name in _stages(net) if name in known]
    return tuple(stages) if len(stages) >= FEWEST_STAGES else _blocks(net)


def _stages(net: nn.Module) -> list[str]:
    info: Any = getattr(net, "feature_info", None)
    if info is None:
        return []
    entries = getattr(info, "info", info)
    return list(dict.fromkeys(str(entry["module"]) for entry in entries if entry.get("module")))


def _blocks(net: nn.Module) -> tuple[str, ...]:
    found: list[str] = []
    for name, child in net.named_children():
        groups = [group for group, module in child.named_children() if any(True for _ in module.parameters())]
        many = isinstance(child, nn.Sequential | nn.ModuleList) and len(groups) > 1
        if many:
            found += [f"{name}.{group}" for group in groups]
        elif any(True for _ in child.parameters()):
            found.append(name)
    if not found:
        raise ValueError("the network has no modules with weights; name the layers to compare")
    return tuple(found)
