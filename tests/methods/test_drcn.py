"""What makes DRCN DRCN: two steps, a mirrored decoder, and a target that is reconstructed from noise."""

from __future__ import annotations

import copy

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from mtl_bench.methods.deep.drcn import DRCN, DRCNLearner, Reconstructs, enlarged, mirrored_decoder
from mtl_bench.models.digits import DigitCNN
from mtl_bench.models.last_hidden import below_and_above
from mtl_bench.models.network import Backbone, Network
from mtl_bench.training.learner import Batch
from mtl_bench.training.recipe import Recipe
from tests.models.backbones import TinyCNN, batches, images
from tests.models.modalities import FeatureNet, TokenNet

SHAPE = DigitCNN.input_shape


def learner(method: DRCN | None = None, backbone: Backbone | None = None) -> DRCNLearner:
    torch.manual_seed(0)
    net = Network(backbone or DigitCNN(), ("a", "b", "target"))
    if len(net.input_shape) == 3:
        net.normalise(torch.tensor([0.3, 0.4, 0.5]).view(3, 1, 1), torch.full((3, 1, 1), 0.5))
    built = (method or DRCN()).build(net, 3)
    assert isinstance(built, DRCNLearner)
    return built


def state(module: nn.Module) -> dict[str, Tensor]:
    return copy.deepcopy(module.state_dict())


def same(module: nn.Module, before: dict[str, Tensor]) -> bool:
    return all(torch.equal(value, before[name]) for name, value in module.state_dict().items())


@pytest.mark.parametrize(
    ("reconstructs", "domains"), [("target", ["target"]), ("sources", ["a", "b"]), ("both", ["a", "b", "target"])]
)
def test_the_reconstruction_is_a_mean_over_pixels_of_what_it_names(
    reconstructs: Reconstructs, domains: list[str]
) -> None:
    model, given = learner(DRCN(weight=0.6, reconstructs=reconstructs)).eval(), batches("a", "b", shape=SHAPE)
    errors = []
    for domain in domains:
        code = model.classifier[:4](model.features(given)[domain])  # type: ignore[index]
        wanted = (given[domain].inputs / 255 - model.net.mean) / model.net.std
        errors.append(np.mean((model.decoder(code) - wanted).detach().double().numpy() ** 2))
    found = model.losses(given, 0.5)
    assert float(found["reconstruction"].detach()) == pytest.approx(0.4 * np.mean(errors), rel=1e-4)
    expected = 0.6 * model.classification(model.features(given), given)
    torch.testing.assert_close(found["classification"], expected)


def test_value_and_gradient_are_those_of_the_layers_written_out(monkeypatch: pytest.MonkeyPatch) -> None:
    """Features of 12 through 16, 14 and 10 units, and the same way back, in float64."""
    model = learner(backbone=FeatureNet()).double().eval()
    monkeypatch.setattr(model.net, "prepared", lambda x: x.double())
    rows = torch.randn(5, 12, generator=torch.Generator().manual_seed(1), dtype=torch.float64)
    given = {"target": Batch(rows, None, target=True)}
    encoder = [
        module for part in (model.net, model.classifier) for module in part.modules() if isinstance(module, nn.Linear)
    ]
    decoder = [module for module in model.decoder.modules() if isinstance(module, nn.Linear)]
    assert [(layer.in_features, layer.out_features) for layer in decoder] == [(10, 14), (14, 16), (16, 12)]
    x = rows
    for layer in [*encoder[:3], *decoder]:
        x = x @ layer.weight.T + layer.bias
        x = x if layer is decoder[-1] else x * (x > 0)
    expected = 0.3 * torch.stack([(x - rows)[i, j] ** 2 for i in range(5) for j in range(12)]).sum() / 60
    found = model.reconstructed(given)
    torch.testing.assert_close(found, expected)
    inputs = [p for layer in [*encoder[:3], *decoder] for p in layer.parameters()]
    for a, b in zip(torch.autograd.grad(found, inputs), torch.autograd.grad(expected, inputs), strict=True):
        torch.testing.assert_close(a, b)


def test_a_step_is_two_updates_each_of_the_layers_that_its_term_reaches() -> None:
    model, given = learner(DRCN(noise=0.0)), batches("a", "b", shape=SHAPE)
    by_hand = copy.deepcopy(model)
    reported = model.step(given, model.optimizers(Recipe(steps=1, momentum=0.0)), 0.0)
    logits, decoder = state(by_hand.classifier[4]), state(by_hand.decoder)  # type: ignore[index]
    for name in ("classification", "reconstruction"):
        by_hand.zero_grad()
        loss = by_hand.losses(given, 0.0)[name]
        torch.testing.assert_close(reported[name], loss.detach())
        loss.backward()
        with torch.no_grad():
            for p in by_hand.parameters():
                if p.grad is not None:
                    p.sub_(0.01 * p.grad)
        if name == "classification":
            assert same(by_hand.decoder, decoder)
            assert not same(by_hand.classifier[4], logits)  # type: ignore[index]
            logits = state(by_hand.classifier[4])  # type: ignore[index]
    assert same(by_hand.classifier[4], logits)  # type: ignore[index]
    assert not same(by_hand.decoder, decoder)
    for (name, a), (_, b) in zip(model.named_parameters(), by_hand.named_parameters(), strict=True):
        torch.testing.assert_close(a, b, msg=name)


def test_the_two_steps_see_their_own_domains_only() -> None:
    model, given = learner(DRCN(noise=0.0)), batches("a", "b", shape=SHAPE)
    other = {**given, "target": Batch(images(6, 1234, SHAPE), None, target=True)}
    assert torch.equal(model.classified(given), model.classified(other))
    assert not torch.equal(model.reconstructed(given), model.reconstructed(other))
    sources = learner(DRCN(noise=0.0, reconstructs="sources"))
    assert torch.equal(sources.reconstructed(given), sources.reconstructed(other))


def test_noise_blackens_whole_pixels_while_training_and_never_else() -> None:
    model, x = learner(DRCN(noise=0.3)), images(20, 0, SHAPE).clamp_min(1)
    noisy = model.corrupted(x)
    black = noisy == 0
    assert noisy.dtype == torch.uint8
    assert torch.equal(noisy[~black], x[~black])
    assert torch.equal(black, black[:, :1].expand_as(black))
    assert float(black[:, 0].float().mean()) == pytest.approx(0.3, abs=0.02)
    assert not torch.equal(model.corrupted(x), noisy)
    assert torch.equal(model.eval().corrupted(x), x)
    rows = torch.randn(200, 12)
    dropped = learner(DRCN(noise=0.3), FeatureNet()).corrupted(rows) == 0
    assert float(dropped.float().mean()) == pytest.approx(0.3, abs=0.05)


def test_what_is_reconstructed_is_clean() -> None:
    """Of black pictures alone, the given ones are to be made."""
    model, given = learner(DRCN(noise=1.0)), batches("a", shape=SHAPE)
    wanted = model.net.prepared(given["target"].inputs)
    black = {"target": given["target"]._replace(inputs=0 * given["target"].inputs)}
    below, _ = below_and_above(model.classifier)
    made = model.decoder(below(model.features(black)["target"]))
    expected = 0.3 * (made - wanted).square().mean()
    torch.testing.assert_close(model.reconstructed(given), expected)


@pytest.mark.parametrize(
    "backbone", [DigitCNN(), TinyCNN(), FeatureNet()], ids=lambda backbone: type(backbone).__name__
)
def test_the_decoder_mirrors_the_stages_and_gives_inputs(backbone: Backbone) -> None:
    net = Network(backbone, ("a",))
    head = net.head(3)
    below, _ = below_and_above(head)
    made = mirrored_decoder(net, below)
    code = below(torch.randn(4, net.width))
    assert made(code).shape == (4, *net.input_shape)
    mirrored = [module for module in made.modules() if isinstance(module, (nn.Conv2d, nn.Linear))]
    encoder = [m for part in (net, below) for m in part.modules() if isinstance(m, (nn.Conv2d, nn.Linear))]
    assert [type(m) for m in mirrored] == [type(m) for m in reversed(encoder)]
    assert net.training and below.training and head.training


def test_a_mean_over_places_is_spread_over_them() -> None:
    layers = nn.Sequential(*enlarged((4,), (4, 3, 5)))
    assert torch.equal(layers(torch.arange(4.0)[None]), torch.arange(4.0).view(1, 4, 1, 1).expand(1, 4, 3, 5))
    assert nn.Sequential(*enlarged((4,), (2, 3, 5)))(torch.randn(2, 4)).shape == (2, 2, 3, 5)
    assert nn.Sequential(*enlarged((2, 3, 5), (7,)))(torch.randn(2, 2, 3, 5)).shape == (2, 7)


def test_bad_input_is_one_sentence() -> None:
    with pytest.raises(ValueError, match="DRCN can't reconstruct 'all'; choose target or sources or both"):
        DRCN(reconstructs="all")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match=r"DRCN has the noise 1\.5; give a share, from 0 to 1"):
        DRCN(noise=1.5)
    with pytest.raises(ValueError, match="DRCN reconstructs the target, and there are none; use SourceOnly"):
        learner().losses(batches("a", target=None, shape=SHAPE), 0.5)
    with pytest.raises(ValueError, match="can't reconstruct tokens; choose another method for text"):
        DRCN().build(Network(TokenNet(), ("a", "target")), 3)
