"""Learning-rate schedules, checkpoint steps and parameter groups."""

from __future__ import annotations

import math
from typing import Any

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn

from mtl_bench.core.trial import describe
from mtl_bench.models.network import Network
from mtl_bench.training.recipe import Recipe
from tests.models.backbones import TinyCNN


class Scaled(nn.Module):
    """A module whose parts learn at other rates: 1, a tenth, and a tenth of a half."""

    def __init__(self) -> None:
        super().__init__()
        self.head = nn.Linear(2, 3)
        self.slow = nn.Sequential(nn.Linear(3, 4), nn.Linear(4, 5))
        self.slow.lr_multiplier = 0.1  # type: ignore[assignment]
        self.slow[1].lr_multiplier = 0.5  # type: ignore[assignment]


def rates(optimizer: torch.optim.Optimizer) -> dict[int, float]:
    """The learning rate of each parameter, by identity; fails if one is listed twice."""
    listed = [(id(p), group["lr"]) for group in optimizer.param_groups for p in group["params"]]
    assert len({identity for identity, _ in listed}) == len(listed)
    return dict(listed)


def test_the_inverse_schedule_is_that_of_dann_over_the_whole_run() -> None:
    rate = Recipe(steps=1, schedule="inverse").rate
    assert rate(0) == 1
    for p in (0.25, 0.5, 1.0):
        assert rate(p) == pytest.approx(1 / math.exp(0.75 * math.log(1 + 10 * p)))
    assert round(rate(1), 3) == 0.166  # Caffe's inv policy would end at .102 after 20,000 steps


def test_the_other_schedules() -> None:
    assert [Recipe(steps=1, schedule="constant").rate(p) for p in (0, 0.3, 1)] == [1, 1, 1]
    cosine = Recipe(steps=1, schedule="cosine").rate
    assert [cosine(p) for p in (0, 1 / 3, 0.5, 1)] == pytest.approx([1, 0.75, 0.5, 0])


def test_a_warm_up_rises_from_nothing_and_leaves_the_schedule_after_it() -> None:
    warm, cold = (Recipe(steps=1, schedule="cosine", warm_up=share) for share in (0.2, 0.0))
    assert [warm.rate(p) / cold.rate(p) for p in (0, 0.05, 0.1, 0.2, 0.7)] == pytest.approx([0, 0.25, 0.5, 1, 1])
    assert describe(cold) == describe(Recipe(steps=1, schedule="cosine")) != describe(warm)
    assert "warm_up" not in describe(cold), "old keys stay"
    with pytest.raises(ValueError, match="has the warm-up 1; give a share of the run"):
        Recipe(steps=1, warm_up=1)


@given(steps=st.integers(1, 20000), checkpoints=st.integers(1, 50))
def test_checkpoints_are_spread_evenly_and_end_with_the_run(steps: int, checkpoints: int) -> None:
    taken = Recipe(steps=steps, checkpoints=checkpoints).checkpoint_steps()
    assert len(taken) == min(steps, checkpoints)
    assert taken[-1] == steps
    gaps = [b - a for a, b in zip([0, *taken], taken, strict=False)]
    assert min(gaps) >= 1
    assert max(gaps) - min(gaps) <= 1


def test_each_module_learns_at_its_multiplier_times_that_of_the_modules_around_it() -> None:
    module = Scaled()
    found = rates(Recipe(steps=1, learning_rate=0.2).optimizer_for(module))
    for part, expected in ((module.head, 0.2), (module.slow[0], 0.02), (module.slow[1], 0.01)):
        assert [found[id(p)] for p in part.parameters()] == pytest.approx([expected, expected])
    assert len(found) == 6


def test_a_network_under_a_new_head_may_learn_slower() -> None:
    net, head = Network(TinyCNN(), ("photo",)), nn.Linear(24, 3)
    net.lr_multiplier = 0.1
    found = rates(Recipe(steps=1, learning_rate=0.01).optimizer_for(net, head))
    assert [found[id(p)] for p in net.parameters()] == pytest.approx([0.001] * 8)
    assert [found[id(p)] for p in head.parameters()] == pytest.approx([0.01] * 2)


@pytest.mark.parametrize("name", ["steps", "batch_size", "checkpoints"])
@pytest.mark.parametrize("count", [0, -1])
def test_nothing_to_do_is_refused_with_a_sentence(name: str, count: int) -> None:
    expected = rf"^a recipe has {count} {name.replace('_', ' ')}; give 1 or more$"
    settings: dict[str, Any] = {"steps": 5, name: count}
    with pytest.raises(ValueError, match=expected):
        Recipe(**settings)
    assert getattr(Recipe(**{**settings, name: 1}), name) == 1


@pytest.mark.parametrize("rate", [0.0, -0.1, math.nan])
def test_a_rate_that_is_not_above_zero_is_refused_with_a_sentence(rate: float) -> None:
    with pytest.raises(ValueError, match=rf"^a recipe has the learning rate {rate}; give one above 0$"):
        Recipe(steps=5, learning_rate=rate)


def test_an_unknown_schedule_is_one_sentence() -> None:
    with pytest.raises(ValueError, match='no schedule "step"; there are constant, inverse, cosine and drops'):
        Recipe(steps=5, schedule="step").rate(0.5)  # type: ignore[arg-type]


def test_frozen_parameters_are_left_to_themselves() -> None:
    module = Scaled()
    module.slow.requires_grad_(False)
    found = rates(Recipe(steps=1).optimizer_for(module))
    assert set(found) == {id(p) for p in module.head.parameters()}


@pytest.mark.parametrize(
    ("recipe", "kind", "settings"),
    [
        (Recipe(steps=1, momentum=0.8, weight_decay=0.01), torch.optim.SGD, {"momentum": 0.8, "weight_decay": 0.01}),
        (Recipe(steps=1, optimizer="adam", weight_decay=0.02), torch.optim.Adam, {"weight_decay": 0.02}),
    ],
)
def test_the_recipe_reaches_every_group(recipe: Recipe, kind: type, settings: dict[str, Any]) -> None:
    optimizer = recipe.optimizer_for(Scaled())
    assert type(optimizer) is kind
    for group in optimizer.param_groups:
        assert {name: group[name] for name in settings} == settings


def test_drops_make_the_rate_a_tenth_each_time() -> None:
    recipe = Recipe(steps=9, schedule="drops", drops=(1 / 3, 2 / 3))
    assert [recipe.rate(p) for p in (0, 0.33, 0.34, 0.66, 0.67, 1)] == pytest.approx([1, 1, 0.1, 0.1, 0.01, 0.01])
    assert "drops" not in describe(Recipe(steps=9)), "old keys stay"
    for wrong in ({"schedule": "drops"}, {"drops": (0.5,)}, {"schedule": "drops", "drops": (1.0,)}):
        with pytest.raises(ValueError, match="give shares between 0 and 1"):
            Recipe(steps=9, **wrong)


@pytest.mark.parametrize("optimizer", ["sgd", "adam"])
def test_gradients_are_clipped_as_one_vector(optimizer: Any) -> None:
    layers = nn.Linear(3, 2), nn.Linear(2, 1)
    weights = [weight for layer in layers for weight in layer.parameters()]
    for size, norm in ((4.0, 5.0), (0.1, 0.1 * 11**0.5)):  # eleven weights: the first gradient is too long
        for weight in weights:
            weight.grad = torch.full_like(weight, size)
        Recipe(steps=1, optimizer=optimizer, clip=5.0).optimizer_for(*layers).step()
        clipped = torch.cat([weight.grad.flatten() for weight in weights if weight.grad is not None])
        assert float(clipped.norm()) == pytest.approx(norm, rel=1e-5)
        assert len(clipped.unique()) == 1, "directions stay"
    assert "clip" not in describe(Recipe(steps=1)), "old keys stay"
    with pytest.raises(ValueError, match="clips gradients at 0"):
        Recipe(steps=1, clip=0.0)
