"""The one place where randomness enters: every stream of random numbers is named and derived from a seed."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

import numpy as np
import torch


def derive(seed: int, *purpose: str | int) -> int:
    """A 63-bit seed of its own for each purpose: `derive(3, "order", "mnist", epoch)`."""
    text = "/".join(map(str, (seed, *purpose)))
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big") >> 1


def generator(seed: int, *purpose: str | int) -> np.random.Generator:
    """A numpy generator of its own for each purpose."""
    return np.random.default_rng(derive(seed, *purpose))


def seed_everything(seed: int, *purpose: str | int) -> None:
    """Seed torch (initial weights, dropout) and demand deterministic algorithms."""
    torch.manual_seed(derive(seed, *purpose))
    torch.use_deterministic_algorithms(True)


def random_state() -> dict[str, Any]:
    """The state of torch's random numbers, to be saved with the weights."""
    return {"cpu": torch.get_rng_state(), "cuda": torch.cuda.get_rng_state_all() if torch.cuda.is_initialized() else []}


def restore_random_state(state: Mapping[str, Any]) -> None:
    """Go on with the random numbers where `random_state` was taken."""
    torch.set_rng_state(state["cpu"])
    if state["cuda"]:
        torch.cuda.set_rng_state_all(state["cuda"])
