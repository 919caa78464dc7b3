"""Layers by name, what they give, and CKA of two networks over batches, against the layers computed by hand."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
import timm
import torch
from torch import Tensor, nn
from torch.utils.data import DataLoader, TensorDataset

from mtl_bench.measures.kernel_alignment import cka
from mtl_bench.measures.networks import LayerOutputs, layer_names, similarity


def small(seed: int = 0) -> nn.Sequential:
    torch.manual_seed(seed)
    relu = nn.ReLU(inplace=True)
    return nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4), relu, nn.Flatten(), nn.Linear(4 * 36, 5))


def images(n: int = 24, seed: int = 0) -> Tensor:
    return torch.randn(n, 3, 8, 8, generator=torch.Generator().manual_seed(seed))


def hooks(net: nn.Module) -> int:
    return sum(len(module._forward_hooks) for module in net.modules())


@pytest.mark.parametrize(
    ("name", "layers"),
    [
        ("resnet18", ("act1", "layer1", "layer2", "layer3", "layer4")),
        ("convnext_atto", tuple(f"stages.{i}" for i in range(4))),
        ("vit_tiny_patch16_224", tuple(f"blocks.{i}" for i in range(12))),
    ],
)
def test_a_timm_networks_layers_are_its_stages(name: str, layers: tuple[str, ...]) -> None:
    with torch.device("meta"):
        assert layer_names(timm.create_model(name)) == layers


def test_any_other_networks_layers_are_its_blocks() -> None:
    net = nn.Sequential()
    net.stem, net.groups = nn.Conv2d(3, 4, 3), nn.Sequential(nn.Linear(2, 2), nn.ReLU(), nn.Linear(2, 2))
    net.pool, net.head = nn.AvgPool2d(2), nn.Sequential(nn.Linear(2, 2))
    assert layer_names(net) == ("stem", "groups.0", "groups.2", "head")
    with pytest.raises(ValueError, match="no modules with weights"):
        layer_names(nn.Sequential(nn.ReLU()))


def test_a_star_stands_for_one_part_of_a_name_and_two_for_any() -> None:
    with torch.device("meta"):
        net = timm.create_model("resnet18")
    assert layer_names(net, ["layer*"]) == ("layer1", "layer2", "layer3", "layer4")
    assert layer_names(net, ["layer4.*.conv2", "conv1"]) == ("conv1", "layer4.0.conv2", "layer4.1.conv2")
    assert len(layer_names(net, ["**.conv2"])) == 8
    with pytest.raises(ValueError, match=r"no layer is called layer9; there are conv1, bn1, .* in all"):
        layer_names(net, ["layer1", "layer9"])


def test_each_layer_gives_what_it_computed_whatever_follows_acts_in_place() -> None:
    net, x = small().eval(), images()
    with LayerOutputs(net, ("0", "1", "4")) as outputs:
        found = outputs(x)
    normed = net[1](net[0](x))
    assert (normed < 0).any()  # which the ReLU that acts in place takes away
    torch.testing.assert_close(found["0"], net[0](x))
    torch.testing.assert_close(found["1"], normed)
    torch.testing.assert_close(found["4"], net(x))


def test_a_network_is_left_as_it_was_even_after_an_error() -> None:
    net = small().train()
    net[2].eval()
    before = {name: value.clone() for name, value in net.state_dict().items()}
    similarity(net, net, [images()])
    with pytest.raises(ValueError, match="CKA needs 4 rows"):
        similarity(net, net, [images(3)])
    assert hooks(net) == 0
    assert [module.training for module in net] == [True, True, False, True, True]
    assert all(torch.equal(value, before[name]) for name, value in net.state_dict().items())


def test_every_pair_of_layers_is_the_cka_of_what_they_give() -> None:
    a, b, x = small(0).eval(), small(1).eval(), images()
    found = similarity(a, b, [x], layers=("0", "4"), layers_b=("1",))
    assert (list(found.index), list(found.columns)) == (["0", "4"], ["1"])
    with torch.no_grad():
        expected = [float(cka(layer, b[1](b[0](x)))) for layer in (a[0](x), a(x))]
    assert list(found["1"]) == pytest.approx(expected, abs=1e-5)


def test_a_network_against_itself_is_one_and_loaders_in_any_order_agree() -> None:
    data = TensorDataset(images(600), torch.zeros(600))
    a, b = small(0), small(1)
    loaders = [DataLoader(data, 50), DataLoader(data, 50, shuffle=True, generator=torch.Generator().manual_seed(1))]
    found = [similarity(a, b, loader) for loader in loaders]
    assert (found[0] - found[1]).abs().to_numpy().max() < 0.02
    itself = similarity(a, a, loaders[1]).to_numpy()
    assert itself.diagonal() == pytest.approx([1.0] * len(itself), abs=1e-6)
    assert itself == pytest.approx(itself.T, abs=1e-6)


def test_networks_may_take_the_same_rows_in_different_forms(unchecked: None) -> None:
    a, x = small(0), images()
    half = nn.Sequential(nn.AvgPool2d(2), nn.Flatten(), nn.Linear(48, 4))
    assert similarity(a, half, [x], batches_b=[x], layers_b=("2",)).shape == (3, 1)
    with pytest.raises(ValueError, match="one network has 24 rows and the other 20"):
        similarity(a, half, [x], batches_b=[x[:20]], layers_b=("2",))
    with pytest.raises(ValueError, match="argument 2 is shorter"):
        similarity(a, half, [x, x], batches_b=[x], layers_b=("2",))


class Odd(nn.Module):
    """A network with a layer that is not used, and one that gives no row for each input."""

    def __init__(self) -> None:
        super().__init__()
        self.used, self.unused, self.mean = nn.Linear(6, 6), nn.Linear(6, 6), Mean()

    def forward(self, x: Tensor) -> tuple[Tensor, Sequence[str]]:
        self.mean(x)
        return self.used(x), ["more"]


class Mean(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones(6))

    def forward(self, x: Tensor) -> Tensor:
        return (x * self.weight).mean(0)


@pytest.mark.parametrize("layer", ["unused", "mean"])
def test_a_layer_that_was_named_must_give_rows_and_one_that_fits_a_pattern_may_be_left_out(layer: str) -> None:
    net, x = Odd(), torch.randn(8, 6, generator=torch.Generator().manual_seed(0))
    with pytest.raises(ValueError, match=f"{layer} gives no tensor with a row for each input"):
        similarity(net, net, [x], layers=("used", layer))
    assert list(similarity(net, net, [x], layers=("*",)).index) == ["used"]
    with pytest.raises(ValueError, match="none of the layers gives"):
        similarity(net, net, [x], layers=("m*n",))


def test_what_is_the_same_for_all_rows_is_named() -> None:
    a, x = small(), images()
    with torch.no_grad():
        nn.init.zeros_(a.get_parameter("4.weight"))
    with pytest.raises(ValueError, match="4 is the same for all rows"):
        similarity(a, a, [x])
