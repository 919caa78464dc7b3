"""The one training loop. Its batches are functions of the step, so a resumed run is the same run, bit for bit."""

from __future__ import annotations

import io
import time
import warnings
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch

from mtl_bench.disk import read_with_checksum, write_with_checksum
from mtl_bench.inputs.rows import CHUNK, Array, Rows, lengths_of
from mtl_bench.training.domain_data import DomainData, tensor_of
from mtl_bench.training.learner import Batch, Learner
from mtl_bench.training.recipe import Recipe
from mtl_bench.training.seeding import random_state, restore_random_state

SAVE_EVERY = 20.0  # seconds of training that a kill may cost
FEW_ITEMS = 50  # of differing lengths that are predicted at once: what they make stays in the processor's cache


class DivergedError(ArithmeticError):
    """A run whose losses or weights are no numbers any more; the message is one sentence with the remedy."""


def fit(
    learner: Learner,
    recipe: Recipe,
    data: Mapping[str, DomainData],
    seed: int,
    device: str,
    resume_state: Path,
    checkpoint: Callable[[int, dict[str, float]], None],
    progress: Callable[[float, str], None],
    also_at: tuple[int, ...] = (),
    intact: Callable[[int], bool] = lambda step: True,
) -> None:
    """Train `learner` for `recipe.steps` steps of batches in the order of `seed`, going on from `resume_state`.

    `checkpoint(step, mean losses since the last)` is called at each of the recipe's checkpoint steps and `also_at`
    these; after a kill it may be called again for the same step with the same arguments. `intact(step)` says whether
    all that earlier calls left up to that step is still whole: if not, the run starts anew. Raises DivergedError.
    """
    learner.to(device).to(memory_format=torch.channels_last)
    optimizers = learner.optimizers(recipe)
    for optimizer in optimizers.values():
        for group in optimizer.param_groups:
            group["initial_lr"] = group["lr"]
    done, sums = _restore(resume_state, learner, optimizers, device, intact)
    stops = sorted({*recipe.checkpoint_steps(), *also_at})
    saved = time.monotonic()
    for step in range(done, recipe.steps):
        fraction = step / recipe.steps
        for optimizer in optimizers.values():
            for group in optimizer.param_groups:
                group["lr"] = group["initial_lr"] * recipe.rate(fraction)
        batches = {name: domain.at(step, recipe.batch_size, seed, name, device) for name, domain in data.items()}
        learner.train()
        for name, loss in learner.step(batches, optimizers, fraction).items():
            sums[name] = sums.get(name, torch.zeros((), dtype=torch.float64, device=device)) + loss
        if step + 1 in stops:
            since = step + 1 - max((stop for stop in stops if stop <= step), default=0)
            means = {name: float(total) / since for name, total in sums.items()}
            _check_finite(learner, means, step + 1, recipe)
            learner.eval()
            checkpoint(step + 1, means)
            sums = {}
        if time.monotonic() - saved >= SAVE_EVERY:
            _save(resume_state, step + 1, sums, learner, optimizers)
            saved = time.monotonic()
        progress((step + 1) / recipe.steps, f"step {step + 1}/{recipe.steps}")
    resume_state.unlink(missing_ok=True)


def _check_finite(learner: Learner, losses: Mapping[str, float], step: int, recipe: Recipe) -> None:
    lost = [f"the loss {name}" for name, loss in losses.items() if not np.isfinite(loss)]
    lost += [f"the weight {name}" for name, weight in learner.named_parameters() if not bool(weight.isfinite().all())]
    if lost:
        raise DivergedError(
            f"the run diverged: {lost[0]} is no finite number at step {step} of {recipe.steps}; "
            f"take a learning rate below {recipe.learning_rate:g}"
        )


def _save(
    resume_state: Path, step: int, sums: Mapping[str, Any], learner: Learner, optimizers: Mapping[str, Any]
) -> None:
    state = {
        "step": step,
        "sums": dict(sums),
        "learner": learner.state_dict(),
        "optimizers": {name: optimizer.state_dict() for name, optimizer in optimizers.items()},
        "random": random_state(),
    }
    write_with_checksum(resume_state, serialised(state))


def _restore(
    resume_state: Path,
    learner: Learner,
    optimizers: Mapping[str, Any],
    device: str,
    intact: Callable[[int], bool],
) -> tuple[int, dict[str, Any]]:
    content = read_with_checksum(resume_state)
    if content is None:
        return 0, {}
    state = torch.load(io.BytesIO(content), map_location="cpu", weights_only=True)
    if not intact(state["step"]):
        warnings.warn(f"{resume_state.parent}: what earlier checkpoints left is damaged; started anew", stacklevel=2)
        return 0, {}
    learner.load_state_dict(state["learner"])
    for name, optimizer in optimizers.items():
        optimizer.load_state_dict(state["optimizers"][name])
    restore_random_state(state["random"])
    return state["step"], {name: total.to(device) for name, total in state["sums"].items()}


def serialised(state: Any) -> bytes:
    """Tensors in nested mappings as the bytes of a file for `torch.load(weights_only=True)`."""
    buffer = io.BytesIO()
    torch.save(state, buffer)
    return buffer.getvalue()


@torch.no_grad()
def outputs_of(learner: Learner, rows: Rows, domain: str, most: int = 0, size: int = CHUNK) -> tuple[Array, Array]:
    """In evaluation mode, the logits (n, classes) of a domain's rows and the features (most, width) of the first.

    Items of differing lengths are taken a few at a time, those of like lengths together: little of it is filling.
    """
    learner.eval()
    device = next(learner.parameters()).device
    logits, features, watched = [], [np.empty((0, learner.net.width), np.float32)], [np.empty(0, np.int64)]
    parts = _parts(rows, most, size)
    for part in parts:
        found = learner.features({domain: Batch(tensor_of(rows, part).to(device), None)})[domain]
        logits.append(learner.scores(found, domain).float().cpu().numpy())
        if part.min() < most:
            features.append(found.cpu().numpy())
            watched.append(part)
    in_order = np.argsort(np.concatenate(parts)), np.argsort(np.concatenate(watched))[:most]
    return np.concatenate(logits)[in_order[0]], np.concatenate(features)[in_order[1]]


def _parts(rows: Rows, most: int, size: int) -> list[Array]:
    """Which rows go together: never one of the first `most` with a later one where lengths differ."""
    every, lengths = np.arange(len(rows)), lengths_of(rows)
    if lengths is None:
        return [every[i : i + size] for i in range(0, len(rows), size)]
    size = min(size, FEW_ITEMS)
    alike = [group[np.argsort(lengths[group], kind="stable")] for group in (every[:most], every[most:])]
    return [group[i : i + size] for group in alike for i in range(0, len(group), size)]
