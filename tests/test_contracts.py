"""What every method must do. Methods are found by walking the folder: a new file is tested without being named here."""

from __future__ import annotations

import io
from collections.abc import Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

import mtl_bench.methods
from mtl_bench.core.trial import describe
from mtl_bench.models.digits import DigitCNN, DigitCNNBatchNorm
from mtl_bench.models.network import Backbone, Network
from mtl_bench.training.domain_data import DomainData
from mtl_bench.training.learner import Batch, Learner
from mtl_bench.training.loop import fit
from mtl_bench.training.recipe import Recipe
from mtl_bench.training.seeding import seed_everything
from mtl_bench.trials.contracts import LABELS, Method, in_order
from tests.discovery import dataclasses_with, shallow_methods
from tests.models.backbones import batches, images

SHAPE = DigitCNN.input_shape
CLASSES = 3


DEEP = dataclasses_with(mtl_bench.methods, "build")
SHALLOW = shallow_methods()
UNADAPTED = {cls.__name__ for cls in DEEP if not cls.uses}  # methods that say that they don't look at the target
BACKBONES: dict[str, Backbone] = {"AdaBN": DigitCNNBatchNorm("per domain")}  # what a method cannot do without
MOMENTS = (0.0, 0.5, 1.0)  # a method may have phases
every_method = pytest.mark.parametrize("method", DEEP, ids=lambda cls: cls.__name__)


def test_the_walk_finds_what_is_known_to_be_there() -> None:
    assert {"SourceOnly", "DANN", "MCD", "DSN"} <= {cls.__name__ for cls in DEEP}
    assert {"SourceOnly"} == UNADAPTED


@every_method
def test_what_a_method_uses_of_the_target_is_said_in_the_words_of_all_trials(method: type[Method]) -> None:
    assert in_order(method.uses) == method.uses
    assert LABELS not in method.uses


def built(method: type[Method], *domains: str, seed: int = 0) -> Learner:
    seed_everything(seed, "weights")
    learner = method().build(Network(BACKBONES.get(method.__name__, DigitCNN()), domains), CLASSES)
    assert isinstance(learner, Learner)
    return learner


def cancelled(learner: Learner) -> set[str]:
    """Biases right before a BatchNorm, which takes them out again: their gradient is zero but for rounding."""
    return {
        f"{name}.{i}.bias"
        for name, part in learner.named_modules()
        if isinstance(part, nn.Sequential)
        for i, (module, after) in enumerate(zip(part, list(part)[1:], strict=False))
        if isinstance(module, nn.Conv2d | nn.Linear) and type(after).__name__.endswith(("BatchNorm", "BatchNorm2d"))
    }


def streams(target_seed: int = 9) -> dict[str, DomainData]:
    """Two sources and a target of another size."""
    made = {
        name: DomainData(images(11, i, SHAPE).numpy(), np.arange(11) % CLASSES) for i, name in enumerate(("a", "b"))
    }
    return {**made, "target": DomainData(images(7, target_seed, SHAPE).numpy(), None, target=True)}


def trained(method: type[Method], data: Mapping[str, DomainData], folder: Path) -> Learner:
    learner = built(method, *data)
    fit(
        learner,
        Recipe(steps=4, batch_size=5),
        data,
        seed=0,
        device="cpu",
        resume_state=folder / "resume_state.pt",
        checkpoint=lambda step, losses: None,
        progress=lambda share, text: None,
    )
    return learner


def equal(a: nn.Module, b: nn.Module) -> bool:
    theirs = b.state_dict()
    return all(torch.equal(value, theirs[name]) for name, value in a.state_dict().items())


@pytest.mark.parametrize("method", [*DEEP, *SHALLOW], ids=lambda cls: cls.__name__)
def test_a_method_is_a_frozen_value_with_the_papers_defaults(method: type[Any]) -> None:
    value = method()
    assert method.__dataclass_params__.frozen
    assert value == method()
    assert hash(value) == hash(method())
    assert describe(value)["class"] == method.__name__
    assert method.__doc__
    assert not method.__doc__.startswith(f"{method.__name__}(")
    for f in fields(method):
        with pytest.raises(AttributeError):
            setattr(value, f.name, getattr(value, f.name))


@every_method
def test_losses_are_finite_scalars_by_name(method: type[Method]) -> None:
    learner, names = built(method, "a", "b", "target"), set()
    for progress in MOMENTS:
        for name, loss in learner.losses(batches("a", "b", shape=SHAPE), progress).items():
            assert isinstance(name, str)
            assert loss.shape == ()
            assert torch.isfinite(loss)
            names.add(name)
    assert "classification" in names


@every_method
def test_every_parameter_gets_a_gradient_at_some_time(method: type[Method]) -> None:
    learner = built(method, "a", "b", "target")
    for progress in MOMENTS:
        sum(learner.losses(batches("a", "b", shape=SHAPE), progress).values(), torch.zeros(())).backward()
    dead = [name for name, p in learner.named_parameters() if p.requires_grad and (p.grad is None or not p.grad.any())]
    assert not dead


@every_method
def test_every_trainable_parameter_has_one_optimiser(method: type[Method]) -> None:
    learner = built(method, "a", "target")
    optimizers = learner.optimizers(Recipe(steps=1)).values()
    listed = [id(p) for o in optimizers for group in o.param_groups for p in group["params"]]
    assert sorted(listed) == sorted(id(p) for p in learner.parameters() if p.requires_grad)


@every_method
def test_steps_move_every_weight_and_keep_it_finite(method: type[Method]) -> None:
    learner = built(method, "a", "b", "target")
    before = {name: p.detach().clone() for name, p in learner.named_parameters()}
    optimizers = learner.optimizers(Recipe(steps=3))
    for progress in MOMENTS:
        reported = learner.step(batches("a", "b", shape=SHAPE), optimizers, progress)
        assert reported
        assert all(not loss.requires_grad and bool(torch.isfinite(loss)) for loss in reported.values())
    after = dict(learner.named_parameters())
    still = {name for name in before if torch.equal(before[name], after[name])}
    assert still <= cancelled(learner)  # whether rounding moves those depends on the number of threads
    assert all(bool(torch.isfinite(p).all()) for p in after.values())


def separable() -> dict[str, Batch]:
    """Three classes of one bright band each, at another height; the target is the same images."""
    bands = torch.zeros(12, *SHAPE, dtype=torch.uint8)
    labels = torch.arange(12) % CLASSES
    for i, label in enumerate(labels.tolist()):
        bands[i, :, 9 * label : 9 * label + 9] = 250 - i
    return {"a": Batch(bands, labels), "target": Batch(bands, None, target=True)}


@pytest.mark.slow
@every_method
def test_a_few_steps_on_an_easy_batch_learn_it(method: type[Method]) -> None:
    learner, given = built(method, "a", "target"), separable()
    optimizers = learner.optimizers(Recipe(steps=10, optimizer="adam", learning_rate=0.002))

    def loss() -> float:
        with torch.no_grad():
            return float(learner.losses(given, 0.0)["classification"])

    before = loss()
    for k in range(10):
        learner.step(given, optimizers, k / 25)
    assert loss() < 0.7 * before


@every_method
def test_a_prediction_depends_on_its_own_image_alone(method: type[Method]) -> None:
    learner = built(method, "a", "target").eval()
    x = images(5, 3, SHAPE)
    with torch.no_grad():
        for domain in ("a", "target"):
            together = learner.predict(x, domain)
            assert together.shape == (5, CLASSES)
            for i in range(5):
                torch.testing.assert_close(learner.predict(x[i : i + 1], domain)[0], together[i], rtol=1e-4, atol=1e-5)


@pytest.mark.slow
@every_method
def test_the_same_seed_gives_the_same_weights_bit_for_bit(method: type[Method], tmp_path: Path) -> None:
    assert equal(trained(method, streams(), tmp_path), trained(method, streams(), tmp_path))


@pytest.mark.slow
@every_method
def test_target_images_matter_exactly_to_methods_that_adapt(method: type[Method], tmp_path: Path) -> None:
    one, other = (trained(method, streams(seed), tmp_path) for seed in (9, 10))
    assert equal(one, other) is (method.__name__ in UNADAPTED)


@pytest.mark.slow
@every_method
def test_source_labels_matter(method: type[Method], tmp_path: Path) -> None:
    data = streams()
    shifted = {n: s if s.labels is None else DomainData(s.inputs, (s.labels + 1) % CLASSES) for n, s in data.items()}
    assert not equal(trained(method, data, tmp_path), trained(method, shifted, tmp_path))


@every_method
def test_the_order_of_domains_does_not_change_the_losses(method: type[Method]) -> None:
    learner, given = built(method, "a", "b", "target").eval(), batches("a", "b", shape=SHAPE)
    expected = learner.losses(given, 0.5)
    for order in (["target", "b", "a"], ["b", "target", "a"]):
        found = learner.losses({domain: given[domain] for domain in order}, 0.5)
        for name, loss in expected.items():
            torch.testing.assert_close(found[name], loss, rtol=1e-4, atol=1e-6)


@every_method
def test_the_state_survives_a_safe_load(method: type[Method], tmp_path: Path) -> None:
    learner = trained(method, streams(), tmp_path)
    file = io.BytesIO()
    torch.save(learner.state_dict(), file)
    file.seek(0)
    other = built(method, "a", "b", "target", seed=5)
    assert not equal(learner, other)
    other.load_state_dict(torch.load(file, weights_only=True))
    assert equal(learner, other)
    x = images(4, 0, SHAPE)
    assert torch.equal(learner.eval().predict(x, "target"), other.eval().predict(x, "target"))


@pytest.mark.parametrize("method", [m for m in DEEP if m.__name__ in UNADAPTED], ids=lambda cls: cls.__name__)
def test_a_ceiling_needs_no_unlabelled_domain(method: type[Method], tmp_path: Path) -> None:
    data = {"target": DomainData(images(9, 0, SHAPE).numpy(), np.arange(9) % CLASSES)}
    learner = trained(method, data, tmp_path)
    assert not equal(learner, built(method, "target"))
