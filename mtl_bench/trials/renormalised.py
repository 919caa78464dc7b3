"""RenormalisedTrunk: a trunk whose BatchNorm goes by the data set at hand, through all of its layers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import torch
from torch import nn
from torch.nn.modules.batchnorm import _BatchNorm

from mtl_bench.core.trial import Work
from mtl_bench.disk import write_atomically
from mtl_bench.inputs.rows import Array
from mtl_bench.trials.contracts import read_rows
from mtl_bench.trials.history import arrays, read_arrays
from mtl_bench.trials.trunk import CHUNK, Extractor, OfPretrained, Trunk

STATISTICS = "statistics.npz"


@dataclass(frozen=True)
class RenormalisedTrunk(Trunk):
    """The features of a network with published weights after its BatchNorm statistics were estimated anew.

    They are the means over batches of this data set's own rows, no label among them: adaptive BatchNorm (Li et al.,
    Pattern Recognition 80, 2018) of every layer. A classifier of one domain's features reads the other's, each
    normalised by its own statistics. Leaves them, as `statistics.npz`. Raises ValueError for a network without
    BatchNorm.
    """

    version: ClassVar[int] = 2  # batches of nearly equal size

    def _extractor(self, work: Work) -> Extractor:
        extract = super()._extractor(work)
        if not isinstance(extract, OfPretrained):
            raise ValueError("a trained network keeps its own statistics; give one with published weights")
        norms = batch_norms(extract.net)
        if not norms:
            raise ValueError("the network has no BatchNorm whose statistics could be estimated anew; give another")
        path = work.folder / STATISTICS
        if not path.exists():
            write_atomically(path, arrays(self._estimated(extract, norms, work)))
        renormalise(extract.net, read_arrays(path))
        return extract

    def _estimated(self, extract: OfPretrained, norms: Mapping[str, _BatchNorm], work: Work) -> dict[str, Array]:
        for norm in norms.values():
            norm.reset_running_stats()
            norm.momentum = None  # the plain mean over batches
            norm.train()
        for split in self.splits:
            rows, read = read_rows(self.data, split, work), 0
            for part in np.array_split(np.arange(len(rows)), -(-len(rows) // CHUNK)):  # each counts the same
                extract(rows[part])
                read += len(part)
                work.progress(0.0, f"statistics of {read:,} of {len(rows):,} rows of {split}")
        extract.net.eval()
        state = extract.net.state_dict()
        return {
            key: state[key].cpu().numpy() for name in norms for key in (f"{name}.running_mean", f"{name}.running_var")
        }


def batch_norms(net: nn.Module) -> dict[str, _BatchNorm]:
    """The BatchNorm layers of a network by name."""
    return {name: module for name, module in net.named_modules() if isinstance(module, _BatchNorm)}


def renormalise(net: nn.Module, statistics: Mapping[str, Array]) -> None:
    """Give a network's BatchNorm layers these running means and variances, by the names of its state."""
    state = {name: torch.from_numpy(np.asarray(value)) for name, value in statistics.items()}
    net.load_state_dict(state, strict=False)
