"""The upper stages of a published network, above activations that are computed once."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image
from torch import nn
from torchvision.models import get_model

from mtl_bench.core.trial import Work
from mtl_bench.datasets.synthetic import SyntheticImages
from mtl_bench.methods.deep.dan import DAN
from mtl_bench.models.above import SIZE, Above, FineTuned, outline
from mtl_bench.models.macs import macs
from mtl_bench.models.network import Network
from mtl_bench.models.pretrained import Pretrained
from mtl_bench.models.torchvision_stages import stages_in_order
from mtl_bench.training.recipe import Recipe, parameter_groups
from mtl_bench.trials.adapt import Adapt
from mtl_bench.trials.contracts import BATCH_NORM
from mtl_bench.trials.trunk import Trunk

DOMAINS = {"a": 0.0, "b": 0.5}
IMAGES = SyntheticImages(tint=0.4, train=3, test=1)


@pytest.mark.slow
def test_lower_and_upper_stages_together_are_the_published_network(tmp_path: Path) -> None:
    trial = Trunk(IMAGES, splits=("train",), upto="blocks_5")
    trial.run(Work(tmp_path, "cpu"))
    rows = np.load(tmp_path / "train.npy", allow_pickle=False)
    assert rows.shape == (3, 192 * 7 * 7) == (3, *Above().input_shape)
    net = Network(Above(), ("a",)).eval()
    published, transform = Pretrained().network()
    images = [Image.fromarray(np.moveaxis(image, 0, -1)) for image in IMAGES.inputs("train")]
    with torch.no_grad():
        expected = published(torch.stack([transform(image) for image in images]))
        found = net({"a": torch.from_numpy(rows)})["a"]
    torch.testing.assert_close(found["conv_head"], expected, atol=1e-4, rtol=1e-4)
    assert found["bottleneck"].shape == (3, 256)
    assert net.layers == ("blocks_6", "conv_head", "bottleneck")


@pytest.mark.slow
def test_published_weights_learn_at_a_tenth_of_the_rate_and_new_ones_at_the_full() -> None:
    net = Network(Above(), ("a",))
    assert all(weight.requires_grad for weight in net.parameters())
    optimizer = Recipe(1, learning_rate=0.01).optimizer_for(net)
    rates = {id(w): group["lr"] for group in optimizer.param_groups for w in group["params"]}
    for name, weight in net.named_parameters():
        assert rates[id(weight)] == pytest.approx(0.01 if "bottleneck" in name else 0.001)


def test_bad_stages_are_refused_with_those_that_there_are() -> None:
    with pytest.raises(ValueError, match=r"tf_efficientnet_lite0 has no stage blocks_9; it has conv_stem, blocks_0, "):
        Above(first="blocks_9").stages()
    with pytest.raises(ValueError, match=r"conv_stem is the first stage of .*; name a later one"):
        _ = Above(first="conv_stem").input_shape


@pytest.mark.slow
def test_a_network_is_known_without_its_weights() -> None:
    with torch.device("meta"):
        stages = Above().stages()
    assert {w.device.type for w in stages["blocks_6"].parameters()} == {"cpu"}
    assert {w.device.type for w in stages["bottleneck"].parameters()} == {"meta"}
    assert macs(Above())["conv_head"] == 320 * 1280 * 7 * 7  # a convolution of 1 × 1
    outline.cache_clear()
    assert outline(Pretrained("resnet50.tv_in1k"))["layer4"] == (2048,)  # no hub is asked
    assert Above(Pretrained("torchvision/alexnet"), "conv4").input_shape == (384 * 13 * 13,)


@pytest.mark.slow
def test_a_network_that_learns_from_pixels_on_is_the_published_one_at_first() -> None:
    net = Network(FineTuned(), ("a",)).eval()
    net.normalise(torch.zeros(3, 1, 1), torch.ones(3, 1, 1))  # published weights keep their own
    published, transform = Pretrained().network()
    pixels = torch.from_numpy(np.random.default_rng(0).integers(0, 256, (2, 3, SIZE, SIZE), np.uint8))
    steps: Any = transform
    normalise = next(step for step in steps.transforms if hasattr(step, "mean"))
    with torch.no_grad():
        torch.testing.assert_close(net({"a": pixels})["a"]["conv_head"], published(normalise(pixels / 255)))
    assert all(weight.requires_grad for weight in net.parameters())
    rates = {m for m, weights in parameter_groups(net) if weights}
    assert rates == {0.1, 1.0}


@pytest.mark.slow
def test_a_network_that_learns_from_pixels_on_adapts(tmp_path: Path) -> None:
    domains = [SyntheticImages(tint, train=12, test=4, size=SIZE, stands_for=name) for name, tint in DOMAINS.items()]
    trial = Adapt(DAN(), (domains[0],), domains[1], FineTuned(), Recipe(1, batch_size=4, checkpoints=1), seed=0)
    assert np.isfinite(list(trial.run(Work(tmp_path, "cpu")).values())).all()
    assert BATCH_NORM in trial.uses_of_target()


@pytest.mark.slow
@pytest.mark.parametrize(("name", "layers", "width"), [("alexnet", 7, 4096), ("vgg16", 15, 4096)])
def test_the_stages_of_torchvisions_chains_compute_what_the_model_does(name: str, layers: int, width: int) -> None:
    model = get_model(name, num_classes=4096).eval()  # as many as features, so that its last layer can be left out
    model.classifier[-1] = nn.Identity()
    stages = stages_in_order(model)
    assert list(stages) == [f"{'conv' if i < layers - 1 else 'fc'}{i}" for i in range(1, layers + 1)]
    pixels = torch.randn(1, 3, SIZE, SIZE)
    with torch.no_grad():
        found = nn.Sequential(*stages.values())(pixels)
        torch.testing.assert_close(found, model(pixels), rtol=0, atol=0)
    assert found.shape == (1, width)


def test_what_is_no_chain_is_refused() -> None:
    with pytest.raises(ValueError, match="torchvision's ResNet is no chain of layers"):
        stages_in_order(get_model("resnet18"))
