"""TrainTasks: a hand-written loop gives its weights; a kill changes nothing; each task's labels are its own."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from mtl_bench.core.trial import Work, dependencies
from mtl_bench.datasets.synthetic import SyntheticTexts
from mtl_bench.datasets.wrappers.words import Words
from mtl_bench.models.network import Network
from mtl_bench.models.text_lstm import TextLSTM
from mtl_bench.training import loop
from mtl_bench.training.domain_data import DomainData
from mtl_bench.training.recipe import Recipe
from mtl_bench.training.seeding import seed_everything
from mtl_bench.trials.contracts import DataSet
from mtl_bench.trials.inits import FirstLayers, Whole, below
from mtl_bench.trials.train import Train
from mtl_bench.trials.train_tasks import OnItsTurn, TrainTasks, own_steps
from mtl_bench.trials.weights import Weights
from tests.models.backbones import TinyCNN
from tests.trials.transfers import A, B

REVIEWS = SyntheticTexts(train=30, stands_for="reviews")
QUESTIONS = SyntheticTexts(0.5, ("who", "where", "when"), train=40, stands_for="questions")
VOCABULARY: tuple[DataSet, ...] = (REVIEWS, QUESTIONS)
TARGET, SOURCE = (Words(data, VOCABULARY, most_words=40) for data in (QUESTIONS, REVIEWS))
NET = TextLSTM(words=40, width=6, units=5)
RECIPE = Recipe(steps=9, batch_size=8, learning_rate=0.2, momentum=0.5, schedule="constant", checkpoints=3)
BOTH = TrainTasks(TARGET, (SOURCE,), NET, RECIPE, seed=3, share=0.4)
IMAGES = TrainTasks(A, (B,), TinyCNN(dropout=0.5), RECIPE, seed=3)


def ran(trial: TrainTasks | Train, folder: Path, **work: Any) -> tuple[dict[str, float], dict[str, Tensor]]:
    """The metrics, and the learner's last state."""
    folder.mkdir(parents=True, exist_ok=True)
    metrics = dict(trial.run(Work(folder, "cpu", **work)))
    return metrics, torch.load(folder / f"weights-{trial.recipe.steps}.pt", weights_only=True)


def test_weights_are_those_of_a_loop_over_the_turns(tmp_path: Path) -> None:
    """Written out: an embedding, an LSTM and two heads, one batch of one task at a time, SGD with momentum."""
    seed_everything(3, "weights")
    stages = NET.stages()
    width = NET.units
    heads = {"questions": nn.Linear(width, 3), "reviews": nn.Linear(width, 2)}
    parameters = [p for module in (*stages.values(), *heads.values()) for p in module.parameters()]
    speed = [torch.zeros_like(p) for p in parameters]
    data = {task.name: (task.inputs("train"), task.labels("train")) for task in (TARGET, SOURCE)}
    done = dict.fromkeys(data, 0)
    for turn in BOTH.turns():
        name = ("questions", "reviews")[turn]
        batch = DomainData(*data[name]).at(done[name], 8, 3, name, "cpu")
        done[name] += 1
        features = batch.inputs
        for stage in stages.values():
            features = stage(features)
        assert batch.labels is not None
        gradients = torch.autograd.grad(
            F.cross_entropy(heads[name](features), batch.labels), parameters, allow_unused=True
        )
        with torch.no_grad():
            for p, v, gradient in zip(parameters, speed, gradients, strict=True):
                if gradient is not None:  # a head whose turn it is not stands still
                    v.mul_(0.5).add_(gradient)
                    p.sub_(0.2 * v)
    metrics, state = ran(BOTH, tmp_path)
    assert min(done.values()) > 1 and metrics["steps"] == done["questions"]
    for name, stage in stages.items():
        for inner, value in stage.state_dict().items():
            torch.testing.assert_close(state[f"net.stages.{name}.{inner}"], value)
    for start, name in (("classifier.1.", "questions"), ("others.0.1.", "reviews")):
        for inner, value in heads[name].state_dict().items():
            torch.testing.assert_close(state[start + inner], value)


@pytest.mark.parametrize("trial", [BOTH, IMAGES], ids=["texts", "images with dropout"])
def test_stopped_and_resumed_it_leaves_the_same_bits(
    trial: TrainTasks, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = ran(trial, tmp_path / "whole")
    for last in (2, 5, 9):
        monkeypatch.setattr(loop, "SAVE_EVERY", 0.0)
        done: list[str] = []

        def stop(fraction: float, text: str, last: int = last, done: list[str] = done) -> None:
            done.append(text)
            if len(done) == last:
                raise InterruptedError

        folder = tmp_path / f"stopped after {last}"
        with pytest.raises(InterruptedError):
            ran(trial, folder, progress=stop)
        again = ran(trial, folder)
        assert again[0] == whole[0]
        assert all(torch.equal(value, again[1][name]) for name, value in whole[1].items())
        assert (folder / "curve.csv").read_bytes() == (tmp_path / "whole" / "curve.csv").read_bytes()


def test_its_fresh_weights_are_those_of_a_network_of_one_task(tmp_path: Path) -> None:
    alone = Train(TARGET, NET, RECIPE, seed=3).start(Work(tmp_path, "cpu")).state_dict()
    both = BOTH.start(Work(tmp_path, "cpu")).state_dict()
    assert alone and all(torch.equal(value, both[name]) for name, value in alone.items())


def test_turns_follow_from_the_seed_and_have_their_shares() -> None:
    turns = replace(BOTH, recipe=replace(RECIPE, steps=4000)).turns()
    assert np.mean(turns == 0) == pytest.approx(0.4, abs=0.03)
    assert np.array_equal(turns[:9], BOTH.turns()) and not np.array_equal(turns[:9], replace(BOTH, seed=4).turns())
    three = replace(BOTH, beside=(SOURCE, Words(SyntheticTexts(stands_for="more"), VOCABULARY, 40)), share=0.5)
    found = replace(three, recipe=replace(RECIPE, steps=4000)).turns()
    assert [float(np.mean(found == i)) for i in range(3)] == pytest.approx([0.5, 0.25, 0.25], abs=0.03)


def test_a_task_s_batches_are_those_that_it_has_alone() -> None:
    turns = np.array([0, 1, 1, 0, 1])
    assert own_steps(turns, 1).tolist() == [-1, 0, 1, -1, 2]
    rows, labels = TARGET.inputs("train"), TARGET.labels("train")
    inner = OnItsTurn(rows, labels, own_steps=own_steps(turns, 1))
    for step, own in enumerate(own_steps(turns, 1)):
        batch = inner.at(step, 8, 0, "a", "cpu")
        if own < 0:
            assert len(batch.inputs) == 0 and batch.labels is None
        else:
            assert torch.equal(batch.inputs, DomainData(rows, labels).at(int(own), 8, 0, "a", "cpu").inputs)


def test_others_copy_its_layers_and_it_copies_theirs(tmp_path: Path) -> None:
    _, state = ran(BOTH, tmp_path / "both")
    work = Work(tmp_path, "cpu", artifact_of=lambda other, name: tmp_path / "both" / name)
    for init in (FirstLayers(Weights(BOTH), 2), Whole(Weights(BOTH), head=True)):
        run = Train(TARGET, NET, RECIPE, seed=8, init=init)
        started = run.start(work).state_dict()
        copied = [name for name in started if name.startswith("net.stages.") or isinstance(init, Whole)]
        assert all(torch.equal(started[name], state[name]) for name in copied)
        assert dependencies(run) == [BOTH]
    again = replace(BOTH, seed=9, init=FirstLayers(Weights(BOTH), 1, freeze=False)).start(work).state_dict()
    assert below(again, "net.stages.embedding.").keys() == below(state, "net.stages.embedding.").keys()
    assert torch.equal(again["net.stages.embedding.vectors.weight"], state["net.stages.embedding.vectors.weight"])


def test_no_test_label_reaches_the_weights(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _, state = ran(BOTH, tmp_path / "one")
    true = SyntheticTexts.labels
    monkeypatch.setattr(
        SyntheticTexts, "labels", lambda self, split: true(self, split)[::-1] if split == "test" else true(self, split)
    )
    _, poisoned = ran(BOTH, tmp_path / "other")
    assert all(torch.equal(value, poisoned[name]) for name, value in state.items())


def test_what_makes_no_sense_is_one_sentence() -> None:
    with pytest.raises(ValueError, match=r"^two tasks are named questions; give each data set its own name$"):
        replace(BOTH, beside=(TARGET,))
    for share, beside in ((0.0, (SOURCE,)), (1.0, (SOURCE,)), (0.5, ())):
        with pytest.raises(ValueError, match=r"^questions can't have .* of the turns beside . other tasks; give"):
            replace(BOTH, share=share, beside=beside)


def test_a_learner_of_tasks_has_a_classifier_for_each() -> None:
    learner = BOTH.build()
    assert isinstance(learner.net, Network)
    tokens = torch.tensor([[3, 4, 5], [6, 7, 0]])
    assert learner.predict(tokens, "questions").shape == (2, 3) and learner.predict(tokens, "reviews").shape == (2, 2)
