"""The one training loop: order, schedules, checkpoints, faults."""

from __future__ import annotations

import errno
import os
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from mtl_bench.inputs.rows import Tokens
from mtl_bench.models.network import Network
from mtl_bench.models.text_lstm import TextLSTM
from mtl_bench.training import loop
from mtl_bench.training.domain_data import DomainData, order
from mtl_bench.training.learner import Batch, Learner
from mtl_bench.training.loop import DivergedError, fit
from mtl_bench.training.recipe import Recipe
from tests.models.backbones import TinyCNN, images
from tests.training.runs import CASES, domains, train


class Watching(Learner):
    """Trains like source only and remembers what each step was given; its reported losses are known."""

    def __init__(self) -> None:
        torch.manual_seed(0)
        super().__init__(Network(TinyCNN(dropout=0.5), ("source", "target")), 3)
        self.net.lr_multiplier = 0.5
        self.seen: list[dict[str, Batch]] = []
        self.rates: list[list[float]] = []
        self.fractions: list[float] = []
        self.modes: list[bool] = []

    def step(
        self, batches: Mapping[str, Batch], optimizers: Mapping[str, torch.optim.Optimizer], progress: float
    ) -> dict[str, Tensor]:
        self.seen.append(dict(batches))
        self.rates.append(sorted(group["lr"] for o in optimizers.values() for group in o.param_groups))
        self.fractions.append(progress)
        self.modes.append(self.training)
        count = torch.tensor(float(len(self.seen)))
        return {"steps so far": count, **({"late": count} if len(self.seen) == 4 else {})}


def watch(
    recipe: Recipe, folder: Path, data: Mapping[str, DomainData] | None = None, also_at: tuple[int, ...] = ()
) -> tuple[Watching, dict[int, dict[str, float]]]:
    learner = Watching()
    checkpoints: dict[int, dict[str, float]] = {}

    def checkpoint(step: int, losses: dict[str, float]) -> None:
        assert not learner.training
        checkpoints[step] = losses

    given = domains((3, 8, 8)) if data is None else data
    resume_state = folder / "resume_state.pt"
    fit(learner, recipe, given, 7, "cpu", resume_state, checkpoint, lambda fraction, text: None, also_at)
    return learner, checkpoints


@settings(max_examples=60)
@given(count=st.integers(1, 40), size=st.integers(1, 90), seed=st.integers(0, 5))
def test_each_epoch_visits_every_image_once(count: int, size: int, seed: int) -> None:
    """Also for batches larger than the data set."""
    rows, steps = np.zeros((count, 2), np.float32), -(-3 * count // size)
    taken = np.concatenate([order(rows, size, step, seed, "a") for step in range(steps)])
    assert len(taken) == steps * size
    for epoch in range(3):
        assert sorted(taken[epoch * count : (epoch + 1) * count]) == list(range(count))


def test_the_order_is_a_function_of_the_step_the_seed_and_the_domain() -> None:
    def some(step: int = 3, seed: int = 0, domain: str = "a") -> list[int]:
        return list(order(np.zeros((1000, 1)), 16, step, seed, domain))

    backwards = [some(step) for step in (5, 4, 3)]
    assert backwards == [some(step) for step in (3, 4, 5)][::-1]
    assert some() != some(seed=1)
    assert some() != some(domain="b")
    epochs = [list(order(np.zeros((50, 1)), 50, step, 0, "a")) for step in range(2)]
    assert epochs[0] != epochs[1]


def test_batches_hold_the_images_of_the_order_with_their_labels_and_the_target_none(tmp_path: Path) -> None:
    data = domains((3, 8, 8))
    learner, _ = watch(Recipe(steps=6, batch_size=4), tmp_path, data)
    for step, batches in enumerate(learner.seen):
        for domain, stored in data.items():
            chosen = order(stored.inputs, 4, step, 7, domain)
            assert torch.equal(batches[domain].inputs, torch.from_numpy(stored.inputs[chosen]))
            labels = batches[domain].labels
            assert batches[domain].target is stored.target
            assert (labels is None) == (stored.labels is None)
            if labels is not None and stored.labels is not None:
                assert labels.tolist() == stored.labels[chosen].tolist()


def test_every_group_follows_the_schedule_at_its_own_multiple(tmp_path: Path) -> None:
    learner, _ = watch(Recipe(steps=5, learning_rate=0.1, schedule="inverse"), tmp_path)
    assert learner.fractions == [0, 0.2, 0.4, 0.6, 0.8]
    for p, rates in zip(learner.fractions, learner.rates, strict=True):
        now = 0.1 / (1 + 10 * p) ** 0.75
        assert rates == pytest.approx([now / 2, now])


def test_checkpoints_get_the_mean_losses_since_the_last_one(tmp_path: Path) -> None:
    learner, checkpoints = watch(Recipe(steps=7, checkpoints=2), tmp_path)
    assert learner.modes == [True] * 7  # a checkpoint's evaluation does not leak into the next step
    assert checkpoints == {
        4: {"steps so far": (1 + 2 + 3 + 4) / 4, "late": 4 / 4},
        7: {"steps so far": (5 + 6 + 7) / 3},
    }


def test_progress_is_told_at_every_step_and_no_checkpoint_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(loop, "SAVE_EVERY", 0.0)
    told: list[float] = []
    train(CASES["dropout, running averages and Adam"], tmp_path, lambda fraction, text: told.append(fraction))
    assert told == pytest.approx([(k + 1) / 24 for k in range(24)])
    assert not list(tmp_path.glob("resume_state*"))


@pytest.mark.slow
def test_saving_does_not_change_the_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    case = CASES["dropout, running averages and Adam"]
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    plain = train(case, tmp_path / "a")
    monkeypatch.setattr(loop, "SAVE_EVERY", 0.0)
    saved = train(case, tmp_path / "b")
    assert all(torch.equal(plain[name], saved[name]) for name in plain)


def test_an_empty_domain_is_refused_with_a_sentence() -> None:
    with pytest.raises(ValueError, match="no rows; check the data set's split"):
        DomainData(np.empty((0, 3, 8, 8), np.uint8), None)


def test_a_step_outside_the_recipes_checkpoints_is_one_too_and_has_its_own_mean(tmp_path: Path) -> None:
    learner, checkpoints = watch(Recipe(steps=7, checkpoints=2), tmp_path, also_at=(1, 4, 6))
    assert {step: losses["steps so far"] for step, losses in checkpoints.items()} == {1: 1, 4: 3, 6: 5.5, 7: 7}
    assert learner.modes == [True] * 7


@pytest.mark.parametrize("name", ["one optimiser", "two optimisers"])  # the steps of Adam stay finite
def test_a_run_that_diverges_is_a_failure_with_a_sentence_and_never_a_result(name: str, tmp_path: Path) -> None:
    case = replace(CASES[name], recipe=replace(CASES[name].recipe, learning_rate=1e6))
    expected = (
        r"^the run diverged: the (loss|weight) [\w. ]+ is no finite number at step \d+ of 24; "
        r"take a learning rate below 1e\+06$"
    )
    with pytest.raises(DivergedError, match=expected):
        train(case, tmp_path)
    called = (tmp_path / "calls.txt").read_text(encoding="utf-8").split() if (tmp_path / "calls.txt").exists() else []
    assert "24" not in called
    for step in called:  # what was left before is finite
        losses = torch.load(tmp_path / f"checkpoint-{step}.pt", weights_only=True)["losses"]
        assert np.isfinite(list(losses.values())).all()


@pytest.mark.parametrize("poison", [float("nan"), float("inf")])
@pytest.mark.parametrize("where", ["loss", "weight"])
def test_one_number_that_is_not_finite_is_enough(poison: float, where: str, tmp_path: Path) -> None:
    class Poisoned(Watching):
        def step(self, *given: Any) -> dict[str, Tensor]:
            losses = super().step(*given)
            if len(self.seen) == 2:
                if where == "loss":
                    return {**losses, "late": torch.tensor(poison)}
                with torch.no_grad():
                    next(self.net.parameters())[0, 0, 0, 0] = poison
            return losses

    reached: list[int] = []
    found = "the loss late" if where == "loss" else "the weight net.stages.first.0.weight"
    with pytest.raises(DivergedError, match=f"^the run diverged: {found} is no finite number at step 3 of 6; take a"):
        fit(
            Poisoned(), Recipe(steps=6, checkpoints=2), domains((3, 8, 8)), 0, "cpu", tmp_path / "resume_state.pt",
            lambda step, losses: reached.append(step), lambda fraction, text: None,
        )  # fmt: skip
    assert reached == []


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a device that is always full")
def test_a_full_disk_is_an_error_of_the_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The store explains an OSError in one sentence; torch's own message would name an internal file."""
    monkeypatch.setattr(loop, "SAVE_EVERY", 0.0)
    (tmp_path / f"resume_state.pt.{os.getpid()}.part").symlink_to("/dev/full")
    with pytest.raises(OSError, match="No space left") as caught:
        train(CASES["one optimiser"], tmp_path)
    assert caught.value.errno == errno.ENOSPC
    assert caught.value.filename == str(tmp_path / "resume_state.pt")


@pytest.mark.parametrize("size", [1, 4, 7, 500])
@pytest.mark.parametrize("most", [0, 1, 5, 100])
def test_outputs_do_not_depend_on_the_chunks(size: int, most: int) -> None:
    learner = Watching().train()
    x = images(7, 3).numpy()
    logits, features = loop.outputs_of(learner, x, "target", most, size)
    learner.eval()
    with torch.no_grad():
        whole = learner.net({"target": torch.from_numpy(x)})["target"]["second"].flatten(1)
        np.testing.assert_allclose(features, whole.numpy()[:most], rtol=1e-5, atol=1e-6)
        np.testing.assert_allclose(logits, learner.classifier(whole).numpy(), rtol=1e-5, atol=1e-6)
    assert logits.dtype == np.float32


@pytest.mark.parametrize("size", [2, 500])
@pytest.mark.parametrize("most", [0, 3, 100])
def test_texts_are_predicted_by_like_lengths_and_come_back_in_their_order(
    size: int, most: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(loop, "FEW_ITEMS", 3)
    random = np.random.default_rng(0)
    rows = Tokens.of([random.integers(1, 9, length).tolist() for length in (7, 2, 9, 4, 4, 1, 8, 3)])
    torch.manual_seed(0)
    learner = Learner(Network(TextLSTM(words=8, width=3, units=4), ("target",)), 2)
    seen: list[int] = []
    learner.net.register_forward_pre_hook(lambda net, given: seen.append(given[0]["target"].shape[1]))
    logits, features = loop.outputs_of(learner, rows, "target", most, size)
    groups = [sorted(group) for group in (rows.lengths[:most].tolist(), rows.lengths[most:].tolist())]
    taken = min(size, 3)
    assert seen == [max(group[i : i + taken]) for group in groups for i in range(0, len(group), taken)]
    with torch.no_grad():
        alone = [
            learner.features({"target": Batch(torch.from_numpy(rows[i : i + 1]), None)})["target"] for i in range(8)
        ]
        whole = torch.cat(alone)
        np.testing.assert_allclose(features, whole.numpy()[:most], rtol=1e-5, atol=1e-6)
        np.testing.assert_allclose(logits, learner.classifier(whole).numpy(), rtol=1e-5, atol=1e-6)
