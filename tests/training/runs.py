"""Small training runs that tests compare; as a module, `runs FOLDER STEP CASE...` has them killed after STEP."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import torch

from mtl_bench.methods.deep.dann import DANN
from mtl_bench.methods.deep.mcd import MCD
from mtl_bench.methods.deep.source_only import SourceOnly
from mtl_bench.models.digits import DigitCNN
from mtl_bench.models.network import Backbone, Network
from mtl_bench.training import loop
from mtl_bench.training.domain_data import DomainData
from mtl_bench.training.recipe import Recipe
from mtl_bench.training.seeding import seed_everything
from mtl_bench.trials.contracts import Method
from tests.models.backbones import TinyCNN

STEPS = 24


@dataclass(frozen=True)
class Case:
    """What is trained, and how."""

    method: Method
    backbone: Backbone
    recipe: Recipe = field(default_factory=lambda: Recipe(steps=STEPS, batch_size=5, checkpoints=6))


CASES = {
    "one optimiser": Case(DANN(), DigitCNN()),
    "two optimisers": Case(MCD(generator_steps=2), DigitCNN()),
    "dropout, running averages and Adam": Case(
        SourceOnly(),
        TinyCNN("separate", dropout=0.5),
        Recipe(steps=STEPS, batch_size=5, checkpoints=6, optimizer="adam", learning_rate=0.001),
    ),
}


def domains(shape: tuple[int, ...]) -> dict[str, DomainData]:
    random = np.random.default_rng(0)
    images = {name: random.integers(0, 256, (n, *shape), np.uint8) for name, n in (("source", 13), ("target", 17))}
    return {
        "source": DomainData(images["source"], random.integers(0, 3, 13)),
        "target": DomainData(images["target"], None, target=True),
    }


def train(
    case: Case,
    folder: Path,
    progress: Callable[[float, str], None] = lambda fraction, text: None,
    seed: int = 0,
    data: Mapping[str, DomainData] | None = None,
) -> dict[str, torch.Tensor]:
    """Train `case` in `folder`, which may hold what a kill left; returns the final state.

    Leaves the state and mean losses of each checkpoint step, and `calls.txt`: a line for each time it was called.
    """
    torch.set_num_threads(1)
    seed_everything(seed, "weights")
    data = domains(case.backbone.input_shape) if data is None else data
    learner = case.method.build(Network(case.backbone, tuple(data)), 3)

    def checkpoint(step: int, losses: dict[str, float]) -> None:
        torch.save({"losses": losses, "state": learner.state_dict()}, folder / f"checkpoint-{step}.pt")
        with (folder / "calls.txt").open("a", encoding="utf-8") as calls:
            calls.write(f"{step}\n")

    loop.fit(learner, case.recipe, data, seed, "cpu", folder / "resume_state.pt", checkpoint, progress)
    return {name: value.clone() for name, value in learner.state_dict().items()}


def killed(case: Case, folder: Path, last: int) -> None:
    """Save at each step up to half of `last`, then no more, and be killed after step `last`."""
    loop.SAVE_EVERY = 0.0
    done = 0

    def progress(fraction: float, text: str) -> None:
        nonlocal done
        done += 1
        print(text, flush=True)
        if done == last // 2:
            loop.SAVE_EVERY = float("inf")
        if done == last:
            os.kill(os.getpid(), signal.SIGKILL)

    train(case, folder, progress)


def main(root: Path, last: int, *names: str) -> None:
    """Run each case in root/<name>, in a process of its own; exits with 1 unless all were killed."""
    ends = []
    for name in names:
        (root / name).mkdir()
        process = os.fork()  # before torch has threads, and cheaper than importing it again
        if process == 0:
            killed(CASES[name], root / name, last)
            os._exit(0)
        ends.append(os.waitstatus_to_exitcode(os.waitpid(process, 0)[1]))
    sys.exit(int(set(ends) != {-signal.SIGKILL}))


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), *sys.argv[3:])
