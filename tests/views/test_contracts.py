"""What every view must do. They are found by walking the folder: a new file is tested without being named."""

from __future__ import annotations

import importlib
import inspect
import json
import pkgutil
from collections.abc import Iterable
from dataclasses import MISSING, fields, is_dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from matplotlib.figure import Figure

import mtl_bench.views
from mtl_bench.results.table import Results, ResultsError
from mtl_bench.study import Cell, Published, Scale, Study, View
from mtl_bench.views.layers import Line
from mtl_bench.views.style import save
from mtl_bench.views.table import Table
from tests.results.measured import PAPER, Maker, Nothing, drawn, make_study

REQUIRED = {
    "title": "A title",
    "y": "accuracy",
    "x": ("accuracy",),
    "lines": (Line("DANN", {"method": "DANN"}),),
    "methods": ("DANN",),
}  # fields without a default
ALSO: dict[str, dict[str, Any]] = {  # what a kind of view needs to draw the small frame
    "HeatMap": {"where": {"method": "DANN", "selection": "last", "layer": 1}},
    "LayerPairs": {"panels": "method"},
    "Contours": {"panels": "method"},
    "ContactSheet": {"rows": "method"},
    "NoiseMaps": {"panels": "method"},
}
METHODS = ("source only", "DANN")
OWN_TABLES: dict[str, list[dict[str, Any]]] = {  # files of one view alone, of which it draws every row
    "cka.csv": [{"conv1": 0.9, "fc7": 0.2}, {"conv1": 0.3, "fc7": 0.8}],
    "plane.csv": [
        *({"x": i % 3, "y": i // 3, "train error": 9.0 * i} for i in range(9)),
        *({"x": 0.5 * i, "y": 1.0, "train error": 0.0, "network": i} for i in (1, 2, 3)),
    ],
    "map.csv": [{"stage": i // 4, "place": i // 2 % 2, "noise": 0.1 * (i % 2), "error": 9.0 * i} for i in range(12)],
}
OWN_OBJECTS: dict[str, dict[str, Any]] = {
    "attended.json": {"classes": ["bad", "good"], "shared": [["poor", 3, 1], ["great", 0, 2]], "own": [["dull", 2, 0]]},
    "attention.json": {
        "texts": [{"class": "good", "predicted": "bad", "words": ["very", "nice"], "weights": [0.25, 0.75]}]
    },
}


def views() -> Iterable[type[Any]]:
    """Every dataclass with a `draw`, in the order of their files."""
    for module in pkgutil.iter_modules(mtl_bench.views.__path__, "mtl_bench.views."):
        for _, found in inspect.getmembers(importlib.import_module(module.name), inspect.isclass):
            if found.__module__ == module.name and is_dataclass(found) and hasattr(found, "draw"):
                yield found


KINDS = list(views())
pytestmark = pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)


def made(kind: type[Any]) -> Any:
    needed = [f.name for f in fields(kind) if f.default is MISSING and f.default_factory is MISSING]
    assert set(needed) <= set(REQUIRED), f"say in REQUIRED what a test gives {kind.__name__} for {needed}"
    return kind(**{name: REQUIRED[name] for name in needed}, **ALSO.get(kind.__name__, {}))


def plan(scale: Scale) -> Iterable[Cell]:
    for row in run_of(Maker(Path("nowhere"))).rows.to_dict("records"):
        names = ("method", "source", "target", "selection", "layer", "dimension", "rule", "seed")
        labels = {name: row[name] for name in names if row[name] != ""}
        metric = str(row["metric"])
        yield Cell(labels, Nothing(), metric, artifact=metric if "." in metric else "")


def run_of(maker: Maker, view: Any = None) -> Results:
    """Two methods, two rules, two layers, three seeds, scores, and cells that name the view's files."""
    random = np.random.default_rng(4)
    for method in METHODS:
        for selection in ("last", "oracle"):
            for n in (1, 2):
                place: dict[str, Any] = {"layer": n, "dimension": 10 * n, "rule": ""}
                labels: dict[str, Any] = {"method": method, "selection": selection, **place}
                maker.cell(random.normal(60, 3, 3), **labels)
        for rule in ("entropy", "DEV"):
            place = {"selection": "last", "layer": 1, "dimension": 10, "rule": rule}
            maker.cell(random.normal(0, 1, 3), metric="score", method=method, **place)
        for file in view.files if view else ():
            maker.cell([1.0, 1.0, 1.0], metric=file, method=method, selection="last", layer=1, dimension=10, rule="")
    return maker.results()


def keep_all(results: Results, files: Iterable[str], damage: bytes | None = None) -> None:
    """A good file for each row, or one of these bytes."""
    random = np.random.default_rng(5)
    for key in results.rows["key"]:
        for file in files:
            path = results.kept(key, file)
            path.parent.mkdir(parents=True, exist_ok=True)
            if damage is not None:
                path.write_bytes(damage)
            elif file == "pictures.npy":
                np.save(path, random.integers(0, 256, (4, 5, 5, 3), np.uint8))
            elif path.suffix == ".npy":
                np.save(path, random.normal(size=(4, 3, 5, 5)).astype(np.float32))
            elif file in OWN_OBJECTS:
                path.write_text(json.dumps(OWN_OBJECTS[file]), encoding="utf-8")
            elif file in OWN_TABLES:
                pd.DataFrame(OWN_TABLES[file]).to_csv(path, index=False)
            else:
                columns = {name: random.normal(size=6) for name in ("x", "y", "accuracy")}
                words = {"domain": ["source", "target"] * 3}
                pd.DataFrame({"step": range(6), **columns, **words}).to_csv(path, index=False)


@pytest.fixture
def study() -> Study:
    numbers = (
        Published(70.0, {"method": "DANN"}, "Table 1", PAPER),
        Published(50.0, {"method": METHODS[0]}, "T", PAPER),
    )
    return make_study(published=numbers, plan=plan)


def test_it_is_a_frozen_dataclass_that_says_what_it_is_and_how_to_read_it(kind: type[Any]) -> None:
    view: View = made(kind)
    assert kind.__dataclass_params__.frozen
    assert inspect.getdoc(kind) and not str(kind.__doc__).startswith(f"{kind.__name__}(")
    assert kind.draw.__doc__
    assert view.title
    assert view.reading.endswith(".") and "\n" not in view.reading
    assert all(isinstance(file, str) and "." in file for file in view.files)


@pytest.mark.slow
def test_it_draws_a_small_frame_the_same_twice(kind: type[Any], maker: Maker, study: Study, tmp_path: Path) -> None:
    view = made(kind)
    results = run_of(maker, view)
    keep_all(results, view.files)
    before = results.rows.copy()
    for name in ("one", "two"):
        shown = drawn(view, study, results)
        assert isinstance(shown, Figure | Table), f"{kind.__name__} draws {type(shown).__name__}"
        if isinstance(shown, Table):
            assert len(shown.text) and len(shown.numbers)
            shown.write(tmp_path / name)
        else:
            save(shown, tmp_path / name)
    assert results.rows.equals(before)
    files = sorted(path.suffix for path in tmp_path.glob("one.*"))
    assert files in (["", ".csv", ".md", ".tex"][1:], [".pdf", ".png"])
    for path in tmp_path.glob("one.*"):
        assert path.read_bytes() == (tmp_path / f"two{path.suffix}").read_bytes()


def test_without_results_there_is_nothing(kind: type[Any], study: Study) -> None:
    empty = Results(Path("nowhere"), "quick.laptop")
    assert drawn(made(kind), study, empty) is None
    assert drawn(made(kind), replace(study, published=()), empty) is None


def test_without_files_there_is_nothing(kind: type[Any], maker: Maker, study: Study) -> None:
    view = made(kind)
    if view.files:
        assert drawn(view, study, run_of(maker, view)) is None


DAMAGES = st.one_of(
    st.sampled_from([b"", b"version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 3\n", b"\x93NUMPY\x01\x00"]),
    st.sampled_from([b"x,y,step,accuracy,domain\nlow,high,one,none,source\n", b"a,b\n1,2\n", b"PK\x03\x04"]),
    st.binary(max_size=40),
)


@pytest.mark.slow
@settings(derandomize=True, max_examples=25, deadline=None, database=None)
@given(damage=DAMAGES)
def test_a_bad_file_is_one_sentence(kind: type[Any], damage: bytes, tmp_path_factory: pytest.TempPathFactory) -> None:
    view = made(kind)
    if not view.files:
        return
    results = run_of(Maker(tmp_path_factory.mktemp("damaged")), view)
    keep_all(results, view.files, damage)
    with pytest.raises(ResultsError) as caught:
        drawn(view, make_study(plan=plan), results)
    said = str(caught.value)
    assert "\n" not in said and any(key in said for key in results.rows["key"])
    assert "run again" in said
