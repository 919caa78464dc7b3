"""What a terminal is told of a study: a table in few lines, whatever its width."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from mtl_bench.report import terminal
from mtl_bench.views.bars import Bars
from mtl_bench.views.grid import Grid
from tests.results.measured import Maker, frame_of, make_study


@pytest.fixture
def narrow(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True, raising=False)
    monkeypatch.setenv("COLUMNS", "30")


def many(folder: Path, methods: int) -> Maker:
    """Methods that read more and more, on two pairs, and a rule of selection of which the study's table has one."""
    maker = Maker(folder)
    names = {"source only": 20.0, "train on target": 90.0, **{f"method {i}": 30.0 + i for i in range(methods)}}
    for name, value in names.items():
        for source in ("plain", "printed"):
            maker.cell([value, value + 2], method=name, source=source)
            maker.cell([1, 2], method=name, source=source, selection="best")
    return maker


def test_the_baseline_the_ceiling_and_the_highest_are_told(tmp_path: Path) -> None:
    study = make_study(plan=lambda scale: (), views=(Bars("…"), Grid("…", where={"selection": "last"})))
    lines = terminal.accuracy_lines(frame_of(study, many(tmp_path, 30).results()))
    assert lines[0] == ("accuracy (%), mean ± standard deviation over seeds (target photos, selection last, n 2):")
    assert lines[1].split() == ["method", "mean"]
    told = [line.rpartition("  ")[0].strip() for line in lines[2:-2]]
    assert told == ["source only", "train on target", *(f"method {i}" for i in range(20, 30))]
    assert "method 29        60.0 ± 1.4" in lines
    assert lines[-2:] == ["and 20 rows more on the page", ""]


def test_a_narrow_terminal_gets_words_that_fit(tmp_path: Path, narrow: None) -> None:
    study = make_study(plan=lambda scale: (), views=())
    lines = terminal.outcome_lines(frame_of(study, many(tmp_path, 3).results()))
    assert max(map(len, lines)) <= 30
    assert "source only: selection last,\n  mean 21.0 ± 1.4" in "\n".join(lines)


def test_without_accuracies_there_is_no_table(tmp_path: Path) -> None:
    maker = Maker(tmp_path)
    maker.cell([1, 2], metric="loss", method="DANN")
    assert terminal.accuracy_lines(frame_of(make_study(plan=lambda scale: ()), maker.results())) == []
