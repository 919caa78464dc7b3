"""What a finished adaptation left at its checkpoints, for trials that select, evaluate and analyse."""

from __future__ import annotations

from mtl_bench.core.trial import Work
from mtl_bench.inputs.rows import Array
from mtl_bench.trials.adapt import Adapt
from mtl_bench.trials.history import Row, read_arrays, read_table


def history_of(run: Adapt, work: Work) -> list[Row]:
    """A run's checkpoints in order: step, source validation accuracy and loss, mean training losses."""
    return read_table(work.artifact_of(run, "history.csv"))


def checkpoint_of(run: Adapt, step: float, work: Work) -> dict[str, Array]:
    """A checkpoint's logits and features by name, for example "target test logits"."""
    return read_arrays(work.artifact_of(run, f"checkpoint-{int(step)}.npz"))


def source_labels_of(run: Adapt, work: Work) -> dict[str, Array]:
    """The labels of the watched "train" and "validation" rows of the sources, int64."""
    return read_arrays(work.artifact_of(run, "source_labels.npz"))
