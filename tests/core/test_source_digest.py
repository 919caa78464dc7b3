"""The source digest: edits of code are noticed wherever they are imported from, edits of words are not."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from mtl_bench.core import provenance

LEARN = '''
"""Learns."""
from house.sub import far
from .near import halve

class Learn:
    """A class."""
    def run(self):
        """Runs."""
        # why
        from house import lazily
        return halve(2)
'''
FILES = {
    "__init__.py": "",
    "learn.py": LEARN,
    "near.py": '"""Near."""\ndef halve(x):\n    """Halves."""\n    return x / 2\n',
    "lazily.py": "ANSWER = 42\n",
    "unrelated.py": "OTHER = 1\n",
    "sub/__init__.py": "",
    "sub/far.py": "import house.sub.further as further\n",
    "sub/further.py": "DEEP = 1\n",
}


@pytest.fixture
def digest(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., str]:
    """The digest of class Learn in the package `house` after some files were edited."""
    monkeypatch.syspath_prepend(tmp_path)

    def of(edited: Mapping[str, str] | None = None, module: str = "house.learn") -> str:
        for name, text in {**FILES, **(edited or {})}.items():
            path = tmp_path / "house" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        for cache in (provenance._find, provenance._read, provenance._closure):
            cache.cache_clear()
        for name in [name for name in sys.modules if name.partition(".")[0] == "house"]:
            del sys.modules[name]
        importlib.invalidate_caches()
        return provenance.source_digest([type("Learn", (), {"__module__": module})])

    return of


@pytest.mark.parametrize(
    ("file", "old", "new"),
    [
        ("learn.py", '"""Learns."""', '"""Learns, in other words."""'),
        ("learn.py", '"""A class."""', '"""Another docstring."""'),
        ("learn.py", '"""Runs."""', '"""Runs fast."""'),
        ("learn.py", "# why", "# because"),
        ("near.py", '"""Halves."""', '"""Divides by two."""'),
        ("near.py", "x / 2", "x  /  2  # spaced"),
        ("unrelated.py", "OTHER = 1", "OTHER = 2"),
    ],
)
def test_words_and_strangers_do_not_count(digest: Callable[..., str], file: str, old: str, new: str) -> None:
    assert old in FILES[file]
    assert digest({file: FILES[file].replace(old, new)}) == digest()


@pytest.mark.parametrize(
    ("file", "old", "new"),
    [
        ("learn.py", "halve(2)", "halve(3)"),
        ("near.py", "x / 2", "x / 3"),
        ("lazily.py", "42", "43"),
        ("sub/further.py", "DEEP = 1", "DEEP = 2"),
    ],
)
def test_code_counts_wherever_it_is_imported_from(digest: Callable[..., str], file: str, old: str, new: str) -> None:
    assert old in FILES[file]
    assert digest({file: FILES[file].replace(old, new)}) != digest()


def test_a_study_that_defines_a_trial_is_followed_into_the_package(digest: Callable[..., str]) -> None:
    alone = {"learn.py": "class Learn:\n    pass\n"}
    assert digest({"learn.py": "import mtl_bench.study\n\nclass Learn:\n    pass\n"}) != digest(alone)
    provenance._read.cache_clear()
    assert "mtl_bench.study" in provenance._read("benchmarks.quickstart")[1]


def test_scheduling_does_not_count() -> None:
    """Where and when a trial runs cannot change what it computes."""
    imported = provenance._read("mtl_bench.results.table")[1]
    assert "mtl_bench.study" in imported
    assert not [module for module in imported if module.startswith("mtl_bench.core")]
