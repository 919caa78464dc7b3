"""Results as a study leaves them: rows, curves and which test items were right, made without training anything."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from mtl_bench.core.trial import Trial
from mtl_bench.results.frame import Frame, scale_of
from mtl_bench.results.table import Results
from mtl_bench.study import Cell, Claim, Gate, Labels, Published, Scale, Study, View, accuracy
from mtl_bench.views.bars import Bars
from mtl_bench.views.curves import Curves
from mtl_bench.views.grid import Grid
from mtl_bench.views.style import save, styled

PAPER = "Ganin et al., JMLR 2016"
METHODS = {"source only": 40.0, "DANN": 48.0, "train on target": 83.0}
ENVIRONMENT = {"processor": "Some CPU @ 2.10GHz", "threads": "1", "python": "3.11.9", "torch": "2.8.0"}


@dataclass(frozen=True)
class Nothing(Trial):
    """Only names a cell of a plan."""

    name: str = ""


def plan(scale: Scale) -> Iterable[Cell]:
    for method in METHODS:
        for seed in scale.seeds:
            labels: Labels = {
                "method": method,
                "source": "plain",
                "target": "photos",
                "selection": "last",
                "seed": seed,
            }
            yield Cell(labels, Nothing(method))


def make_study(**changes: Any) -> Study:
    """A study like the quickstart."""
    numbers = zip((52.25, 76.66, 95.96), METHODS, strict=True)
    fields: dict[str, Any] = {
        "title": "Do unlabelled target images help?",
        "question": "How many digits on photographs does a network read that learnt on plain ones?",
        "paper": "Y. Ganin et al., Domain-Adversarial Training of Neural Networks, JMLR 17(59), 2016",
        "plan": plan,
        "published": tuple(Published(v, {"method": m}, "Table 2", PAPER) for v, m in numbers),
        "claims": (
            Claim(
                "DANN beats source only",
                (accuracy(method="DANN") - accuracy(method="source only"),),
                f"{PAPER}, Table 2",
            ),
        ),
        "gates": (
            Gate(
                "the domains differ by 20 points",
                accuracy(method="train on target") - accuracy(method="source only"),
                at_least=20,
            ),
        ),
        "views": (
            Bars("Accuracy on photos"),
            Curves("Accuracy while training", y="accuracy"),
            Grid("Accuracy in percent"),
        ),
        "deviations": ("The data: 5,000 digits instead of 60,000.",),
        "chance": 10.0,
    }
    return Study(**{**fields, **changes})


def frame_of(study: Study, results: Results) -> Frame:
    """The frame of results of which every row is planned: what the study plans first, then the rows as they stand."""
    rows = {}
    for row in results.rows.to_dict("records"):
        labels = {str(name): row[name] for name in results.labels if row[name] != "" and row[name] == row[name]}
        metric = row["metric"]
        rows[_identity(labels, metric)] = Cell(
            labels, _known(row["key"]), metric, artifact=metric if "." in metric else ""
        )
    planned = [
        rows.pop(_identity(cell.labels, cell.metric), cell) for cell in study.cells(study.scale(scale_of(results)))
    ]
    return Frame.of(study, results, [*planned, *rows.values()])


def _identity(labels: Labels, metric: str) -> Any:
    return frozenset((name, str(value)) for name, value in labels.items()), metric


def _known(key: str) -> Nothing:
    """A trial of this key."""
    trial = Nothing()
    object.__setattr__(trial, "_known_key", key)
    return trial


def drawn(view: View, study: Study, results: Results) -> Any:
    """The figure or table of a view, in the paper style."""
    with styled():
        return view.draw(frame_of(study, results))


def saved(view: View, study: Study, results: Results, stem: Path) -> bool:
    """Write the figure's files; False where there is nothing to draw."""
    figure = drawn(view, study, results)
    if figure is not None:
        save(figure, stem)
    return figure is not None


@dataclass
class Maker:
    """Writes rows and kept files below `folder`."""

    folder: Path
    rows: list[dict[str, Any]] = field(default_factory=list)

    def cell(self, values: Iterable[float], first: int = 200, metric: str = "accuracy", **labels: Any) -> None:
        """A row per value, on seeds from `first`; labels may include device, code and environment."""
        common = {"source": "plain", "target": "photos", "selection": "last", **labels}
        measured = {name: common.pop(name, default) for name, default in MEASURED_DEFAULTS.items()}
        for seed, value in enumerate(values, first):
            identity = repr((sorted(common.items()), seed)).encode()  # the device is in no key
            key = f"Evaluate-{hashlib.sha256(identity).hexdigest()[:16]}"
            row = {**common, "seed": seed, "metric": metric, "value": round(float(value), 6), "key": key}
            self.rows.append({**row, **measured, "seconds": 30.0, "finished": "2026-11-20T10:00:00+00:00"})

    def results(self, scale: str = "laptop") -> Results:
        provenance = {
            "environments": {"e0e0e0e0": ENVIRONMENT},
            "data": {"photos test labels": "0123abcd"},
            "command": "",
        }
        return Results(self.folder / "results", f"quick.{scale}", pd.DataFrame(self.rows), provenance)

    def keep(self, results: Results, key: str, correct: Any = None, curve: Mapping[str, Any] | None = None) -> None:
        results.kept(key, "x").parent.mkdir(parents=True, exist_ok=True)
        if correct is not None:
            np.save(results.kept(key, "correct.npy"), correct)
        if curve is not None:
            pd.DataFrame(curve).to_csv(results.kept(key, "curve.csv"), index=False)


MEASURED_DEFAULTS = {"device": "cpu", "code": "c0dec0dec0de", "environment": "e0e0e0e0"}


@pytest.fixture
def maker(tmp_path: Path) -> Maker:
    return Maker(tmp_path)


def keep_items_and_curves(maker: Maker, results: Results, items: int = 500) -> None:
    """For every row: test items right in its share, a curve of ten checkpoints that ends there."""
    rng = np.random.default_rng(7)
    steps = 150 * np.arange(1, 11)
    for key, value in zip(results.rows["key"], results.rows["value"], strict=True):
        rise = value * (1 - np.exp(-steps / 400)) + rng.normal(0, 0.4, 10)
        rise[-1] = value
        curve = {"step": steps, "accuracy": rise, "source_validation": 95 + rise / 30, "class": 2 - rise / 60}
        maker.keep(results, key, np.arange(items) < items * value / 100, curve)


@pytest.fixture
def quick(maker: Maker) -> tuple[Study, Results]:
    """A laptop run of the quickstart's shape: three methods, five seeds, all files kept."""
    rng = np.random.default_rng(3)
    for method, mean in METHODS.items():
        maker.cell(rng.normal(mean, 1.2, 5), method=method)
    results = maker.results()
    keep_items_and_curves(maker, results)
    return make_study(), results
