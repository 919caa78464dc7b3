"""Numbers of a learning curve, from curves that are written down."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from mtl_bench.core.trial import Trial, Work
from mtl_bench.trials.learning_curve import LearningCurve
from mtl_bench.trials.train import Train
from tests.trials.transfers import DEEP, RECIPE, B, curve_of, ran, work_of

FAST = Train(data=B, backbone=DEEP, recipe=replace(RECIPE, steps=30), seed=2)  # of three checkpoints
SLOW = replace(FAST, seed=3)
CURVES = {FAST: [(3, 0), (10, 50), (20, 90), (30, 90)], SLOW: [(10, 20), (20, 40), (30, 80)]}


def measured(trial: LearningCurve, folder: Path) -> dict[str, float]:
    def artifact_of(run: Trial, name: str) -> Path:
        assert name == "curve.csv" and isinstance(run, Train)
        path = folder / f"{run.seed}.csv"
        path.write_text("step,accuracy\n" + "".join(f"{step},{value}\n" for step, value in CURVES[run]))
        return path

    return dict(trial.run(Work(folder, "cpu", artifact_of=artifact_of)))


def test_start_area_and_when_it_is_learnt_are_those_of_the_curve(tmp_path: Path) -> None:
    """After the third step weights are kept, which makes no checkpoint of it."""
    found = measured(LearningCurve(FAST, SLOW), tmp_path)
    assert found["start"] == 50
    assert found["area"] == pytest.approx((10 * 70 + 10 * 90) / 20)
    assert found["learnt after"] == pytest.approx(100 * (10 + 10 * (72 - 50) / 40) / 30), "72 is 9/10 of SLOW's 80"
    assert [found[f"accuracy after {step}"] for step in (10, 20, 30)] == [50, 90, 90]
    assert "accuracy after 3" not in found


def test_what_never_gets_there_takes_the_whole_run(tmp_path: Path) -> None:
    assert measured(LearningCurve(SLOW, FAST), tmp_path)["learnt after"] == 100


def test_a_run_s_own_curve_is_read(tmp_path: Path) -> None:
    folder = ran(FAST, tmp_path)
    found = LearningCurve(FAST, FAST).run(work_of(tmp_path, folder))
    assert found["start"] == pytest.approx(curve_of(folder)[0])
