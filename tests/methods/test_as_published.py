"""The page of methods is what the classes say, and each deep method that adapts says it."""

from __future__ import annotations

from pathlib import Path

from mtl_bench.methods.as_published import page, published_methods

PAGE = Path(__file__).resolve().parents[2] / "docs/methods.md"


def test_the_page_is_generated_from_the_classes() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(), (
        "run `python -m mtl_bench.methods.as_published > docs/methods.md`"
    )


def test_every_method_of_the_study_digits_is_on_it() -> None:
    known = {"ADDA", "AdaBN", "CMD", "DAN", "DANN", "DSN", "DeepCORAL", "MCD", "MMD"}
    assert known <= set(published_methods())


def test_no_cell_would_break_a_table() -> None:
    for name, known in published_methods().items():
        rows = [line for line in known.markdown(name).splitlines() if line.startswith("|")]
        assert {line.count(" | ") for line in rows} == {3}, name
