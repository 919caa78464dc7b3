"""A network of one's own in place of one with published weights: `models.py:Net`."""

from __future__ import annotations

import hashlib
import importlib.util
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

import torch
from torch import Tensor, nn

from mtl_bench.models.pretrained import Pretrained, Transform, WeightsError

MEAN, STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)  # of ImageNet's pixels, as most published networks have them


@dataclass(frozen=True)
class OwnNetwork(Pretrained):
    """What a class or function without arguments in a Python file makes: a module from images to features.

    It takes float32 (n, 3, 224, 224), normalised as ImageNet's networks are, and gives (n, width); it brings its own
    weights. `name` is "<file>:<name>", and the file's content is part of the key; the weights that it reads are not.
    """

    sha256: str = ""
    folder: str = field(default=".", compare=False)  # where the file lies

    @classmethod
    def of(cls, word: str) -> Self:
        """By "path/models.py:Net"; raises WeightsError."""
        file, _, name = word.rpartition(":")
        path = Path(file)
        if not path.is_file():
            raise WeightsError(f"{file} is not there; give a Python file and what makes the network, models.py:Net")
        return cls(f"{path.name}:{name}", hashlib.sha256(path.read_bytes()).hexdigest(), str(path.parent))

    @property
    def word(self) -> str:
        """The word by which `of` makes it, wherever it is called."""
        return f"{Path(self.folder).resolve()}/{self.name}"

    @property
    def normalisation(self) -> tuple[Tensor, Tensor]:
        mean, std = (torch.tensor(values).view(3, 1, 1) for values in (MEAN, STD))
        return mean, std

    def network(self, head: bool = False) -> tuple[nn.Module, Transform]:
        from timm.data import create_transform  # type: ignore[attr-defined]

        if head:
            raise WeightsError(f"{self.name} gives features, no classes; take one with published weights")
        file, _, name = self.name.rpartition(":")
        path = Path(self.folder, file)
        if not path.is_file() or hashlib.sha256(path.read_bytes()).hexdigest() != self.sha256:
            raise WeightsError(f"{path} is not what it was when the study was written; run `mtl-bench compare` again")
        spec = importlib.util.spec_from_file_location(path.stem, path)
        assert spec and spec.loader
        module = importlib.util.module_from_spec(spec)
        try:
            spec.loader.exec_module(module)
            net: Any = getattr(module, name)()
        except Exception as error:  # it is somebody else's code
            raise WeightsError(f"{self.name} can't be made ({type(error).__name__}: {error}); mend it") from error
        if not isinstance(net, nn.Module):
            raise WeightsError(f"{self.name} makes a {type(net).__name__}; it must make a torch.nn.Module")
        transform: Transform = create_transform((3, 224, 224), mean=MEAN, std=STD)
        return net.eval().requires_grad_(False), transform
