"""Measures, pure and importable by themselves: `mtl_bench.measures.squared_mmd(xs, xt)`.

Called by these names they take arrays, frames and tensors alike. What is differentiable gives a tensor for tensors, and
a number in double precision for anything else. `StreamingCKA` takes tensors, `criticality` and `noise_borne` a
function. The modules below have the same functions for one kind of input.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable
from functools import wraps
from typing import Any

_OF_TENSORS = {
    "central_moment_discrepancy": "cmd.central_moment_discrepancy",
    "coral_distance": "coral.coral",
    "squared_mmd": "mmd.squared_mmd",
}
_OF_REPRESENTATIONS = {"cka": "kernel_alignment.cka"}
_OF_ARRAYS = {
    "accuracy": "validators.accuracy",
    "barrier": "parameters.barrier",
    "deep_embedded_validation": "validators.deep_embedded_validation",
    "entropy": "validators.entropy",
    "error_consistency": "mistakes.error_consistency",
    "importance_weights": "validators.importance_weights",
    "learning_curve_area": "learning_curve.learning_curve_area",
    "parameter_distance": "parameters.parameter_distance",
    "procrustes": "cca.procrustes",
    "proxy_a_distance": "a_distance.proxy_a_distance",
    "pwcca": "cca.pwcca",
    "soft_neighbourhood_density": "validators.soft_neighbourhood_density",
    "steps_to": "learning_curve.steps_to",
    "svcca": "cca.svcca",
}
_AS_THEY_ARE = {
    "StreamingCKA": "kernel_alignment.StreamingCKA",
    "criticality": "parameters.criticality",
    "noise_borne": "parameters.noise_borne",
}
_HOMES = _OF_ARRAYS | _OF_TENSORS | _OF_REPRESENTATIONS | _AS_THEY_ARE
__all__ = [*_HOMES]  # pyright: ignore[reportUnsupportedDunderAll]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"mtl_bench.measures has no {name}; it has {', '.join(sorted(_HOMES))}")
    module, _, function = _HOMES[name].partition(".")
    found = getattr(importlib.import_module(f"{__name__}.{module}"), function)
    if name in _AS_THEY_ARE:
        return found
    return _on_arrays(found) if name in _OF_ARRAYS else _differentiable(found, name in _OF_TENSORS)


def __dir__() -> list[str]:
    return sorted({*globals(), *_HOMES})


def _differentiable(function: Callable[..., Any], one_width: bool) -> Callable[..., Any]:
    import torch

    from mtl_bench.inputs import gate

    @wraps(function)
    def either(x: Any, y: Any, *rest: Any, **named: Any) -> Any:
        if isinstance(x, torch.Tensor) and isinstance(y, torch.Tensor):
            return function(x, y, *rest, **named)
        first = gate.points("x", _flat(x, one_width))
        second = gate.points("y", _flat(y, one_width), first.shape[1] if one_width else None)
        return float(function(torch.tensor(first), torch.tensor(second), *rest, **named))

    return either


def _on_arrays(function: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(function)
    def either(*given: Any, **named: Any) -> Any:
        return function(*map(_array, given), **{name: _array(value) for name, value in named.items()})

    return either


def _array(given: Any) -> Any:
    """Of a tensor its values; all else as it is."""
    return given.detach().cpu().numpy() if hasattr(given, "detach") else given


def _flat(given: Any, one_width: bool) -> Any:
    """Of representations of any width each row as a vector; points are vectors."""
    array = _array(given)
    return array if one_width or getattr(array, "ndim", 2) < 3 else array.reshape(len(array), -1)
