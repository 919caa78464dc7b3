"""Whatever happens to a file of a stopped run: it runs again to the bits of the uninterrupted one, and never fails."""

from __future__ import annotations

import shutil
import warnings
import zlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest

from mtl_bench.core.trial import Trial, Work
from mtl_bench.datasets.synthetic import SyntheticImages
from mtl_bench.methods.deep.source_only import SourceOnly
from mtl_bench.training import loop
from mtl_bench.training.recipe import Recipe
from mtl_bench.trials.adapt import Adapt
from mtl_bench.trials.train import Train
from tests.models.backbones import TinyCNN

SOURCE, TARGET = (SyntheticImages(tint, size=8, train=40, test=12) for tint in (0.0, 1.0))
BACKBONE = TinyCNN(dropout=0.5)
RECIPE = Recipe(steps=8, batch_size=6, checkpoints=4)
TRIALS: dict[str, Trial] = {
    "Adapt": Adapt(method=SourceOnly(), sources=(SOURCE,), target=TARGET, backbone=BACKBONE, recipe=RECIPE, seed=0),
    "Train": Train(data=SOURCE, backbone=BACKBONE, recipe=RECIPE, seed=0, weights_at=(3,)),
}
SAVED, STOPPED = 5, 7  # steps: that of the resume state, and the last that was taken
RESUMED = ("resume_state.pt", "history.json")


@dataclass(frozen=True)
class Runs:
    """What a whole run leaves and computes, and the folders of stopped ones."""

    files: dict[str, bytes]
    metrics: dict[str, float]
    stopped: Path  # after step 7, with the resume state of step 5
    ended: Path  # after the last step, with its resume state


class StoppedError(Exception):
    """Stands for a kill: nothing after it runs."""


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def stop(trial: Trial, folder: Path, saved: int, last: int) -> Path:
    folder.mkdir()
    taken: list[str] = []

    def progress(fraction: float, text: str) -> None:
        taken.append(text)
        if len(taken) == saved:
            patch.setattr(loop, "SAVE_EVERY", float("inf"))
        if len(taken) == last:
            raise StoppedError

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(loop, "SAVE_EVERY", 0.0)
        with pytest.raises(StoppedError):
            trial.run(replace(Work(folder, "cpu"), progress=progress))
    return folder


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Runs]:
    made = {}
    for name, trial in TRIALS.items():
        root = tmp_path_factory.mktemp(name)
        (root / "whole").mkdir()
        metrics = dict(trial.run(Work(root / "whole", "cpu")))
        stopped, ended = stop(trial, root / "stopped", SAVED, STOPPED), stop(trial, root / "ended", 8, 8)
        made[name] = Runs(contents(root / "whole"), metrics, stopped, ended)
    return made


def flipped(content: bytes) -> bytes:
    """One bit is another, at a place that depends on the content."""
    place = int(np.random.default_rng(zlib.crc32(content)).integers(8 * len(content)))
    found = bytearray(content)
    found[place // 8] ^= 1 << place % 8
    return bytes(found)


DAMAGE: dict[str, Callable[[bytes], bytes | None]] = {
    "truncated": lambda content: content[: len(content) // 2],
    "empty": lambda content: b"",
    "one bit flipped": flipped,
    "zeroed": lambda content: bytes(len(content)),
    "foreign": lambda content: b'{"step": 5}\n',
    "deleted": lambda content: None,
}


def damage(kind: str, path: Path) -> None:
    content = DAMAGE[kind](path.read_bytes())
    path.unlink()
    if content is not None:
        path.write_bytes(content)


def rerun(trial: Trial, folder: Path) -> tuple[dict[str, float], list[str], list[str]]:
    """Metrics, the steps taken and what was warned of."""
    steps: list[str] = []
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        metrics = trial.run(replace(Work(folder, "cpu"), progress=lambda fraction, text: steps.append(text)))
    return dict(metrics), steps, [str(warning.message) for warning in caught]


def first_step(name: str, file: str) -> int:
    """Where the rerun begins: anew where what it would go on from is damaged, else after the resume state."""
    kept = file == "curve.csv" or file.endswith("-6.npz") or file.endswith("-6.pt")  # are written again
    return SAVED + 1 if kept else 1


CASES = [
    *(("Adapt", file) for file in (*RESUMED, "checkpoint-2.npz", "checkpoint-6.npz", "weights")),
    *(("Train", file) for file in (*RESUMED, "weights-3.pt", "curve.csv")),
]


@pytest.mark.slow
@pytest.mark.parametrize("kind", DAMAGE)
@pytest.mark.parametrize(("name", "file"), CASES)
def test_a_damaged_file_of_a_stopped_run_changes_no_bit(
    name: str, file: str, kind: str, runs: dict[str, Runs], tmp_path: Path
) -> None:
    run, folder = runs[name], tmp_path / "run"
    shutil.copytree(run.stopped, folder)
    path = next(folder.glob("weights-*.pt")) if file == "weights" else folder / file
    damage(kind, path)
    metrics, steps, warned = rerun(TRIALS[name], folder)
    begun = first_step(name, path.name)
    assert steps == [f"step {step}/8" for step in range(begun, 9)]
    assert metrics == run.metrics
    assert contents(folder) == run.files
    silent = begun > 1 or (file == "resume_state.pt" and kind == "deleted")
    assert bool(warned) is not silent, "starting anew is told, with the file or folder"
    assert all(str(folder) in text for text in warned)


@pytest.mark.parametrize("kind", DAMAGE)
@pytest.mark.parametrize(
    ("name", "file"), [("Adapt", "history.json"), ("Train", "history.json"), ("Train", "curve.csv")]
)
def test_so_does_none_after_the_last_step(
    name: str, file: str, kind: str, runs: dict[str, Runs], tmp_path: Path
) -> None:
    run, folder = runs[name], tmp_path / "run"
    shutil.copytree(run.ended, folder)
    damage(kind, folder / file)
    metrics, steps, _ = rerun(TRIALS[name], folder)
    assert len(steps) == (0 if file == "curve.csv" else 8)
    assert metrics == run.metrics
    assert contents(folder) == run.files


@pytest.mark.parametrize("name", TRIALS)
def test_without_damage_it_goes_on_silently(name: str, runs: dict[str, Runs], tmp_path: Path) -> None:
    """Otherwise the tests above would prove nothing."""
    run, folder = runs[name], tmp_path / "run"
    shutil.copytree(run.stopped, folder)
    metrics, steps, warned = rerun(TRIALS[name], folder)
    assert (metrics, steps, warned) == (run.metrics, ["step 6/8", "step 7/8", "step 8/8"], [])
    assert contents(folder) == run.files
