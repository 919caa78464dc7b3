"""Finds what the package has, so that a new file is tested without being named."""

from __future__ import annotations

import importlib
import pkgutil
from dataclasses import is_dataclass
from types import ModuleType
from typing import Any

import mtl_bench.methods


def dataclasses_with(package: ModuleType, *members: str) -> list[type[Any]]:
    """The dataclasses defined anywhere in `package` that have all of these methods."""
    found = []
    for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
        for value in vars(importlib.import_module(module.name)).values():
            here = isinstance(value, type) and is_dataclass(value) and value.__module__ == module.name
            if here and all(callable(getattr(value, member, None)) for member in members):
                found.append(value)
    return found


def shallow_methods() -> list[type[Any]]:
    """The methods that are fitted to arrays. What has `fit` and does not say what it `uses` is the final classifier."""
    fitted = dataclasses_with(mtl_bench.methods, "fit")
    assert {cls.__name__ for cls in fitted if not hasattr(cls, "uses")} == {"SVMByProducts"}
    return [cls for cls in fitted if hasattr(cls, "uses")]
