"""Weights of any trained network, at any step that it kept, and where other runs start from them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pytest
import torch
from torch import Tensor

from mtl_bench.core.store import Store, TrialError
from mtl_bench.core.trial import Work, key
from mtl_bench.datasets.synthetic import SyntheticImages
from mtl_bench.datasets.wrappers.partly import Partly
from mtl_bench.datasets.wrappers.transductive import Transductive
from mtl_bench.inputs.rows import Array
from mtl_bench.methods.deep.adabn import AdaBN
from mtl_bench.methods.deep.dann import DANN
from mtl_bench.methods.deep.source_only import SourceOnly
from mtl_bench.methods.shallow.no_adaptation import NoAdaptation
from mtl_bench.models.bottleneck import Bottleneck
from mtl_bench.models.digits import DigitCNN, DigitCNNBatchNorm
from mtl_bench.training.loop import outputs_of
from mtl_bench.training.recipe import Recipe
from mtl_bench.trials.adapt import Adapt
from mtl_bench.trials.checkpoints import checkpoint_of
from mtl_bench.trials.contracts import Trained, read_labels
from mtl_bench.trials.evaluate import Evaluate
from mtl_bench.trials.fit_shallow import FitShallow
from mtl_bench.trials.inits import FirstLayers, Whole
from mtl_bench.trials.select import Select
from mtl_bench.trials.train import Train
from mtl_bench.trials.trunk import Trunk
from mtl_bench.trials.weights import Weights
from tests.trials.domains import Poisoned

SOURCE = SyntheticImages(train=40, test=12)
TARGET = SyntheticImages(tint=1.0, train=40, test=20)
RECIPE = Recipe(6, batch_size=8, checkpoints=3)
TRAINED = Train(SOURCE, DigitCNN(), RECIPE, seed=1, weights_at=(1, 4))
ADAPTED = Adapt(DANN(), (SOURCE,), TARGET, DigitCNN(), RECIPE, seed=1)
EVERY: dict[str, Trained] = {"Train": TRAINED, "Adapt": ADAPTED}
NEAREST = NoAdaptation()
trained_by = pytest.mark.parametrize("trial", EVERY.values(), ids=EVERY)


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Store:
    """A store of runs that tests share."""
    return Store(tmp_path_factory.mktemp("store"))


@dataclass(frozen=True)
class Renamed:
    """The source's images under other class names."""

    classes: tuple[str, ...]
    name: ClassVar[str] = "other"

    def inputs(self, split: str) -> Array:
        return SOURCE.inputs(split)

    def labels(self, split: str) -> Array:
        return SOURCE.labels(split)


def work(store: Store, *needed: Any) -> Work:
    """The surroundings of a trial whose dependencies have run."""
    for trial in needed:
        store.compute(trial, "cpu")
    return Work(store.root, "cpu", folder_of=store.folder, artifact_of=store.artifact)


def equal(one: Mapping[str, Tensor], other: Mapping[str, Tensor]) -> bool:
    assert one and one.keys() == other.keys()
    return all(torch.equal(value, other[name]) for name, value in one.items())


@trained_by
def test_the_learner_that_comes_back_says_what_the_run_said(trial: Any, store: Store) -> None:
    surroundings = work(store, trial)
    learner = Weights(trial).learner(surroundings)
    assert not learner.training
    if trial is ADAPTED:
        kept = checkpoint_of(trial, RECIPE.steps, surroundings)["target test logits"]
        np.testing.assert_allclose(outputs_of(learner, TARGET.inputs("test"), TARGET.name)[0], kept, rtol=1e-5)
    else:
        logits, _ = outputs_of(learner, SOURCE.inputs("train"), SOURCE.name)
        accuracy = 100 * np.mean(logits.argmax(1) == SOURCE.labels("train"))
        assert store.record(trial)["metrics"]["training accuracy"] == pytest.approx(accuracy)


@trained_by
def test_step_0_is_where_it_started_and_needs_no_file(trial: Any, store: Store) -> None:
    surroundings = work(store)
    first = Weights(trial, 0).state(surroundings)
    assert equal(first, Weights(trial, 0).learner(surroundings).state_dict())
    assert not equal(first, Weights(trial).state(work(store, trial)))
    assert float(first["net.mean"].max()) > 0, "the pixels' mean belongs to the start"


def test_steps_along_the_way_are_those_of_the_run(store: Store) -> None:
    """A run of one step ends where the longer one was after one, as both have a constant rate."""
    constant = replace(RECIPE, schedule="constant")
    long, short = replace(TRAINED, recipe=constant), replace(TRAINED, recipe=replace(constant, steps=1), weights_at=())
    surroundings = work(store, long, short)
    assert equal(Weights(long, 1).state(surroundings), Weights(short).state(surroundings))
    assert not equal(Weights(long, 1).state(surroundings), Weights(long, 4).state(surroundings))
    with pytest.raises(ValueError, match="there is no step 7 in a run of 6"):
        replace(TRAINED, weights_at=(7,))


def test_twins_start_alike_and_differ_in_order_only(store: Store) -> None:
    twin = replace(TRAINED, order=99)
    surroundings = work(store, TRAINED, twin)
    assert equal(Weights(TRAINED, 0).state(surroundings), Weights(twin, 0).state(surroundings))
    assert not equal(Weights(TRAINED).state(surroundings), Weights(twin).state(surroundings))
    assert key(replace(TRAINED, order=1)) != key(TRAINED)
    same = replace(TRAINED, order=1)  # its own seed
    assert equal(Weights(same).state(work(store, same)), Weights(TRAINED).state(surroundings))


@trained_by
def test_another_run_starts_from_a_whole_network_of_any_kind(trial: Any, store: Store) -> None:
    surroundings = work(store, trial)
    learnt = Weights(trial).state(surroundings)
    own_head = replace(TRAINED, seed=5, init=Whole(Weights(trial), head=True))
    for run, heads in ((own_head, True), (replace(own_head, init=Whole(Weights(trial))), False)):
        begun = run.start(surroundings).state_dict()
        for name, value in begun.items():
            same = name.startswith("net.") or heads
            assert torch.equal(value, learnt[name]) is same, name


def test_layers_of_an_adaptation_can_be_copied(store: Store) -> None:
    surroundings = work(store, ADAPTED)
    run = Train(TARGET, DigitCNN(), RECIPE, seed=2, init=FirstLayers(Weights(ADAPTED), 1))
    begun, learnt = run.start(surroundings).state_dict(), Weights(ADAPTED).state(surroundings)
    assert torch.equal(begun["net.stages.conv1.0.weight"], learnt["net.stages.conv1.0.weight"])
    assert not torch.equal(begun["net.stages.conv2.0.weight"], learnt["net.stages.conv2.0.weight"])


@pytest.mark.slow
def test_adaptation_without_a_source_starts_from_a_network_that_learnt_one(store: Store) -> None:
    backbone = DigitCNNBatchNorm("per domain")
    first = Adapt(AdaBN(), (SOURCE,), TARGET, backbone, RECIPE, seed=1)
    after = Adapt(AdaBN(), (), TARGET, backbone, RECIPE, seed=2, init=Whole(Weights(first), head=True))
    surroundings = work(store, first, after)
    learnt, adapted = Weights(first).state(surroundings), Weights(after).state(surroundings)
    assert all(torch.equal(v, learnt[n]) for n, v in adapted.items() if "running" not in n and "tracked" not in n)
    assert any(not torch.equal(v, learnt[n]) for n, v in adapted.items() if "running" in n)
    assert "accuracy" in store_metrics(store, Evaluate(Select(after)))
    with pytest.raises(TrialError, match="a run without a source has no validation"):
        store.compute(Select(after, "source validation"), "cpu")
    with pytest.raises(TrialError, match="learns from labels, and no domain has any"):
        store.compute(replace(after, method=DANN()), "cpu")
    with pytest.raises(TrialError, match=r"adaptation without a source starts from .*; give init=Whole"):
        store.compute(replace(after, init=None), "cpu")


def store_metrics(store: Store, trial: Any) -> dict[str, float]:
    for needed in (*([trial.selection] if hasattr(trial, "selection") else []), trial):
        store.compute(needed, "cpu")
    metrics: dict[str, float] = store.record(trial)["metrics"]
    return metrics


@pytest.mark.slow
def test_a_few_labels_of_the_target_are_seen_and_no_other(store: Store, tmp_path: Path) -> None:
    few = Partly(TARGET, per_class=2, seed=3)
    known = few.known("train")
    assert [int((known == label).sum()) for label in range(10)] == [2] * 10 and int((known == -1).sum()) == 20
    assert all(known[i] in (-1, label) for i, label in enumerate(TARGET.labels("train")))
    run = Adapt(DANN(), (SOURCE,), few, DigitCNN(), RECIPE, seed=1)
    learnt = Weights(run).state(work(store, run))
    hidden = Adapt(DANN(), (SOURCE,), Hidden(TARGET, 2, 3), DigitCNN(), RECIPE, seed=1)
    other = Store(tmp_path)
    assert equal(learnt, Weights(hidden).state(work(other, hidden))), "labels that are not shown matter"
    assert not equal(learnt, Weights(ADAPTED).state(work(store, ADAPTED))), "labels that are shown don't"


@dataclass(frozen=True)
class Hidden(Partly):
    """Whoever asks for more labels than the shown ones gets wrong ones."""

    def known(self, split: str) -> Any:
        return Partly(self.of, self.per_class, self.seed).known(split)

    def labels(self, split: str) -> Any:
        return (self.of.labels(split) + 1) % 10


def test_shown_rows_are_in_every_batch_and_in_no_transductive_test(store: Store) -> None:
    whole = Transductive(TARGET, "train")
    few = Partly(whole, per_class=1, seed=3)
    assert len(few.inputs("test")) == len(few.labels("test")) == 30 and len(few.inputs("train")) == 40
    shown = np.flatnonzero(few.known("train") >= 0)
    test = {image.tobytes() for image in np.asarray(few.inputs("test"))}
    assert not test & {image.tobytes() for image in TARGET.inputs("train")[shown]}
    run = Adapt(SourceOnly(), (SOURCE,), few, DigitCNN(), RECIPE, seed=1)
    data = run.with_target({}, few.inputs("train"))[few.name]
    for step in range(8):
        labels = data.at(step, 8, 0, "target", "cpu").labels
        assert labels is not None and int((labels >= 0).sum()) >= 4
    with pytest.raises(ValueError, match=r"has 4 rows of 0, not 5; show fewer labels of a class"):
        Partly(TARGET, 5, 0).known("train")


def test_a_trunk_of_a_trained_network_stands_for_a_data_set(store: Store) -> None:
    trunks = [Trunk(data, Weights(ADAPTED), ("train", "test")) for data in (Poisoned(TARGET), SOURCE)]
    surroundings = work(store, ADAPTED, *trunks)
    features = np.load(store.folder(trunks[0]) / "test.npy", allow_pickle=False)
    learner = Weights(ADAPTED).learner(surroundings)
    expected = outputs_of(learner, TARGET.inputs("test"), TARGET.name, 20)[1]
    np.testing.assert_allclose(features, expected, rtol=1e-5)
    deep = Adapt(DANN(), (trunks[1],), Trunk(TARGET, Weights(ADAPTED), ("train", "test")), Bottleneck(768), RECIPE, 1)
    for needed in (deep.target, deep):
        store.compute(needed, "cpu")  # type: ignore[arg-type]
    assert checkpoint_of(deep, RECIPE.steps, surroundings)["target test logits"].shape == (20, 10)
    shallow = FitShallow(NEAREST, trunks[1], deep.target, train="train", test="test")
    assert 0 <= store_metrics(store, shallow)["accuracy"] <= 100
    assert read_labels(deep.target, "test", surroundings).tolist() == TARGET.labels("test").tolist()


def test_domains_are_compared_by_the_names_of_their_classes_and_their_order(store: Store) -> None:
    turned = Renamed(tuple("9876543210"))
    with pytest.raises(TrialError, match=r"class 0 is '9' in other and '0' in .*; give both domains the same classes"):
        store.compute(replace(ADAPTED, sources=(turned,)), "cpu")
    with pytest.raises(TrialError, match=r"class 9 of .*, '9', is none of other, which has 9 classes"):
        store.compute(replace(ADAPTED, sources=(Renamed(tuple("012345678")),)), "cpu")
