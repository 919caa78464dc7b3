"""A study whose labels results can't keep is refused when it is read: one sentence with study, cell and remedy."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mtl_bench import labels
from mtl_bench.core.store import Store
from mtl_bench.results.table import Results
from mtl_bench.study import Cell, Scale, Study
from tests.core.fakes import Count
from tests.damage import OFTEN

SMOKE = Scale("smoke", (0,))


def study(*several: Mapping[str, Any], metric: Any = "accuracy") -> Study:
    cells = [Cell(one, Count(str(i)), metric) for i, one in enumerate(several)]
    return Study("Digits", "What?", "A. Author, 2000", plan=lambda scale: cells)


class Word(StrEnum):
    DANN = "DANN"


@pytest.mark.parametrize(
    ("wrong", "what"),
    [
        ({"rate": 0.1}, "the label 'rate' is 0.1, a float: write a text or a whole number"),
        ({"rate": None}, "the label 'rate' is None, a NoneType: write"),
        ({"rate": True}, "the label 'rate' is True, a bool: write"),
        ({"rate": np.int64(1)}, "a int64: write"),
        ({"method": Word.DANN}, "a Word: write"),
        ({"method": ""}, "the label 'method' is '', which is empty: leave the label out"),
        ({"method": " DANN"}, "write it without spaces around it"),
        ({"method": "DA\nNN"}, "line breaks and control characters"),
        ({"method": "DA\x1bNN"}, "line breaks and control characters"),
        ({"value": 1}, "a label is called 'value', as a column of the results is: give it another name"),
        ({"device": "cpu"}, "a label is called 'device', as a column"),
        ({"Method": "DANN"}, "a label is called 'Method': write its name with small letters"),
        ({"a,b": "DANN"}, "a label is called 'a,b': write its name"),
        ({"": "DANN"}, "a label is called ''"),
        ({"a ": "DANN"}, "a label is called 'a '"),
    ],
)
def test_a_label_that_results_cannot_keep_is_refused(wrong: dict[str, Any], what: str) -> None:
    with pytest.raises(ValueError, match=r"^Digits: the cell \{.*\}: ") as caught:
        study({"method": "a"}, {"seed": 1, **wrong}).cells(SMOKE)
    assert what in str(caught.value)
    assert len(str(caught.value).splitlines()) == 1


def test_a_number_and_its_text_are_refused_for_one_label_only() -> None:
    with pytest.raises(
        ValueError, match=r"""Digits: the label 'layer' is 1 in one cell and "1" in another: write one"""
    ):
        study({"layer": 1}, {"layer": "1"}).cells(SMOKE)
    assert len(study({"layer": 1}, {"network": "1"}, {"layer": 2}, {"layer": "all"}).cells(SMOKE)) == 4


@pytest.mark.parametrize("metric", [" accuracy", "a\nb", 3])
def test_a_metric_has_a_name(metric: Any) -> None:
    with pytest.raises(ValueError, match=r"Digits: the cell .*: its metric is .*: name one"):
        study({"method": "a"}, metric=metric).cells(SMOKE)


NAMES = st.from_regex(r"[a-z][a-z0-9_ ]{0,8}", fullmatch=True) | st.text(max_size=5) | st.sampled_from(labels.MEASURED)
VALUES = (
    st.text(max_size=6) | st.integers() | st.sampled_from(["1.0", "nan", "07", "-0", "NA", "None", "=1", "a,b", '"'])
)


@pytest.mark.slow
@OFTEN
@given(st.lists(st.dictionaries(NAMES, VALUES, max_size=3), min_size=1, max_size=4))
def test_what_is_accepted_reads_back_as_done(tmp_path_factory: pytest.TempPathFactory, several: list[Any]) -> None:
    """Whatever labels a study has: they are refused, or every cell is done once its row was written and read."""
    folder = tmp_path_factory.getbasetemp() / "accepted"
    store = Store(folder / "store")
    try:
        cells = study(*several).cells(SMOKE)
    except ValueError as error:
        assert len(str(error).splitlines()) == 1  # noqa: PT017 - the other outcome is a plan
        return
    for cell in cells:
        store.compute(cell.trial, "cpu")
    results = Results(Path(folder), "digits.smoke")
    results.merge(cells, store)
    results.write()
    again = Results.read(Path(folder), "digits.smoke")
    assert all(again.has(cell, "cpu") for cell in cells)
    assert len(again.rows) == len(cells)
