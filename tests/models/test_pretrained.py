"""Published weights in their network: it must say what is in photographs, and features must be those below its head."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image
from torch import nn

from mtl_bench.models.pretrained import PACKAGED, Pretrained, WeightsError, renamed

SEEN = {"chelsea": {281, 282, 285}, "coffee": {504, 967, 968}, "rocket": {657, 744}}  # ImageNet's classes: cats, cups


@pytest.fixture(scope="module")
def classifier() -> tuple[nn.Module, Any]:
    return Pretrained().network(head=True)


@pytest.mark.parametrize("photograph", SEEN)
def test_it_says_what_is_in_a_photograph(photograph: str, classifier: tuple[nn.Module, Any]) -> None:
    from skimage import data

    net, transform = classifier
    try:
        pixels = getattr(data, photograph)()
    except (OSError, ModuleNotFoundError):
        pytest.skip("this photograph does not come with scikit-image here")
    with torch.inference_mode():
        said = net(transform(Image.fromarray(pixels))[None]).argmax(1)
    assert int(said) in SEEN[photograph]


def test_images_are_brought_to_the_network_as_its_weights_were_trained(classifier: tuple[nn.Module, Any]) -> None:
    """Short side 256, the middle 224, pixels in [-1, 1]."""
    _, transform = classifier
    pixels = np.zeros((300, 600, 3), np.uint8)
    pixels[:, 150:450] = 255  # what is within 256 / 300 of the middle
    found = transform(Image.fromarray(pixels))
    assert found.shape == (3, 224, 224)
    assert found.mean() == pytest.approx(1.0, abs=1e-5)
    assert transform(Image.new("RGB", (256, 256))).mean() == pytest.approx(-1.0)


@pytest.mark.slow
def test_features_are_what_the_head_sees(classifier: tuple[nn.Module, Any]) -> None:
    net, _ = Pretrained().network()
    whole: Any = classifier[0]
    x = torch.rand(2, 3, 224, 224, generator=torch.Generator().manual_seed(0))
    with torch.inference_mode():
        features = net(x)
        assert features.shape == (2, 1280)
        assert torch.allclose(whole.classifier(features), whole(x), atol=1e-4)
    assert not net.training
    assert not any(p.requires_grad for p in net.parameters())


def test_every_weight_has_a_place_and_every_place_a_weight(classifier: tuple[nn.Module, Any]) -> None:
    from mtl_bench.models.pretrained import _packaged_weights

    weights = torch.load(_packaged_weights(), map_location="cpu", weights_only=True)
    names = renamed(weights, classifier[0])
    assert len(names) == len(weights)
    assert names.keys() == classifier[0].state_dict().keys()


@pytest.mark.slow
def test_another_network_of_torchvisions_loses_its_last_layer_only(monkeypatch: pytest.MonkeyPatch) -> None:
    from torchvision import models

    real = models.get_model
    monkeypatch.setattr("torchvision.models.get_model", lambda name, weights: real(name))
    for name, width in (("resnet18", 512), ("alexnet", 4096)):
        net, transform = Pretrained(f"torchvision/{name}").network()
        with torch.inference_mode():
            assert net(transform(Image.new("RGB", (250, 230)))[None]).shape == (1, width)
    net, _ = Pretrained("torchvision/resnet18").network(head=True)
    assert net(torch.zeros(1, 3, 224, 224)).shape == (1, 1000)


@pytest.mark.parametrize("name", ["resnet18.a1_in1k", "torchvision/resnet18"])
def test_a_hub_that_does_not_answer_is_one_sentence(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: Any, **__: Any) -> None:
        raise OSError("Name or service not known\nand a second line")

    monkeypatch.setattr("timm.create_model", refuse)
    monkeypatch.setattr("torchvision.models.get_model", refuse)
    with pytest.raises(WeightsError) as refusal:
        Pretrained(name).network()
    assert str(refusal.value) == (
        f"the weights of {name} could not be had (Name or service not known); "
        f"take Pretrained('{PACKAGED}'), whose weights come with a Python package"
    )


def test_an_unknown_name_is_one_sentence() -> None:
    for name in ("nonsense", "torchvision/nonsense"):
        with pytest.raises(WeightsError, match=f"the weights of {name} could not be had .*nonsense"):
            Pretrained(name).network()
