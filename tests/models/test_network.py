"""Where domains meet the backbone: pixels, BatchNorm policies, freezing, new weights."""

from __future__ import annotations

from typing import get_args

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from mtl_bench.models.digits import DigitCNN
from mtl_bench.models.domain_norm import DomainBatchNorm
from mtl_bench.models.network import Backbone, BatchNormPolicy, Network
from mtl_bench.training.learner import Batch, Learner
from mtl_bench.training.recipe import Recipe
from tests.models.backbones import TinyCNN, images

POLICIES: tuple[BatchNormPolicy, ...] = get_args(BatchNormPolicy)
DOMAINS = ("photo", "sketch")


def network(policy: BatchNormPolicy = "together") -> Network:
    torch.manual_seed(0)
    return Network(TinyCNN(policy), DOMAINS)


def two_domains() -> dict[str, Tensor]:
    """A bright domain and a dark one of another size."""
    return {"photo": images(6, 1), "sketch": images(4, 2, brightness=60)}


def first_norm(net: Network, domain: str) -> nn.BatchNorm2d:
    """The first BatchNorm as `domain` sees it."""
    norm = net.stages["first"].get_submodule("1")
    found = norm.statistics[domain] if isinstance(norm, DomainBatchNorm) else norm
    assert isinstance(found, nn.BatchNorm2d)
    return found


def averages(net: Network, domain: str) -> np.ndarray[tuple[int, ...], np.dtype[np.float64]]:
    mean = first_norm(net, domain).running_mean
    assert mean is not None
    return mean.double().numpy()


def convolved(net: Network, x: Tensor) -> np.ndarray[tuple[int, ...], np.dtype[np.float64]]:
    """The mean per channel of the first convolution's output."""
    with torch.no_grad():
        maps: Tensor = net.stages["first"].get_submodule("0")(net.prepared(x))
    return np.asarray(maps.double().numpy().mean((0, 2, 3)))


@pytest.mark.parametrize("backbone", [DigitCNN(), TinyCNN()])
def test_width_and_layers_are_those_of_the_output(backbone: Backbone) -> None:
    net = Network(backbone, DOMAINS)
    layers = net({"photo": images(2, 0, net.input_shape)})["photo"]
    assert tuple(layers) == net.layers == tuple(backbone.stages())
    features = layers[net.layers[-1]].flatten(1)
    assert features.shape == (2, net.width)
    assert net.head(7)(features).shape == (2, 7)


def test_the_digit_network_is_that_of_the_paper() -> None:
    net = Network(DigitCNN(), DOMAINS)
    convolutions = [m for m in net.modules() if isinstance(m, nn.Conv2d)]
    assert [(c.out_channels, c.kernel_size) for c in convolutions] == [(32, (5, 5)), (48, (5, 5))]
    assert [m.out_features for m in net.head(10).modules() if isinstance(m, nn.Linear)] == [100, 100, 10]
    assert net.width == 48 * 4 * 4


def test_pixels_are_scaled_then_normalised_per_channel() -> None:
    net = network()
    mean, std = torch.tensor([0.1, 0.2, 0.3]), torch.tensor([0.5, 1.0, 2.0])
    net.normalise(mean.view(3, 1, 1), std.view(3, 1, 1))
    x = images(3, 5)
    expected = np.stack([(x[:, c].numpy() / 255 - float(mean[c])) / float(std[c]) for c in range(3)], 1)
    np.testing.assert_allclose(net.prepared(x).numpy(), expected, atol=1e-6)


def test_grey_images_become_colour_ones() -> None:
    net = network().eval()
    net.normalise(torch.tensor([0.1, 0.2, 0.3]).view(3, 1, 1), torch.ones(3, 1, 1))
    grey = images(3, 4, (1, 8, 8))
    colour = grey.repeat(1, 3, 1, 1)
    assert torch.equal(net({"photo": grey})["photo"]["second"], net({"photo": colour})["photo"]["second"])


@pytest.mark.parametrize("shape", [(3, 9, 8), (3, 8, 9), (2, 8, 8), (4, 8, 8)])
def test_images_of_another_shape_are_refused_with_a_sentence(shape: tuple[int, ...]) -> None:
    with pytest.raises(
        ValueError, match=r"pixels of shape .* don't fit a network for pixels of \(3, 8, 8\); .*choose another"
    ):
        network()({"photo": images(2, 0, shape)})


@pytest.mark.parametrize(("policy", "mixes"), [("together", True), ("separate", False), ("per domain", False)])
def test_whose_statistics_normalise_a_domain_in_training(policy: BatchNormPolicy, mixes: bool) -> None:
    net, both = network(policy).train(), two_domains()
    beside = net(both)["photo"]["second"]
    alone = net({"photo": both["photo"]})["photo"]["second"]
    assert torch.allclose(beside, alone, atol=1e-6) is not mixes


@pytest.mark.parametrize("policy", POLICIES)
def test_running_averages_of_each_policy_by_hand(policy: BatchNormPolicy) -> None:
    net, both = network(policy).train(), two_domains()
    photo, sketch = convolved(net, both["photo"]), convolved(net, both["sketch"])
    net(both)
    new = 0.1  # BatchNorm's momentum: the weight of the newest batch
    expected = {
        "together": dict.fromkeys(DOMAINS, new * (6 * photo + 4 * sketch) / 10),
        "separate": dict.fromkeys(DOMAINS, (1 - new) * new * photo + new * sketch),
        "per domain": {"photo": new * photo, "sketch": new * sketch},
    }[policy]
    for domain in DOMAINS:
        np.testing.assert_allclose(averages(net, domain), expected[domain], atol=1e-6)


@pytest.mark.parametrize("policy", POLICIES)
def test_evaluation_depends_on_the_own_image_alone(policy: BatchNormPolicy) -> None:
    net, both = network(policy).train(), two_domains()
    net(both)
    before = {name: value.clone() for name, value in net.state_dict().items()}
    together = net.eval()(both)
    for domain, batch in both.items():
        for i in range(len(batch)):
            alone = net({domain: batch[i : i + 1]})[domain]["second"]
            torch.testing.assert_close(together[domain]["second"][i : i + 1], alone)
    assert all(torch.equal(before[name], value) for name, value in net.state_dict().items())


def test_only_the_policy_per_domain_evaluates_one_image_differently_by_domain() -> None:
    for policy in POLICIES:
        net, both = network(policy).train(), two_domains()
        net(both)
        x = both["photo"]
        same = torch.equal(net.eval()({"photo": x})["photo"]["second"], net({"sketch": x})["sketch"]["second"])
        assert same is (policy != "per domain")


def test_domains_of_their_own_statistics_share_scale_and_shift() -> None:
    net = network("per domain").train()
    count = sum(p.numel() for p in net.parameters())
    assert count == sum(p.numel() for p in network("together").parameters())
    norm = net.stages["first"].get_submodule("1")
    assert isinstance(norm, DomainBatchNorm)
    gradients = {}
    for domain, batch in two_domains().items():
        output = net({domain: batch})[domain]["second"]
        gradients[domain] = torch.autograd.grad(output.square().sum(), (norm.weight, norm.bias))
    assert all(g.abs().sum() > 0 for pair in gradients.values() for g in pair)


@pytest.mark.parametrize("training", [True, False])
def test_statistics_of_one_domain_are_plain_batch_norm(training: bool) -> None:
    """Also the running averages of a pre-trained network are kept."""
    torch.manual_seed(1)
    plain = nn.BatchNorm2d(4, eps=1e-3, momentum=0.3)
    nn.init.uniform_(plain.weight)
    nn.init.uniform_(plain.bias)
    plain(3 + 2 * torch.randn(20, 4, 5, 5))
    split = DomainBatchNorm(plain, DOMAINS).train(training)
    plain.train(training)
    for x in (torch.randn(6, 4, 5, 5), 1 + torch.randn(6, 4, 5, 5)):
        torch.testing.assert_close(split(x), plain(x))


@pytest.mark.parametrize("policy", POLICIES)
def test_frozen_stages_do_not_move(policy: BatchNormPolicy) -> None:
    net = network(policy)
    net.freeze(1)
    learner = Trained(net, 3)
    optimizers = learner.optimizers(Recipe(steps=5, momentum=0.9, weight_decay=0.1))
    before = {name: value.clone() for name, value in net.state_dict().items()}
    labels = {"photo": torch.arange(6) % 3, "sketch": torch.arange(4) % 3}
    batches = {domain: Batch(x, labels[domain]) for domain, x in two_domains().items()}
    for _ in range(3):
        learner.train()
        learner.step(batches, optimizers, 0.0)
    after = net.state_dict()
    moved = {name for name in after if not torch.equal(before[name], after[name])}
    assert moved
    assert all(name.startswith("stages.second") for name in moved)
    expected = {name for name in after if name.startswith("stages.second")}
    assert moved == expected, f"these did not learn: {expected - moved}"


class Trained(Learner):
    def losses(self, batches: dict[str, Batch], progress: float) -> dict[str, Tensor]:  # type: ignore[override]
        return {"classification": self.classification(self.features(batches), batches)}


@pytest.mark.parametrize("policy", POLICIES)
def test_fresh_has_other_weights_and_the_same_architecture_and_normalisation(policy: BatchNormPolicy) -> None:
    net = network(policy)
    net.normalise(torch.full((3, 1, 1), 0.4), torch.full((3, 1, 1), 0.3))
    net.freeze(2)
    twin = net.fresh()
    assert {n: v.shape for n, v in twin.state_dict().items()} == {n: v.shape for n, v in net.state_dict().items()}
    assert (twin.width, twin.layers, twin.domains) == (net.width, net.layers, net.domains)
    assert torch.equal(twin.mean, net.mean)
    assert torch.equal(twin.std, net.std)
    for name, mine in net.named_parameters():
        if mine.ndim == 4:  # convolutions; BatchNorm starts at one and zero everywhere
            assert not torch.equal(mine, twin.get_parameter(name))
    assert all(p.requires_grad for p in twin.parameters())
    own = {p.data_ptr() for p in net.state_dict().values()}
    assert not own & {p.data_ptr() for p in twin.state_dict().values()}


def test_heads_do_not_share_weights() -> None:
    net = network()
    first, second = net.head(3), net.head(3)
    assert isinstance(first, nn.Linear)
    assert isinstance(second, nn.Linear)
    assert not torch.equal(first.weight, second.weight)
