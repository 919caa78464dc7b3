"""DANN on bags of words by our loop, out of sparse rows, beside bare PyTorch with DataLoaders over dense ones."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np

from speed.row import Peer, Row
from speed.rows.adaptation import BATCH, DOMAINS, SEED, STEPS, Run, bare, difference, ours
from speed.rows.adaptation import by_loaders as of_dense
from speed.rows.data import reviews

REVIEWS, WORDS, UNITS = 2000, 5000, 50


def run() -> Run:
    """Reviews of two domains, positive or negative, and a hidden layer of 50 units."""
    from mtl_bench.inputs.rows import Sparse
    from mtl_bench.methods.deep.dann import DANN
    from mtl_bench.models.bottleneck import Bottleneck
    from mtl_bench.models.network import Network
    from mtl_bench.training.domain_data import DomainData
    from mtl_bench.training.recipe import Recipe
    from mtl_bench.training.seeding import seed_everything

    counts = reviews(2 * REVIEWS, WORDS)
    parts = zip(DOMAINS, (counts[:REVIEWS], counts[REVIEWS:]), (np.arange(REVIEWS) % 2, None), strict=True)
    data = {name: DomainData(Sparse(part), labels, target=labels is None) for name, part, labels in parts}
    seed_everything(SEED, "weights")
    learner = DANN().build(Network(Bottleneck(WORDS, UNITS), DOMAINS), 2)
    return Run(data, Recipe(STEPS, BATCH, weight_decay=0.001, checkpoints=1), learner)


def by_loaders(made: Run) -> Iterator[Any]:
    """Of the same counts as dense arrays."""
    dense = {name: replace(data, inputs=np.asarray(data.inputs)) for name, data in made.data.items()}
    return of_dense(replace(made, data=dense))


def memory(made: Run) -> str:
    """What the rows take in memory."""
    matrices: list[Any] = [getattr(data.inputs, "matrix") for data in made.data.values()]  # noqa: B009  # of Sparse
    taken = sum(array.nbytes for one in matrices for array in (one.data, one.indices, one.indptr))
    return f"our rows take {taken / 2**20:.0f} MiB, the peer's {8 * REVIEWS * WORDS / 2**20:.0f} MiB"


ROWS = (
    Row(
        name="bags-dann",
        sentence=f"DANN, {STEPS} steps of {BATCH} + {BATCH} reviews as counts of {WORDS} words, {UNITS} hidden units",
        inputs=run,
        ours=ours,
        peers=(Peer("PyTorch with DataLoaders, dense", partial(bare, batches=by_loaders)),),
        goal=1.15,
        distance=difference,
        measure="relative norm of the weights' difference",
        tolerance=1e-3,
        rounds=7,
        note=memory,
    ),
)
