"""`mtl-bench similarity`: a table, a figure and a page of two networks, and one sentence for what can't be compared."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import timm
import torch
from PIL import Image
from safetensors.torch import save_file

from mtl_bench.execution.similarity import network_of
from mtl_bench.measures.networks import similarity
from tests.studies import Desk, Outcome

Give = Callable[..., Outcome]
SMALL = "mobilenetv3_small_050"


@pytest.fixture
def photographs(tmp_path: Path) -> Path:
    folder = tmp_path / "photographs"
    draw = np.random.default_rng(0)
    for i in range(9):
        path = folder / ("cats" if i % 2 else "dogs") / f"{i}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(draw.integers(0, 256, (40 + i, 50, 3), dtype=np.uint8)).save(path)
    return folder


@pytest.mark.slow
def test_two_networks_side_by_side(desk: Desk, mtl_bench: Give, photographs: Path) -> None:
    done = mtl_bench("similarity", f"{SMALL}@new:1", "resnet10t@new", str(photographs), "--layers-b", "layer*")
    assert (done.status, done.out) == (0, "similarity/index.html\n")
    assert "9 of 9 images" in done.err
    found = pd.read_csv("similarity/cka.csv", index_col="layer")
    assert list(found.columns) == ["layer1", "layer2", "layer3", "layer4"]
    assert list(found.index) == ["bn1", "blocks.0", "blocks.1", "blocks.3", "blocks.5"]
    page = Path("similarity/index.html").read_text(encoding="utf-8")
    for part in (f"{SMALL}@new:1 and resnet10t@new", "blocks.5", "the same 9 images", "data:image/png"):
        assert part in page
    assert f"{found.to_numpy()[1, 0]:.3f}".replace("-", "−") in page
    assert not re.search(r"(src|href)=\"http", page), "the page asks no server"
    assert Path("similarity/cka.pdf").read_bytes().startswith(b"%PDF")
    before = desk.files()
    mtl_bench("similarity", f"{SMALL}@new:1", "resnet10t@new", str(photographs), "--layers-b", "layer*")
    assert {name: content for name, (_, content) in desk.files().items()} == {
        name: content for name, (_, content) in before.items()
    }


@pytest.mark.slow
def test_the_numbers_are_those_of_the_function(desk: Desk, mtl_bench: Give, photographs: Path) -> None:
    mtl_bench("similarity", f"{SMALL}@new", f"{SMALL}@new:1", str(photographs), "--layers", "blocks.*")
    found = pd.read_csv("similarity/cka.csv", index_col="layer").to_numpy()
    (a, transform), (b, _) = network_of(f"{SMALL}@new"), network_of(f"{SMALL}@new:1")
    images = torch.stack([transform(Image.open(path)) for path in photographs.rglob("*.png")])
    assert found == pytest.approx(similarity(a, b, [images], layers=["blocks.*"]).to_numpy(), abs=1e-4)


@pytest.mark.slow
def test_weights_of_a_file_are_read_with_or_without_a_classifier(tmp_path: Path) -> None:
    net = timm.create_model(SMALL).eval()
    torch.save({"state_dict": net.state_dict()}, tmp_path / "whole.pth")
    save_file({k: v for k, v in net.state_dict().items() if "classifier" not in k}, tmp_path / "part.safetensors")
    x = torch.randn(2, 3, 64, 64)
    expected = net.get_submodule("blocks")(net.get_submodule("conv_stem")(x))
    for name in ("whole.pth", "part.safetensors"):
        read, _ = network_of(f"{SMALL}@{tmp_path / name}")
        torch.testing.assert_close(read.get_submodule("blocks")(read.get_submodule("conv_stem")(x)), expected)
    made = [network_of(f"{SMALL}@new{seed}")[0] for seed in ("", ":0", ":1")]
    new, again, other = (net.state_dict()["conv_stem.weight"] for net in made)
    assert torch.equal(new, again)
    assert not torch.equal(new, other)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["resnet18@new", "no_such_net@new", "photographs"], "timm has no network no_such_net"),
        (["resnet18@new", "no_such.py:Net", "photographs"], "no_such.py is not there"),
        (["resnet18@lost.pth", "resnet18@new", "photographs"], "lost.pth is not there"),
        (["resnet18@photographs/cats/1.png", "resnet18@new", "photographs"], "holds no weights for resnet18"),
        (["resnet10t@small.pth", "resnet10t@new", "photographs"], "small.pth lacks"),
        (["torchvision/resnet18@small.pth", "resnet18@new", "photographs"], "read into timm's networks"),
        (["resnet10t@new", "resnet10t@new", "nowhere"], "nowhere is not there"),
        (["resnet10t@new", "resnet10t@new", "photographs", "--layers", "head"], "no layer is called head"),
        (
            ["resnet10t@new", "resnet10t@new", "photographs/cats", "--most", "4", "--layers", "layer1.*.act3"],
            "is called",
        ),
    ],
)
def test_what_cannot_be_compared_is_one_sentence_and_writes_nothing(
    desk: Desk, mtl_bench: Give, photographs: Path, words: list[str], said: str
) -> None:
    torch.save({"stem.weight": torch.zeros(3)}, "small.pth")
    done = mtl_bench("similarity", *words)
    assert (done.status, done.out) == (2, "")
    assert said in done.err.splitlines()[-1]
    assert "Traceback" not in done.err
    assert not Path("similarity").exists()
