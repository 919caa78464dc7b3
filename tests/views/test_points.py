"""Points in the plane: domains side by side, classes in colours that colour-blind readers tell apart."""

from __future__ import annotations

from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from matplotlib.colors import to_hex, to_rgb

from mtl_bench.core.store import Store
from mtl_bench.core.trial import key
from mtl_bench.results.table import Results
from mtl_bench.study import Cell
from mtl_bench.trials.separation import Embedding
from mtl_bench.views.points import Points
from mtl_bench.views.style import CLASS_COLOURS, OTHER_CLASSES
from tests.results.measured import Maker, drawn, make_study
from tests.trials.domains import SOURCE, TARGET, adaptation

# Machado, Oliveira and Fernandes 2009, severity 1, in linear RGB.
BLINDNESS = {
    "none": np.eye(3),
    "protanopia": [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
    "deuteranopia": [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]],
}


def lab(linear: Any) -> Any:
    """CIE L*a*b* of linear sRGB."""
    to_xyz = [[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]]
    xyz = np.array(to_xyz) @ np.clip(linear, 0, 1) / [0.9505, 1, 1.089]
    f = np.where(xyz > 0.008856, np.cbrt(xyz), 7.787 * xyz + 16 / 116)
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])


@pytest.mark.parametrize("kind", BLINDNESS)
def test_no_two_classes_look_alike_to_a_colour_blind_reader(kind: str) -> None:
    seen = []
    for colour in (*CLASS_COLOURS, to_hex(OTHER_CLASSES)):
        rgb = np.array(to_rgb(colour))
        linear = np.where(rgb > 0.04045, ((rgb + 0.055) / 1.055) ** 2.4, rgb / 12.92)
        seen.append(lab(np.array(BLINDNESS[kind]) @ linear))
    assert min(float(np.linalg.norm(a - b)) for a, b in combinations(seen, 2)) > 8


def kept(maker: Maker, classes: int = 3) -> Results:
    """A file for each of two methods: two domains, points of each class."""
    for method in ("source only", "DANN"):
        maker.cell([1.0], metric="embedding.csv", method=method)
    results = maker.results()
    random = np.random.default_rng(1)
    for name in results.rows["key"]:
        path = results.kept(name, "embedding.csv")
        path.parent.mkdir(parents=True, exist_ok=True)
        table = pd.DataFrame(random.normal(size=(8 * classes, 2)).round(3), columns=["x", "y"])
        table["domain"] = ["source", "target"] * (4 * classes)
        table["class"] = [f"class {i % classes:02}" for i in range(8 * classes)]
        table.to_csv(path, index=False)
    return results


def test_domains_stand_side_by_side_on_the_same_axes_with_classes_in_colours(maker: Maker) -> None:
    results = kept(maker)
    figure: Any = drawn(Points("Features"), make_study(), results)
    titles = [axes.get_title(loc="left") for axes in figure.axes]
    assert titles == ["source only: source", "source only: target", "DANN: source", "DANN: target"]
    for left, right in zip(figure.axes[::2], figure.axes[1::2], strict=True):
        assert (left.get_xlim(), left.get_ylim()) == (right.get_xlim(), right.get_ylim())
    table = pd.read_csv(results.kept(results.rows["key"].iloc[0], "embedding.csv"))
    colours = dict(zip(sorted(set(table["class"])), CLASS_COLOURS, strict=False))
    for axes, domain in zip(figure.axes[:2], ("source", "target"), strict=True):
        behind, own = axes.collections
        mine = table[table["domain"] == domain]
        assert np.allclose(own.get_offsets(), mine[["x", "y"]])
        assert [to_hex(face).upper() for face in own.get_facecolors()] == [colours[name] for name in mine["class"]]
        assert len(behind.get_offsets()) == len(table) - len(mine)
    shapes = [axes.collections[1].get_paths()[0].vertices.shape for axes in figure.axes[:2]]
    assert shapes[0] != shapes[1], "domains differ in their mark"
    names = [text.get_text() for text in figure.legends[0].get_texts()]
    assert names == [*colours, "source (mark)", "target (mark)"]


def test_of_more_classes_than_colours_the_others_are_grey(maker: Maker) -> None:
    figure: Any = drawn(Points("Features"), make_study(), kept(maker, classes=12))
    names = [text.get_text() for text in figure.legends[0].get_texts()]
    assert len(names) == len(CLASS_COLOURS) + 3 and "other classes" in names
    faces = {to_hex(face) for axes in figure.axes[:2] for face in axes.collections[1].get_facecolors()}
    assert to_hex(OTHER_CLASSES) in faces and len(faces) == len(CLASS_COLOURS) + 1


@pytest.mark.slow
def test_classes_are_asked_for_move_no_point_and_change_no_key(tmp_path: Path) -> None:
    run, store = adaptation(), Store(tmp_path / "store")
    plain, classes = Embedding(run), Embedding(run, classes=True)
    for trial in (run, plain, classes):
        store.compute(trial, "cpu")
    paths = (store.artifact(trial, "embedding.csv") for trial in (plain, classes))
    without, table = (pd.read_csv(path, dtype={"class": str}) for path in paths)
    assert list(without) == ["x", "y", "domain"]
    pd.testing.assert_frame_equal(table[["x", "y", "domain"]], without)
    target = table[table["domain"] == "target"]
    assert list(target["class"]) == [TARGET.classes[label] for label in TARGET.labels("train")[: len(target)]]
    assert set(table["class"]) <= set(SOURCE.classes)
    assert "labels" in classes.uses_of_target() and "labels" not in plain.uses_of_target()
    assert key(plain) != key(classes)
    assert Cell({"method": "DANN"}, classes, artifact="embedding.csv").metric == "embedding.csv"
