"""What is committed is what today's code plans: every row is a planned cell with today's key; the rest is retired.

Alone: `pytest tests/test_committed.py`. After a change of keys, run the studies anew or retire their results.
"""

from __future__ import annotations

import csv
import json
import re
from collections import Counter
from pathlib import Path

import pytest

from mtl_bench.core.trial import key
from mtl_bench.execution.selection import Selection
from mtl_bench.results.declaration import lacking, read
from mtl_bench.results.table import Results
from tests.studies import ROOT

NOT_LABELS = {"metric", "value", "device", "seconds", "finished", "key", "code", "environment"}
COMMITTED = sorted(path.stem for path in (ROOT / "results").glob("*.*.csv"))
RETIRED = ROOT / "results" / "retired"


@pytest.mark.slow
@pytest.mark.parametrize("name", COMMITTED)
def test_every_row_is_a_planned_cell_with_todays_key(name: str) -> None:
    planned = {
        (frozenset((label, str(value)) for label, value in cell.labels.items()), cell.metric): key(cell.trial)
        for cell in Selection.of_file(name).planned
    }
    with (ROOT / "results" / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert rows
    for row in rows:
        labels = frozenset((label, row[label]) for label in row.keys() - NOT_LABELS if row[label])
        assert (labels, row["metric"]) in planned, f"no cell of {name} is {dict(labels)}"
        assert planned[labels, row["metric"]] == row["key"], f"another trial is planned for {dict(labels)} of {name}"


def test_every_committed_result_has_its_page() -> None:
    pages = {path.stem for path in (ROOT / "reports").glob("*.*.md")}
    assert pages == {name for name in COMMITTED if not name.endswith(".pilot")}, "a pilot has no page"


def test_what_came_out_by_the_readme_is_what_the_pages_say() -> None:
    """The counts of verdicts, and each size in points as one that the linked page measured."""
    section = (
        (ROOT / "README.md").read_text(encoding="utf-8").partition("## What came out so far")[2].partition("<!--")[0]
    )
    counts, *found = re.split(r"^\* ", section, flags=re.MULTILINE)
    summaries = [json.loads(path.read_text(encoding="utf-8")) for path in (ROOT / "reports").glob("*/summary.json")]
    verdicts = Counter(claim["verdict"] for summary in summaries for claim in summary["claims"])
    three = [verdicts[name] for name in ("holds", "opposite", "undecided")]
    assert [int(number) for number in re.findall(r"\b\d+\b", counts)] == [sum(three), *three]
    assert len(found) > 5
    for one in found:
        [page] = re.findall(r"\((reports/.*?\.md)\)", one)
        measured = re.findall(r"\| [+−]?([\d.]+) points \[", (ROOT / page).read_text(encoding="utf-8"))
        assert set(re.findall(r"\d+\.\d", one)) <= set(measured), one


def test_the_list_of_retired_results_names_exactly_what_lies_there() -> None:
    listed = re.findall(r"^\* (\S+)$", (RETIRED / "README.md").read_text(encoding="utf-8"), re.MULTILINE)
    assert len(listed) == len(set(listed))

    def names(folder: Path) -> set[str]:
        """The results that files and folders belong to: "digits.laptop" for "digits.laptop.csv"."""
        return {".".join(path.name.split(".")[:2]) for path in folder.iterdir()}

    there = names(RETIRED / "results") | names(RETIRED / "reports") if listed else set()
    assert there == set(listed)
    for name in listed:
        assert (RETIRED / "results" / f"{name}.csv").exists()
        assert (RETIRED / "reports" / f"{name}.md").exists()
    for name in set(listed) & set(COMMITTED):  # a new run under way, of which blocks are committed
        results = Results.read(ROOT / "results", name)
        assert any(lacking(read(ROOT / "results", name)[-1], results)), f"{name} is whole: remove what is retired of it"
