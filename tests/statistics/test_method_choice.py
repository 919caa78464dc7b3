"""What a rule loses by the methods that it chooses, against sums by hand; and the file that comes with the package."""

from __future__ import annotations

from pathlib import Path

import pytest

from mtl_bench import workspace
from mtl_bench.results.frame import Frame
from mtl_bench.results.table import Results
from mtl_bench.statistics import method_choice
from mtl_bench.statistics.method_choice import BASELINE, Choices, choices, evidence, trusted
from tests.results.measured import Maker, frame_of, make_study

ACCURACIES = {"source only": (50.0, 60.0), "DANN": (55.0, 70.0), "MCD": (40.0, 65.0)}  # of two seeds
SCORES = {
    "DEV": {"source only": (1.0, 1.0), "DANN": (3.0, 0.0), "MCD": (2.0, 2.0)},  # takes DANN, then MCD
    "SND": {"source only": (0.0, 5.0), "DANN": (-1.0, 4.0), "MCD": (7.0, 1.0)},  # takes MCD, then source only
}


def measured(maker: Maker) -> Results:
    for method, values in ACCURACIES.items():
        maker.cell(values, method=method, data="digits", rule="")
        for rule, scores in SCORES.items():
            maker.cell(scores[method], metric="score", method=method, data="digits", rule=rule)
    return maker.results()


def test_regret_is_the_best_methods_accuracy_minus_that_of_the_chosen(maker: Maker) -> None:
    found = {one.rule: one for one in choices(frame_of(make_study(), measured(maker)))}
    assert found["DEV"] == Choices("DEV", "digits", 2, 2.5, 5.0)  # 0 and 70 - 65
    assert found["SND"] == Choices("SND", "digits", 2, 12.5, 15.0)  # 55 - 40 and 70 - 60
    assert found[BASELINE] == Choices(BASELINE, "digits", 2, 7.5, 10.0)


def test_runs_without_an_accuracy_are_no_choice(maker: Maker) -> None:
    for method, scores in SCORES["DEV"].items():
        maker.cell(scores, metric="score", method=method, data="digits", rule="DEV")
    assert choices(frame_of(make_study(), maker.results())) == []


def test_the_rule_that_lost_least_is_trusted_and_how_far_is_said() -> None:
    rule, sentence = trusted((), "source validation")
    assert (rule, "no evidence" in sentence) == ("source validation", True)
    known = (
        Choices("DEV", "digits", 12, 2.0, 8.0),
        Choices("SND", "digits", 12, 6.0, 20.0),
        Choices(BASELINE, "digits", 12, 5.0, 9.0),
        Choices("DEV", "PACS", 30, 1.0, 3.0),
        Choices("SND", "PACS", 30, 0.5, 2.0),
    )
    rule, sentence = trusted(known, "source validation")
    assert rule == "DEV"
    assert "lost 1.5 points" in sentence and "42 choices (digits, PACS), at worst 8.0" in sentence
    assert "always the baseline 5.0" in sentence and "fewer than 3 data sets are little evidence" in sentence
    three = (*known, Choices("DEV", "Office-31", 18, 1.5, 4.0))
    assert "little evidence" not in trusted(three, "source validation")[1]


def test_the_file_is_what_the_committed_results_say(tmp_path: Path) -> None:
    name, study = workspace.load(method_choice.STUDY)
    results = Results.read(workspace.places().results, f"{name}.laptop")
    expected = tuple(choices(Frame.of(study, results))) if len(results.rows) else ()
    assert evidence() == expected


def test_what_is_written_is_read_back(tmp_path: Path, maker: Maker, monkeypatch: pytest.MonkeyPatch) -> None:
    frame = frame_of(make_study(), measured(maker))
    monkeypatch.setattr(method_choice, "choices", lambda _: choices(frame))
    method_choice.write(tmp_path / "choice.csv")
    assert list(evidence(tmp_path / "choice.csv")) == choices(frame)
