"""Pivot words: counts of all seeds added, a word under its class; and texts whose words are shaded."""

from __future__ import annotations

import json
from typing import Any

import pytest

from mtl_bench.results.table import Results, ResultsError
from mtl_bench.views.attended_texts import DEEPEST, AttendedTexts
from mtl_bench.views.pivot_words import PivotWords
from tests.results.measured import Maker, drawn, make_study

WORDS = PivotWords("Words", where={"network": "memory"}, most=2)
TEXTS = AttendedTexts("Reviews")
CONTENT = {
    "classes": ["bad", "good"],
    "shared": [["poor", 4, 1], ["great", 0, 3], ["fine", 0, 2], ["nice", 0, 2], ["never", 0, 0]],
    "own": [["dull", 2, 0]],
}
TEXT = {"class": "good", "predicted": "bad", "words": ["very", "nice", "=cup"], "weights": [0.1, 0.6, 0.3]}


def kept(maker: Maker, file: str, contents: list[Any], **labels: Any) -> Results:
    """A seed for each content."""
    maker.cell([1.0] * len(contents), metric=file, **labels)
    results = maker.results()
    for key, content in zip(results.rows["key"], contents, strict=True):
        path = results.kept(key, file)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")
    return results


def test_seeds_are_added_and_words_stand_under_their_class(maker: Maker) -> None:
    other = {**CONTENT, "shared": [["fine", 0, 5], ["poor", 0, 4]]}
    table: Any = drawn(WORDS, make_study(), kept(maker, "attended.json", [CONTENT, other], network="memory"))
    [row] = table.text.to_dict("records")
    assert row["bad, shared"] == "–"
    assert row["good, shared"] == "fine 7, poor 5", "more texts of the second class, over both seeds; two are shown"
    assert row["bad, the source's own"] == "dull 4" and row["good, the source's own"] == "–"
    assert "network" not in row
    assert {"class": "good", "kind": "shared", "word": "fine", "texts": 7}.items() <= table.numbers.to_dict("records")[
        0
    ].items()
    assert drawn(PivotWords("Words", where={"network": "none"}), make_study(), maker.results()) is None


@pytest.mark.parametrize(
    "content",
    [
        "{",
        "[]",
        "{}",
        {**CONTENT, "own": [["dull", 2]]},
        {**CONTENT, "shared": 3},
        {**CONTENT, "own": [["dull", "x", 1]]},
    ],
)
def test_words_of_another_form_are_one_sentence(maker: Maker, content: Any) -> None:
    with pytest.raises(ResultsError, match=r"attended\.json"):
        drawn(WORDS, make_study(), kept(maker, "attended.json", [content], network="memory"))


def test_each_word_stands_where_it_is_read_shaded_by_its_weight(maker: Maker) -> None:
    long = {**TEXT, "predicted": "good", "words": ["word"] * 90, "weights": [1 / 90] * 90}
    figure: Any = drawn(TEXTS, make_study(), kept(maker, "attention.json", [{"texts": [TEXT, long]}] * 2))
    [axes] = figure.axes
    written = [text.get_text() for text in axes.texts]
    assert written == ["good, read as bad", "very", "nice", "=cup", "good", *["word"] * 90]
    shades = [patch.get_facecolor()[3] for patch in axes.patches]
    assert shades[:3] == pytest.approx([DEEPEST / 6, DEEPEST, DEEPEST / 2])
    heights = sorted({text.get_position()[1] for text in axes.texts})
    assert len(heights) > 5, "a long text has several lines"
    width, _ = axes.get_xlim()[1], axes.get_ylim()
    assert max(text.get_position()[0] + len(text.get_text()) for text in axes.texts) <= width


@pytest.mark.parametrize(
    "content",
    [
        "{",
        {"texts": 1},
        {"texts": [{}]},
        {"texts": [{**TEXT, "weights": [1]}]},
        {"texts": [{**TEXT, "words": [1, 2, 3]}]},
    ],
)
def test_texts_of_another_form_are_one_sentence(maker: Maker, content: Any) -> None:
    with pytest.raises(ResultsError, match=r"attention\.json"):
        drawn(TEXTS, make_study(), kept(maker, "attention.json", [content]))
