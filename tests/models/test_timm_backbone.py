"""timm's models in stages: one after another they are the model itself, or there is a sentence."""

from __future__ import annotations

from typing import Any

import pytest
import timm
import torch
from torch import Tensor, nn

from mtl_bench.models.network import Network
from mtl_bench.models.timm_backbone import TimmBackbone

FAMILIES = {
    "resnet18": ("conv1", "layer1", "layer2", "layer3", "layer4"),
    "resnetv2_50": ("stem", *(f"stages_{i}" for i in range(4))),
    "regnetx_002": ("stem", "s1", "s2", "s3", "s4"),
    "mobilenetv3_small_050": ("conv_stem", *(f"blocks_{i}" for i in range(6)), "conv_head"),
    "efficientnet_b0": ("conv_stem", *(f"blocks_{i}" for i in range(7)), "conv_head"),
    "convnext_atto": ("stem", *(f"stages_{i}" for i in range(4))),
    "densenet121": (
        "features_conv0",
        *(f"features_{kind}{i}" for i in range(1, 4) for kind in ("denseblock", "transition")),
        "features_denseblock4",
    ),
    "mobilevit_xxs": ("stem", *(f"stages_{i}" for i in range(5)), "final_conv"),
    "vit_tiny_patch16_224": ("patch_embed", *(f"blocks_{i}" for i in range(12))),
    "deit_tiny_distilled_patch16_224": ("patch_embed", *(f"blocks_{i}" for i in range(12))),
    "test_vit": ("patch_embed", *(f"blocks_{i}" for i in range(6))),
    "mixer_s32_224": ("stem", *(f"blocks_{i}" for i in range(8))),
    "swin_tiny_patch4_window7_224": ("patch_embed", *(f"layers_{i}" for i in range(4))),
}
OWN_SIZE = {"vit_tiny_patch16_224", "deit_tiny_distilled_patch16_224", "test_vit", "mixer_s32_224"}
OWN_SIZE |= {"swin_tiny_patch4_window7_224"}  # their position embeddings or windows are made for one size
SMALL = TimmBackbone("resnet10t", size=32)


def reference(name: str) -> nn.Module:
    more: dict[str, Any] = {"img_size": 64} if name in OWN_SIZE else {}
    return timm.create_model(name, num_classes=0, **more)


def through(stages: dict[str, nn.Module], x: Tensor) -> Tensor:
    for stage in stages.values():
        x = stage(x)
    return x


@pytest.mark.slow
@pytest.mark.parametrize("name", FAMILIES)
def test_stages_one_after_another_are_the_model(name: str) -> None:
    """With timm's own model under the same seed as reference, bit for bit, at a size that isn't its usual one."""
    torch.manual_seed(3)
    model = reference(name)
    drawn = torch.rand(1)
    torch.manual_seed(3)
    stages = TimmBackbone(name, size=64).stages()
    assert torch.equal(torch.rand(1), drawn), "making stages draws what making the model does not"
    assert tuple(stages) == FAMILIES[name]
    assert all(stage.training for stage in stages.values())
    x = torch.randn(2, 3, 64, 64, generator=torch.Generator().manual_seed(0))
    model.eval()
    nn.ModuleDict(stages).eval()
    with torch.no_grad():
        expected, found = model(x), through(stages, x)
    assert found.ndim == 2 and found.std() > 0
    assert torch.equal(found, expected)


@pytest.mark.parametrize("name", ["mobilenetv3_small_050", "test_vit"])
def test_every_weight_is_in_one_stage_and_learns(name: str) -> None:
    stages = TimmBackbone(name, size=64).stages()
    through(stages, torch.randn(4, 3, 64, 64)).square().sum().backward()
    weights = [weight for stage in stages.values() for weight in stage.parameters()]
    assert len({id(weight) for weight in weights}) == len(weights)
    assert sum(w.numel() for w in weights) == sum(w.numel() for w in reference(name).parameters())
    assert all(weight.grad is not None for weight in weights)


@pytest.mark.slow
def test_weights_are_new_at_every_call_and_set_by_the_seed() -> None:
    torch.manual_seed(0)
    first, second = nn.ModuleDict(SMALL.stages()), nn.ModuleDict(SMALL.stages())
    torch.manual_seed(0)
    again = nn.ModuleDict(SMALL.stages())
    for name, weight in first.named_parameters():
        assert torch.equal(weight, again.get_parameter(name))
        assert weight.data_ptr() != second.get_parameter(name).data_ptr()
        if weight.ndim == 4:
            assert not torch.equal(weight, second.get_parameter(name))


def test_a_network_freezes_its_first_stages_wholly() -> None:
    """Running averages too, in a stage that is in the middle of timm's own nesting."""
    net = Network(SMALL, ("photo",))
    assert (net.width, net.layers) == (512, ("conv1", "layer1", "layer2", "layer3", "layer4"))
    net.freeze(3)
    before = {name: value.clone() for name, value in net.state_dict().items()}
    images = torch.randint(0, 256, (6, 3, 32, 32), generator=torch.Generator().manual_seed(0)).to(torch.uint8)
    features = net.train()({"photo": images})["photo"]["layer4"]
    features.sum().backward()
    moved = {name.split(".")[1] for name, value in net.state_dict().items() if not torch.equal(value, before[name])}
    assert moved == {"layer3", "layer4"}
    assert {name.split(".")[1] for name, weight in net.named_parameters() if weight.grad is not None} == moved


def test_batch_norm_per_domain() -> None:
    Network(TimmBackbone("resnet10t", 32, "per domain"), ("photo", "sketch"))
    with pytest.raises(
        ValueError, match=r"mobilenetv3_small_050 has its activations inside BatchNorm.*take batch_norm"
    ):
        TimmBackbone("mobilenetv3_small_050", 32, "per domain").stages()


@pytest.mark.slow
@pytest.mark.parametrize("name", ["crossvit_tiny_240", "twins_pcpvt_small"])
def test_a_model_with_branches_is_refused(name: str) -> None:
    size = TimmBackbone.size if name.startswith("twins") else 240
    with pytest.raises(ValueError, match=rf"^{name} is no chain of its modules: .*; take a model that is, such as "):
        TimmBackbone(name, size).stages()


class Plain(nn.Module):
    """A chain as timm writes it; subclasses do more."""

    def __init__(self) -> None:
        super().__init__()
        self.first, self.second = nn.Conv2d(3, 4, 3), nn.Conv2d(4, 5, 3)
        nn.init.zeros_(self.first.bias)  # type: ignore[arg-type]

    def forward_features(self, x: Tensor) -> Tensor:
        found: Tensor = self.second(self.first(x))
        return found

    def forward_head(self, x: Tensor) -> Tensor:
        return x.mean((2, 3))

    def forward(self, x: Tensor) -> Tensor:
        return self.forward_head(self.forward_features(x))


class HiddenSkip(Plain):
    """The chain leaves out what is zero until it is trained."""

    def forward_features(self, x: Tensor) -> Tensor:
        return super().forward_features(x) + self.first.bias.sum()  # type: ignore[union-attr]


class OutsideModules(Plain):
    """Weights that no module has, and that the output does not show yet."""

    def __init__(self) -> None:
        super().__init__()
        self.token = nn.Parameter(torch.zeros(2, 2))


class Twice(Plain):
    def forward_features(self, x: Tensor) -> Tensor:
        return self.second(self.first(self.first(x)[:, :3]))  # type: ignore[no-any-return]


@pytest.mark.parametrize("model", [Plain, HiddenSkip, OutsideModules, Twice])
def test_what_does_not_show_at_the_start_is_found(model: type[Plain], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("timm.create_model", lambda *_, **__: model())
    if model is Plain:
        assert list(SMALL.stages()) == ["first", "second"]
    else:
        with pytest.raises(ValueError, match=r"^resnet10t is no chain of its modules"):
            SMALL.stages()


def test_bad_names_and_sizes_are_one_sentence() -> None:
    with pytest.raises(ValueError, match=r"^timm has no model named resnet19; timm\.list_models\(\) names those"):
        TimmBackbone("resnet19").stages()
    with pytest.raises(
        ValueError, match=r"^mobilenetv3_small_050 can't take images of 0 × 0 \(.+\); give another size$"
    ):
        TimmBackbone("mobilenetv3_small_050", 0).stages()
    with pytest.raises(ValueError, match=r"^levit_128s can't take images of 50 × 50 \(.+\); give another size$"):
        TimmBackbone("levit_128s", 50).stages()
