"""What makes ADDA ADDA: two phases, a target encoder that starts from the source's, inverted labels."""

from __future__ import annotations

import copy
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from mtl_bench.methods.deep.adda import ADDA, ADDALearner
from mtl_bench.models.digits import DigitCNN
from mtl_bench.models.network import Network
from mtl_bench.training.domain_data import DomainData
from mtl_bench.training.learner import Batch, Learner
from mtl_bench.training.loop import fit
from mtl_bench.training.recipe import Recipe
from tests.models.backbones import TinyCNN, batches, images

RECIPE = Recipe(steps=10, learning_rate=0.05)


def learner(method: ADDA | None = None) -> ADDALearner:
    torch.manual_seed(0)
    built = (method or ADDA(hidden=16)).build(Network(TinyCNN(), ("a", "b", "target")), 3)
    assert isinstance(built, ADDALearner)
    return built


def state(module: nn.Module) -> dict[str, Tensor]:
    return copy.deepcopy(module.state_dict())


def same(module: nn.Module, before: dict[str, Tensor]) -> bool:
    return all(torch.equal(value, before[name]) for name, value in module.state_dict().items())


def test_phase_one_is_source_only() -> None:
    model = learner()
    optimizers = model.optimizers(RECIPE)
    encoder, adversary = state(model.net), state(model.adversary)
    target = [state(model.target_net), state(model.target_classifier)]
    assert set(model.step(batches("a", "b"), optimizers, 0.49)) == {"classification"}
    assert not same(model.net, encoder)
    assert same(model.target_net, target[0])
    assert same(model.target_classifier, target[1])
    assert same(model.adversary, adversary)
    x = images(4, 0)
    model.eval()
    assert torch.equal(model.predict(x, "target"), model.predict(x, "a"))


def test_phase_two_starts_from_the_source_encoder_and_moves_only_target_encoder_and_adversary() -> None:
    model = learner()
    optimizers = model.optimizers(RECIPE)
    model.step(batches("a", "b"), optimizers, 0.0)
    encoder, classifier, adversary = state(model.net), state(model.classifier), state(model.adversary)
    model.begin_adaptation()
    assert same(model.target_net, encoder)
    assert same(model.target_classifier, classifier)
    for progress in (0.5, 0.75):
        model.train()  # as the loop does: the source encoder's running averages must stand still all the same
        assert set(model.step(batches("a", "b"), optimizers, progress)) == {"mapping", "adversary"}
    assert same(model.net, encoder)
    assert same(model.classifier, classifier)
    assert not same(model.target_net, encoder)
    assert not same(model.target_classifier, classifier)
    assert not same(model.adversary, adversary)


def test_the_target_encoder_is_copied_once() -> None:
    model = learner()
    optimizers = model.optimizers(RECIPE)
    model.step(batches("a", "b"), optimizers, 0.5)
    moved = state(model.target_net)
    model.losses(batches("a", "b"), 0.6)
    assert all(torch.equal(p, moved[name]) for name, p in model.target_net.named_parameters())


def test_each_domain_is_seen_through_its_own_encoder() -> None:
    model = learner()
    model.begin_adaptation()
    nn.init.zeros_(next(model.target_net.parameters()))
    nn.init.ones_(next(model.target_classifier.parameters()))
    model.eval()
    x = images(4, 0)
    source = model.net({"a": x})["a"]["second"].flatten(1)
    target = model.target_net({"target": x})["target"]["second"].flatten(1)
    given = {"a": Batch(x, torch.zeros(4, dtype=torch.long)), "target": Batch(x, None, target=True)}
    found = model.features(given)
    assert torch.equal(found["a"], source)
    assert torch.equal(found["target"], target)
    assert torch.equal(model.predict(x, "target"), model.target_classifier(target))
    assert torch.equal(model.predict(x, "b"), model.classifier(source))
    assert not torch.equal(source, target)
    assert not torch.equal(model.classifier(target), model.target_classifier(target))


def test_labels_are_inverted_and_each_player_has_its_own_loss() -> None:
    model, given = learner(), batches("a", "b")
    losses = model.losses(given, 0.5)
    logits = {domain: model.predict(batch.inputs, domain) for domain, batch in given.items()}
    scores = {domain: model.adversary(z).squeeze(1).detach().double().numpy() for domain, z in logits.items()}
    source, target = np.concatenate([scores["a"], scores["b"]]), scores["target"]
    found = {name: float(loss.detach()) for name, loss in losses.items()}
    assert found["mapping"] == pytest.approx(np.mean(np.log1p(np.exp(target))), rel=1e-4)  # "source" for the target
    both = np.concatenate([np.log1p(np.exp(source)), np.log1p(np.exp(-target))])
    assert found["adversary"] == pytest.approx(np.mean(both), rel=1e-4)
    losses["adversary"].backward()
    encoders = (model.net, model.classifier, model.target_net, model.target_classifier)
    assert all(p.grad is None for encoder in encoders for p in encoder.parameters())
    losses["mapping"].backward()
    assert all(p.grad is None for p in [*model.net.parameters(), *model.classifier.parameters()])
    assert all(p.grad is not None for p in [*model.target_net.parameters(), *model.target_classifier.parameters()])


def test_phase_two_has_the_papers_own_optimiser() -> None:
    optimizers = learner(ADDA(hidden=16)).optimizers(RECIPE)
    found = {name: (type(o).__name__, o.param_groups[0]["lr"]) for name, o in optimizers.items()}
    assert found == {"source": ("SGD", 0.05), "target": ("Adam", 2e-4), "adversary": ("Adam", 2e-4)}
    assert all(optimizers[name].param_groups[0]["betas"] == (0.5, 0.999) for name in ("target", "adversary"))


def test_the_recipes_schedule_does_not_touch_the_rate_of_phase_two() -> None:
    model = learner(ADDA(hidden=16, learning_rate=3e-4))
    optimizers = model.optimizers(RECIPE)
    for optimizer in optimizers.values():
        for group in optimizer.param_groups:
            group["lr"] = 0.123  # as the loop does by the schedule
    model.step(batches("a", "b"), optimizers, 0.9)
    rates = {name: {group["lr"] for group in o.param_groups} for name, o in optimizers.items()}
    assert rates == {"source": {0.123}, "target": {3e-4}, "adversary": {3e-4}}


def test_the_adversary_has_two_hidden_layers_of_500() -> None:
    model = ADDA().build(Network(DigitCNN(), ("a", "target")), 10)
    assert isinstance(model, ADDALearner)
    layers = [m for m in model.adversary.children() if isinstance(m, nn.Linear)]
    assert [(m.in_features, m.out_features) for m in layers] == [(10, 500), (500, 500), (500, 1)]


@pytest.mark.slow
@pytest.mark.parametrize("killed_at", [3, 5, 7], ids=["phase one", "the switch", "phase two"])
def test_a_resumed_run_is_the_same_run(killed_at: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mtl_bench.training.loop.SAVE_EVERY", 0.0)
    labels = np.arange(12) % 3
    data = {
        "a": DomainData(images(12, 0).numpy(), labels),
        "target": DomainData(images(9, 1).numpy(), None, target=True),
    }

    def run(resume_state: Path, stop: int | None) -> Learner:
        torch.manual_seed(0 if stop or resume_state.name == "whole" else 1)  # a resumed process draws others
        model = ADDA(hidden=16).build(Network(TinyCNN(), ("a", "target")), 3)

        def progress(fraction: float, text: str) -> None:
            if stop is not None and fraction == stop / 10:
                raise KeyboardInterrupt

        fit(model, RECIPE, data, 0, "cpu", resume_state, lambda step, losses: None, progress)
        return model

    whole = run(tmp_path / "whole", None)
    with pytest.raises(KeyboardInterrupt):
        run(tmp_path / "part", killed_at)
    resumed = run(tmp_path / "part", None)
    assert same(resumed, state(whole))
    assert isinstance(resumed, ADDALearner)
    assert bool(resumed.adapting)
