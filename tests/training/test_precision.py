"""bfloat16: only the macs are in half the bits, and what is learnt is nearly the same."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from mtl_bench.datasets.synthetic import SyntheticImages
from mtl_bench.methods.deep.source_only import SourceOnly, SourceOnlyLearner
from mtl_bench.models.network import Network
from mtl_bench.training.learner import Batch, Learner
from mtl_bench.training.loop import DomainData, fit
from mtl_bench.training.precision import InBfloat16
from mtl_bench.training.recipe import Recipe
from tests.models.backbones import TinyCNN, batches

DATA = SyntheticImages(size=8, train=60)


def plain() -> Learner:
    torch.manual_seed(0)
    return SourceOnly().build(Network(TinyCNN(), (DATA.name,)), 10)


def trained(learner: Learner, folder: Path) -> list[float]:
    """The mean losses of each fifteen of 90 steps."""
    losses: list[float] = []
    recipe = Recipe(90, batch_size=20, learning_rate=0.02, schedule="cosine", checkpoints=6)
    stream = {DATA.name: DomainData(DATA.inputs("train"), DATA.labels("train"))}
    fit(
        learner, recipe, stream, 0, "cpu", folder / "c.pt",
        lambda step, mean: losses.append(mean["classification"]), lambda *a: None,
    )  # fmt: skip
    return losses


def test_weights_gradients_and_losses_stay_float32_while_products_do_not() -> None:
    learner = InBfloat16(SourceOnly().build(Network(TinyCNN(), ("a",)), 3))
    kinds: set[torch.dtype] = set()

    def note(module: nn.Module, given: tuple[Tensor, ...], made: Tensor) -> None:
        kinds.add(made.dtype)

    for module in learner.modules():
        if isinstance(module, nn.Conv2d | nn.Linear):
            module.register_forward_hook(note)
    optimizers = learner.optimizers(Recipe(5))
    losses = learner.step(batches("a", target=None), optimizers, 0.0)
    assert kinds == {torch.bfloat16}
    assert losses["classification"].dtype == torch.float32
    for parameter in learner.parameters():
        assert parameter.dtype == torch.float32
        assert parameter.grad is not None and parameter.grad.dtype == torch.float32
    state = optimizers["all"].state
    assert all(state[p]["momentum_buffer"].dtype == torch.float32 for p in learner.parameters())


def test_every_weight_is_there_once() -> None:
    inner = SourceOnly().build(Network(TinyCNN(), ("a",)), 3)
    learner = InBfloat16(inner)
    assert len(list(learner.parameters())) == len(list(inner.parameters()))
    assert list(learner.state_dict()) == [f"learner.{name}" for name in inner.state_dict()]
    groups = learner.optimizers(Recipe(5))["all"].param_groups
    assert sum(len(group["params"]) for group in groups) == len(list(inner.parameters()))
    assert learner.net is inner.net and learner.classifier is inner.classifier
    for mode in (False, True):
        learner.train(mode)
        assert inner.net.training is mode and inner.net.stages["first"].training is mode


def test_what_it_learns_is_close_to_float32(tmp_path: Path) -> None:
    """The loss falls alike, within 8 %, and weights end within 8 % of each other and 15 % of the way that they went."""
    exact, half, start = plain(), InBfloat16(plain()), plain()
    expected, found = (trained(learner, tmp_path) for learner in (exact, half))
    assert found[-1] < 0.1 * found[0]
    np.testing.assert_allclose(found, expected, rtol=0.08)
    ends = [torch.cat([p.detach().flatten() for p in learner.parameters()]) for learner in (half, exact, start)]
    apart = float((ends[0] - ends[1]).norm())
    assert 0 < apart < 0.08 * float(ends[1].norm())
    assert apart < 0.15 * float((ends[1] - ends[2]).norm())


def test_predictions_are_exact() -> None:
    """In bfloat16 the two highest logits of an image are equal now and then, and the first class would win."""
    learner, pixels = plain().eval(), torch.from_numpy(DATA.inputs("test"))
    with torch.no_grad():
        found, expected = InBfloat16(learner).predict(pixels, DATA.name), learner.predict(pixels, DATA.name)
    assert found.dtype == torch.float32
    assert found.equal(expected)


def test_the_learners_own_losses_are_used() -> None:
    class Doubled(SourceOnlyLearner):
        def losses(self, batches: Mapping[str, Batch], progress: float) -> dict[str, Tensor]:
            return {name: (1 + progress) * loss for name, loss in super().losses(batches, progress).items()}

    learner = InBfloat16(Doubled(Network(TinyCNN(), ("a",)), 3))
    first, last = (learner.losses(batches("a", target=None), p)["classification"] for p in (0.0, 1.0))
    assert float(last.detach()) == pytest.approx(2 * float(first.detach()))
