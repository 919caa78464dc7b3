"""docs/layer_transfer.md: its study runs as printed, and what it says of networks, data and the base is so."""

from __future__ import annotations

import contextlib
import io
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from torch import nn

from mtl_bench.core.store import Store
from mtl_bench.datasets.synthetic import SyntheticImages
from mtl_bench.datasets.wrappers.classes import Classes
from mtl_bench.models.network import Backbone, Network
from mtl_bench.models.small_cnn import SmallCNN
from mtl_bench.models.timm_backbone import TimmBackbone
from mtl_bench.study import Cell, Study
from mtl_bench.training.recipe import Recipe
from mtl_bench.trials.inits import FirstLayers
from mtl_bench.trials.train import Train
from mtl_bench.trials.weights import Weights
from tests.studies import ROOT, Desk

PAGE = (ROOT / "docs/layer_transfer.md").read_text(encoding="utf-8")
COPIES = {"BnB": True, "AnB": True, "BnB+": False, "AnB+": False}  # frozen or not


def text() -> str:
    [found] = re.findall(r"```python file=benchmarks/my_layers\.py\n(.*?)```", PAGE, re.DOTALL)
    return str(found)


def study() -> tuple[Study, Mapping[str, Any]]:
    names: dict[str, Any] = {"__name__": "my_layers"}
    exec(compile(text(), "my_layers.py", "exec"), names)
    return names["STUDY"], names


@pytest.mark.slow
def test_the_study_runs_as_printed_and_draws_its_figures(tmp_path: Path) -> None:
    """With the view of the effects, which the page offers below its study."""
    desk, last = Desk(tmp_path), '        Grid("All of it"'
    [effects] = re.findall(r"`(Layers\(\"Effects\".*?)`", PAGE, re.DOTALL)
    assert last in text()
    (tmp_path / "benchmarks" / "my_layers.py").write_text(
        text().replace(last, f"        {effects},\n{last}"), encoding="utf-8"
    )
    command = desk.start("run", "my_layers", "--scale", "smoke", "--device", "cpu")
    out, err = command.communicate(timeout=300)
    assert (command.returncode, err) == (0, ""), out
    page = (tmp_path / out.splitlines()[-1]).with_suffix(".md").read_text(encoding="utf-8")
    assert "![Accuracy on B](my_layers.smoke/figure-1.png)" in page
    assert "![Effects](my_layers.smoke/figure-2.png)" in page
    assert all((tmp_path / f"reports/my_layers.smoke/figure-{i}.png").stat().st_size > 0 for i in (1, 2))
    rows = {(row["network"], row["layer"]) for row in desk.rows("my_layers.smoke")}
    copies = {(network, str(n)) for network in COPIES for n in range(1, 6)}
    assert rows == copies | {("base", "0"), ("base, twice as long", "0")}


def test_layers_are_all_of_the_networks_stages() -> None:
    _, names = study()
    assert len(names["LAYERS"]) == len(names["NETWORK"].stages()) == 5


def trained(cell: Cell) -> Train:
    assert isinstance(cell.trial, Train)
    return cell.trial


@pytest.mark.parametrize("scale", ["smoke", "laptop"])
def test_the_base_is_never_a_network_that_was_copied_and_shares_its_seed_with_every_new_one(scale: str) -> None:
    found, _ = study()
    for seed in found.scale(scale).seeds:
        cells = {(c.labels["network"], c.labels["layer"]): trained(c) for c in found.cells(found.scale(scale, 1, seed))}
        base = cells["base", 0]
        assert base.init is None
        for (network, n), run in cells.items():
            assert (run.seed, run.data) == (base.seed, base.data)
            if network in COPIES:
                assert isinstance(run.init, FirstLayers)
                assert (run.init.count, run.init.freeze) == (n, COPIES[str(network)])
                copied = run.init.weights.of
                assert isinstance(copied, Train)
                assert copied.seed not in {base.seed, *(s + 1000 for s in found.scale(scale).seeds)}
                assert (copied.data == base.data) == str(network).startswith("B")


@pytest.mark.slow
def test_the_second_example_prints_what_the_page_says() -> None:
    [example] = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
    [said] = re.findall(r"```text\n(.*?)```", PAGE, re.DOTALL)
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        exec(compile(example, "example.py", "exec"), {})
    assert printed.getvalue() == said


@pytest.mark.slow
@pytest.mark.parametrize("name", ["test_resnet", "test_vit"])
@pytest.mark.parametrize("freeze", [True, False])
def test_layers_go_between_data_sets_whose_classes_differ_in_number(name: str, freeze: bool, tmp_path: Path) -> None:
    three = Classes(SyntheticImages(size=32), "three", ("1", "4", "7"))
    backbone, recipe, store = TimmBackbone(name, 32), Recipe(steps=2, batch_size=8), Store(tmp_path)
    source = Train(three, backbone, recipe, seed=0)
    target = Train(
        SyntheticImages(tint=1.0, size=32), backbone, recipe, 1000, init=FirstLayers(Weights(source), 2, freeze)
    )
    for run in (source, target):
        store.compute(run, "cpu")
        assert 0 <= store.record(run)["metrics"]["accuracy"] <= 100


@pytest.mark.slow
def test_models_are_what_the_page_says_of_them() -> None:
    without: tuple[Backbone, ...] = (TimmBackbone("nf_resnet26", size=28), SmallCNN(size=28))
    for backbone in without:
        assert not [m for m in Network(backbone, ("digits",)).modules() if isinstance(m, nn.BatchNorm2d)]
    assert [m for m in Network(TimmBackbone("resnet10t", 28), ("digits",)).modules() if isinstance(m, nn.BatchNorm2d)]
    for name in ("cait_xxs24_224", "hrnet_w18_small", "crossvit_tiny_240"):
        with pytest.raises(ValueError, match="is no chain of its modules"):
            TimmBackbone(name, 240 if "crossvit" in name else 64).stages()


def test_every_link_of_the_page_leads_somewhere() -> None:
    for target in re.findall(r"\]\(([^)#]+)\)", PAGE):
        assert target.startswith("https://") or (ROOT / "docs" / target).exists(), target
    assert (ROOT / "mtl_bench/models/digits.py").exists()
