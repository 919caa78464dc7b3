"""Texts read by a memory network: a few of like lengths at a time, beside a DataLoader of filled batches."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from speed.row import Peer, Row
from speed.timing import Work

TEXTS, WORDS, LONGEST, CLASSES, BATCH = 3000, 20_000, 200, 2, 500
DOMAIN, SEED = "target", 0


class Reading(NamedTuple):
    """Rows of tokens, and the network that reads them."""

    rows: Any
    learner: Any


def run() -> Reading:
    """Lengths as reviews have them: half below 90 words, a quarter cut at 200."""
    from mtl_bench.inputs.rows import Tokens
    from mtl_bench.models.memory_network import MemoryNetwork
    from mtl_bench.models.network import Network
    from mtl_bench.training.learner import Learner
    from mtl_bench.training.seeding import seed_everything

    random = np.random.default_rng(SEED)
    lengths = np.minimum(random.lognormal(np.log(90), 1, TEXTS).astype(int) + 1, LONGEST)
    rows = Tokens.of([random.integers(2, WORDS, length).tolist() for length in lengths])
    seed_everything(SEED, "weights")
    return Reading(rows, Learner(Network(MemoryNetwork(WORDS), (DOMAIN,)), CLASSES))


def ours(given: Reading) -> Work:
    from mtl_bench.training.loop import outputs_of

    return lambda: outputs_of(given.learner, given.rows, DOMAIN)[0]


def filled(given: Reading) -> Work:
    import torch
    from torch.nn.utils.rnn import pad_sequence
    from torch.utils.data import DataLoader

    texts: Sequence[Any] = [torch.from_numpy(given.rows[i : i + 1][0]) for i in range(len(given.rows))]
    loader: Any = DataLoader(texts, BATCH, collate_fn=lambda some: pad_sequence(some, batch_first=True))  # type: ignore[arg-type]
    learner = given.learner.eval()

    def work() -> Any:
        with torch.no_grad():
            return np.concatenate([learner.predict(batch, DOMAIN).numpy() for batch in loader])

    return work


def difference(one: Any, other: Any) -> float:
    return float(np.abs(one - other).max())


ROWS = (
    Row(
        name="texts-read",
        sentence=f"{TEXTS:,} texts of up to {LONGEST} words classified by a memory network",
        inputs=run,
        ours=ours,
        peers=(Peer(f"PyTorch with a DataLoader of {BATCH} filled texts", filled),),
        goal=0.5,
        distance=difference,
        measure="largest difference of logits",
        tolerance=1e-5,
        rounds=7,
    ),
)
