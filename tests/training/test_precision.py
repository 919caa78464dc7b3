"""bfloat16: only the products are in half the bits, and what is learnt is nearly the same."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from mtl_bench.core.trial import Work
from mtl_bench.datasets.synthetic import SyntheticImages
from mtl_bench.methods.deep.adda import ADDA
from mtl_bench.methods.deep.mcd import MCD
from mtl_bench.methods.deep.source_only import SourceOnly, SourceOnlyLearner
from mtl_bench.models.network import Network
from mtl_bench.training.domain_data import DomainData
from mtl_bench.training.learner import Batch, Learner
from mtl_bench.training.loop import fit
from mtl_bench.training.recipe import Recipe
from mtl_bench.trials.contracts import Method
from mtl_bench.trials.train import Train, has_bfloat16
from tests.models.backbones import TinyCNN, batches

DATA = SyntheticImages(size=8, train=60)
TRIAL = Train(data=DATA, backbone=TinyCNN(), recipe=Recipe(5), seed=0, precision="bfloat16")


def plain() -> Learner:
    torch.manual_seed(0)
    return SourceOnly().build(Network(TinyCNN(), (DATA.name,)), 10)


def in_bfloat16(learner: Learner) -> Learner:
    learner.in_bfloat16 = True
    return learner


def trained(learner: Learner, folder: Path) -> list[float]:
    """The mean losses of each fifteen of 90 steps."""
    losses: list[float] = []
    recipe = Recipe(90, batch_size=20, learning_rate=0.02, schedule="cosine", checkpoints=6)
    data = {DATA.name: DomainData(DATA.inputs("train"), DATA.labels("train"))}
    fit(
        learner, recipe, data, 0, "cpu", folder / "c.pt",
        lambda step, mean: losses.append(mean["classification"]), lambda *a: None,
    )  # fmt: skip
    return losses


def kinds_of(learner: Learner) -> set[torch.dtype]:
    """Filled with the types of all products from now on."""
    kinds: set[torch.dtype] = set()

    def note(module: nn.Module, given: tuple[Tensor, ...], made: Tensor) -> None:
        kinds.add(made.dtype)

    for module in learner.modules():
        if isinstance(module, nn.Conv2d | nn.Linear):
            module.register_forward_hook(note)
    return kinds


def test_weights_gradients_and_losses_stay_float32_while_products_do_not() -> None:
    learner = in_bfloat16(SourceOnly().build(Network(TinyCNN(), ("a",)), 3))
    kinds = kinds_of(learner)
    optimizers = learner.optimizers(Recipe(5))
    losses = learner.step(batches("a", target=None), optimizers, 0.0)
    assert kinds == {torch.bfloat16}
    assert losses["classification"].dtype == torch.float32
    for parameter in learner.parameters():
        assert parameter.dtype == torch.float32
        assert parameter.grad is not None and parameter.grad.dtype == torch.float32
    state = optimizers["all"].state
    assert all(state[p]["momentum_buffer"].dtype == torch.float32 for p in learner.parameters())


def test_without_it_products_are_float32() -> None:
    learner = plain()
    kinds = kinds_of(learner)
    learner.step({DATA.name: batches("a")["a"]}, learner.optimizers(Recipe(5)), 0.0)
    assert kinds == {torch.float32}


@pytest.mark.slow
def test_what_it_learns_is_close_to_float32(tmp_path: Path) -> None:
    """The loss falls alike, within 8 %, and weights end within 8 % of each other and 15 % of the way that they went."""
    exact, half, start = plain(), in_bfloat16(plain()), plain()
    expected, found = (trained(learner, tmp_path) for learner in (exact, half))
    assert found[-1] < 0.1 * found[0]
    np.testing.assert_allclose(found, expected, rtol=0.08)
    ends = [torch.cat([p.detach().flatten() for p in learner.parameters()]) for learner in (half, exact, start)]
    apart = float((ends[0] - ends[1]).norm())
    assert 0 < apart < 0.08 * float(ends[1].norm())
    assert apart < 0.15 * float((ends[1] - ends[2]).norm())


def test_predictions_are_exact() -> None:
    """In bfloat16 the two highest logits of an image are equal now and then, and the first class would win."""
    pixels = torch.from_numpy(DATA.inputs("test"))
    with torch.no_grad():
        found, expected = (one.eval().predict(pixels, DATA.name) for one in (in_bfloat16(plain()), plain()))
    assert found.dtype == torch.float32
    assert found.equal(expected)


def test_the_learners_own_losses_are_used() -> None:
    class Doubled(SourceOnlyLearner):
        def losses(self, batches: Mapping[str, Batch], progress: float) -> dict[str, Tensor]:
            return {name: (1 + progress) * loss for name, loss in super().losses(batches, progress).items()}

    found = []
    for progress in (0.0, 1.0):
        torch.manual_seed(0)
        learner = in_bfloat16(Doubled(Network(TinyCNN(), ("a",)), 3))
        losses = learner.step(batches("a", target=None), learner.optimizers(Recipe(5)), progress)
        found.append(float(losses["classification"]))
    assert found[1] == pytest.approx(2 * found[0])


@pytest.mark.parametrize("device", ["cpu", "cuda"])
@pytest.mark.parametrize("precision", ["bfloat16", "float32"])
def test_a_processor_without_it_is_warned_of_in_a_sentence(
    device: str, precision: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Before it trains, and not where the graphics card computes."""

    def stop(*asked: Any) -> None:
        raise InterruptedError

    monkeypatch.setattr("mtl_bench.trials.train.has_bfloat16", lambda: False)
    monkeypatch.setattr("mtl_bench.trials.train.fit", stop)
    warned = device == "cpu" and precision == "bfloat16"
    says: Any = pytest.warns(UserWarning, match="in detours, slower than float32") if warned else nullcontext()
    with says, pytest.raises(InterruptedError):
        replace(TRIAL, precision=precision).run(Work(tmp_path, device))


@pytest.mark.parametrize(("there", "answers", "machine"), [
    (True, {"avx512_bf16": True, "amx_tile": False}, "x86_64"),
    (True, {"avx512_bf16": False, "amx_tile": True}, "x86_64"),
    (False, {"avx512_bf16": False, "amx_tile": False}, "AMD64"),
    (True, {"avx512_bf16": False, "amx_tile": False}, "arm64"),
    (True, {}, "x86_64"),
])  # fmt: skip
def test_a_processor_has_it_by_either_set_of_instructions_or_is_given_the_benefit_of_the_doubt(
    there: bool, answers: dict[str, bool], machine: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("platform.machine", lambda: machine)
    for name in ("avx512_bf16", "amx_tile"):
        monkeypatch.delattr(torch.cpu, f"_is_{name}_supported", raising=False)
    for name, answer in answers.items():
        monkeypatch.setattr(torch.cpu, f"_is_{name}_supported", lambda answer=answer: answer, raising=False)
    assert has_bfloat16() is there


def test_a_trial_asks_for_it_and_its_state_has_the_same_names() -> None:
    assert TRIAL.build().in_bfloat16 and not replace(TRIAL, precision="float32").build().in_bfloat16
    assert list(TRIAL.build().state_dict()) == list(replace(TRIAL, precision="float32").build().state_dict())


@pytest.mark.parametrize("method", [MCD(), ADDA()], ids=lambda m: type(m).__name__)
def test_a_method_with_a_step_of_its_own_refuses_it_with_a_sentence(method: Method, tmp_path: Path) -> None:
    trial = replace(TRIAL, method=method)
    expected = rf"^{type(method).__name__} has a step of its own, in float32; leave precision out$"
    with pytest.raises(ValueError, match=expected):
        trial.build()
    with pytest.raises(ValueError, match=expected):
        trial.run(Work(tmp_path, "cpu"))
