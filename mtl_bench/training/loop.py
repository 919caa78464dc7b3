"""The one training loop. Its data order is a function of the step, so a resumed run is the same run, bit for bit."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import torch

from mtl_bench.training.learner import Batch, Learner
from mtl_bench.training.recipe import Recipe
from mtl_bench.training.seeding import generator, random_state, restore_random_state

SAVE_EVERY = 20.0  # seconds of training that a kill may cost


@dataclass(frozen=True)
class DomainData:
    """A domain's training images, uint8 (n, C, H, W), and its labels (n,) where training may see them."""

    inputs: np.ndarray[Any, Any]
    labels: np.ndarray[Any, Any] | None

    def __post_init__(self) -> None:
        if len(self.inputs) == 0:
            raise ValueError("a training domain has no images; check the data set's split")

    def batch(self, indices: np.ndarray[Any, Any], device: str) -> Batch:
        images = torch.from_numpy(np.ascontiguousarray(self.inputs[indices])).to(device)
        labels = None if self.labels is None else torch.from_numpy(self.labels[indices]).to(device)
        return Batch(images, labels)


@lru_cache(maxsize=8)
def _permutation(count: int, seed: int, domain: str, epoch: int) -> np.ndarray[Any, Any]:
    return generator(seed, "order", domain, epoch).permutation(count)


def order(count: int, size: int, step: int, seed: int, domain: str) -> np.ndarray[Any, Any]:
    """Which `size` of `count` images step number `step` takes: a new permutation each time all were seen."""
    first = step * size
    chosen: list[np.ndarray[Any, Any]] = []
    while size > 0:
        epoch, offset = divmod(first, count)
        taken = min(size, count - offset)
        chosen.append(_permutation(count, seed, domain, epoch)[offset : offset + taken])
        first, size = first + taken, size - taken
    return np.concatenate(chosen)


def fit(
    learner: Learner,
    recipe: Recipe,
    streams: Mapping[str, DomainData],
    seed: int,
    device: str,
    resume_state: Path,
    checkpoint: Callable[[int, dict[str, float]], None],
    progress: Callable[[float, str], None],
) -> None:
    """Train `learner` for `recipe.steps` steps, going on from `resume_state` if it exists.

    `checkpoint(step, mean losses since the last)` is called at each of the recipe's checkpoint steps; after a kill it
    may be called again for the same step with the same arguments.
    """
    learner.to(device).to(memory_format=torch.channels_last)
    optimizers = learner.optimizers(recipe)
    for optimizer in optimizers.values():
        for group in optimizer.param_groups:
            group["initial_lr"] = group["lr"]
    done, sums = _restore(resume_state, learner, optimizers, device)
    checkpoints = set(recipe.checkpoint_steps())
    saved = time.monotonic()
    for step in range(done, recipe.steps):
        share = step / recipe.steps
        for optimizer in optimizers.values():
            for group in optimizer.param_groups:
                group["lr"] = group["initial_lr"] * recipe.rate(share)
        batches = {
            domain: stream.batch(order(len(stream.inputs), recipe.batch_size, step, seed, domain), device)
            for domain, stream in streams.items()
        }
        learner.train()
        for name, loss in learner.step(batches, optimizers, share).items():
            sums[name] = sums.get(name, torch.zeros((), dtype=torch.float64, device=device)) + loss
        if step + 1 in checkpoints:
            since = step + 1 - max((c for c in checkpoints if c <= step), default=0)
            learner.eval()
            checkpoint(step + 1, {name: float(total) / since for name, total in sums.items()})
            sums = {}
        if time.monotonic() - saved >= SAVE_EVERY:
            _save(resume_state, step + 1, sums, learner, optimizers)
            saved = time.monotonic()
        progress((step + 1) / recipe.steps, f"step {step + 1}/{recipe.steps}")
    resume_state.unlink(missing_ok=True)


def _save(
    resume_state: Path, step: int, sums: Mapping[str, Any], learner: Learner, optimizers: Mapping[str, Any]
) -> None:
    part = resume_state.with_suffix(".writing")
    state = {
        "step": step,
        "sums": dict(sums),
        "learner": learner.state_dict(),
        "optimizers": {name: optimizer.state_dict() for name, optimizer in optimizers.items()},
        "random": random_state(),
    }
    with part.open("wb") as file:  # through a file, a full disk is an OSError that the store explains
        torch.save(state, file)
    part.replace(resume_state)


def _restore(
    resume_state: Path, learner: Learner, optimizers: Mapping[str, Any], device: str
) -> tuple[int, dict[str, Any]]:
    if not resume_state.exists():
        return 0, {}
    state = torch.load(resume_state, map_location="cpu", weights_only=True)
    learner.load_state_dict(state["learner"])
    for name, optimizer in optimizers.items():
        optimizer.load_state_dict(state["optimizers"][name])
    restore_random_state(state["random"])
    return state["step"], {name: total.to(device) for name, total in state["sums"].items()}


@torch.no_grad()
def outputs_of(
    learner: Learner, images: np.ndarray[Any, Any], domain: str, most: int, size: int = 500
) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]:
    """In evaluation mode, the logits (n, classes) of a domain's images and the features (most, width) of the first."""
    learner.eval()
    device = next(learner.parameters()).device
    logits, features = [], []
    for first in range(0, len(images), size):
        chunk = torch.tensor(images[first : first + size], device=device)  # a copy: memory-mapped pixels are read-only
        logits.append(learner.predict(chunk, domain).float().cpu().numpy())
        if first < most:
            features.append(learner.features({domain: Batch(chunk, None)})[domain].cpu().numpy())
    return np.concatenate(logits), np.concatenate(features)[:most]
