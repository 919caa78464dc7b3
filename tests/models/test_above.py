"""The upper stages of a published network, above activations that are computed once."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from mtl_bench.core.trial import Work
from mtl_bench.datasets.synthetic import SyntheticImages
from mtl_bench.models.above import Above, outline
from mtl_bench.models.macs import macs
from mtl_bench.models.network import Network
from mtl_bench.models.pretrained import Pretrained
from mtl_bench.training.recipe import Recipe
from mtl_bench.trials.trunk import Trunk

IMAGES = SyntheticImages(tint=0.4, train=3, test=1)


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


def test_published_weights_have_their_content_where_others_are_built_without_one() -> None:
    outline.cache_clear()
    with torch.device("meta"):
        stages = Above().stages()
    assert {w.device.type for w in stages["blocks_6"].parameters()} == {"cpu"}
    assert {w.device.type for w in stages["bottleneck"].parameters()} == {"meta"}
    outline.cache_clear()
    assert macs(Above())["conv_head"] == 320 * 1280 * 7 * 7  # a convolution of 1 × 1
