"""Caffe's solver: the rate falls in steps, biases learn twice as fast and do not decay."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from mtl_bench.methods.deep.source_only import SourceOnlyLearner
from mtl_bench.models.network import Network
from mtl_bench.training import loop
from mtl_bench.training.caffe_recipe import CaffeRecipe
from mtl_bench.training.domain_data import DomainData
from mtl_bench.training.learner import Batch
from tests.models.backbones import TinyCNN, images


@pytest.mark.parametrize(
    ("step", "rate"),
    [(0, 1.0), (1, 1.0), (99_999, 1.0), (100_000, 0.1), (199_999, 0.1), (200_000, 0.01), (300_000, 1e-3),
     (399_999, 1e-3), (400_000, 1e-4), (449_999, 1e-4)],
)  # fmt: skip
def test_the_rate_is_caffes_step_policy(step: int, rate: float) -> None:
    recipe = CaffeRecipe()
    assert recipe.rate(step / recipe.steps) == pytest.approx(rate, rel=1e-12)


@pytest.mark.parametrize(("steps", "every"), [(450_000, 100_000), (900_000, 100_000), (97, 7), (1000, 3)])
def test_the_rate_falls_at_its_step_in_runs_of_any_length(steps: int, every: int) -> None:
    """A step's fraction of the run is a rounded quotient: no fall may come a step early or late."""
    recipe = CaffeRecipe(steps=steps, fall_every=every)
    for fall in range(every, steps, every):
        for step in (fall - 1, fall):
            assert recipe.rate(step / steps) == pytest.approx(0.1 ** (step // every), rel=1e-12)


def test_the_defaults_are_those_of_the_authors_solver() -> None:
    recipe = CaffeRecipe()
    assert (recipe.learning_rate, recipe.momentum, recipe.weight_decay) == (0.01, 0.9, 0.0005)
    assert (recipe.steps, recipe.batch_size) == (450_000, 256)
    assert recipe.checkpoint_steps() == list(range(1000, 450_001, 1000))


def test_updates_are_caffes() -> None:
    """V = momentum V + rate (gradient + decay weight), weight −= V; Caffe's lr_mult is 1 and 2, decay_mult 1 and 0."""
    recipe = CaffeRecipe(weight_decay=0.1)
    layer = nn.Linear(3, 2)
    random = np.random.default_rng(0)
    optimizer = recipe.optimizer_for(layer)
    values = {name: p.detach().numpy().astype(np.float64) for name, p in layer.named_parameters()}
    speeds = {name: np.zeros_like(value) for name, value in values.items()}
    for _ in range(4):
        for name, p in layer.named_parameters():
            gradient = random.standard_normal(tuple(p.shape))
            p.grad = torch.tensor(gradient, dtype=torch.float32)
            rate, decay = (0.02, 0.0) if name == "bias" else (0.01, 0.1)
            speeds[name] = 0.9 * speeds[name] + rate * (gradient + decay * values[name])
            values[name] = values[name] - speeds[name]
        optimizer.step()
    for name, p in layer.named_parameters():
        np.testing.assert_allclose(p.detach().numpy(), values[name], rtol=1e-5, atol=1e-6)


def test_every_trainable_parameter_is_there_once_and_frozen_ones_are_not() -> None:
    net = Network(TinyCNN(), ("a",))
    net.freeze(1)
    head = nn.Linear(24, 3)
    optimizer = CaffeRecipe().optimizer_for(net, head)
    weights, biases = (group["params"] for group in optimizer.param_groups)
    named = [*net.stages["second"].named_parameters(), *head.named_parameters()]
    assert {id(p) for p in weights} == {id(p) for name, p in named if name.endswith("weight")}
    assert {id(p) for p in biases} == {id(p) for name, p in named if name.endswith("bias")}
    assert len(weights) + len(biases) == len(named)


def test_along_a_run_both_rates_fall_together(tmp_path: Path) -> None:
    seen: list[list[float]] = []

    class Watched(SourceOnlyLearner):
        def step(self, batches: dict[str, Batch], optimizers: dict[str, torch.optim.Optimizer], progress: float) -> dict[str, Tensor]:  # type: ignore[override]  # fmt: skip # noqa: E501
            seen.append([group["lr"] for group in optimizers["all"].param_groups])
            return super().step(batches, optimizers, progress)

    recipe = CaffeRecipe(steps=6, batch_size=4, checkpoints=1, fall_every=2)
    data = DomainData(images(8, 0).numpy(), np.arange(8) % 3)
    learner = Watched(Network(TinyCNN(), ("a",)), 3)
    loop.fit(learner, recipe, {"a": data}, 0, "cpu", tmp_path / "c.pt", lambda *a: None, lambda *a: None)
    expected = [[0.01 * fall, 0.02 * fall] for fall in (1, 1, 0.1, 0.1, 0.01, 0.01)]
    np.testing.assert_allclose(seen, expected)
