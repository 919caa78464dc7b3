"""A run that is really killed goes on as the same run, bit for bit."""

from __future__ import annotations

import io
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from mtl_bench.disk import read_with_checksum
from mtl_bench.training import loop
from tests.training.runs import CASES, STEPS, train


def spawn(folder: Path, last: int, *names: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "tests.training.runs", str(folder), str(last), *names]
    root = Path(__file__).parents[2]
    return subprocess.Popen(
        command, cwd=root, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, process_group=0
    )


@pytest.fixture(scope="module")
def killed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folders by case, each left by a process that was killed after step 18 of 24."""
    folder = tmp_path_factory.mktemp("killed")
    process = spawn(folder, 18, *CASES)
    _, errors = process.communicate(timeout=300)
    assert process.returncode == 0, errors
    return folder


@pytest.mark.slow
@pytest.mark.parametrize("name", CASES)
def test_killed_and_resumed_is_bit_for_bit_the_uninterrupted_run(name: str, killed: Path, tmp_path: Path) -> None:
    expected = train(CASES[name], tmp_path)
    left = killed / name
    content = read_with_checksum(left / "resume_state.pt")
    assert content is not None
    assert torch.load(io.BytesIO(content), weights_only=True)["step"] in (8, 9)
    interrupted = (left / "checkpoint-12.pt").read_bytes()

    torch.rand(3)  # what the process did before must not matter
    resumed = train(CASES[name], left)
    for parameter, value in expected.items():
        assert torch.equal(resumed[parameter], value), f"{parameter} differs"
    assert not (left / "resume_state.pt").exists()

    calls = (left / "calls.txt").read_text(encoding="utf-8").split()
    assert calls == ["4", "8", "12", "16", "12", "16", "20", "24"]  # 12 and 16 lay between resume_state and kill
    assert (left / "checkpoint-12.pt").read_bytes() == interrupted
    for step in range(4, STEPS + 1, 4):
        assert (left / f"checkpoint-{step}.pt").read_bytes() == (tmp_path / f"checkpoint-{step}.pt").read_bytes()


@pytest.mark.slow
def test_a_kill_at_any_moment_even_while_saving(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The whole process group is killed from outside while the child saves after every step."""
    name = "one optimiser"
    process = spawn(tmp_path, 2 * STEPS, name)  # never kills itself
    assert process.stdout is not None
    for line in process.stdout:
        if line.startswith("step 5/"):
            os.killpg(process.pid, signal.SIGKILL)
            break
    process.communicate(timeout=120)
    assert process.returncode == -signal.SIGKILL
    left, whole = tmp_path / name, tmp_path / "whole"
    whole.mkdir()
    expected = train(CASES[name], whole)
    (left / f"resume_state.pt.{process.pid}.part").write_bytes(b"half a checkp")  # what a kill inside a save leaves
    monkeypatch.setattr(loop, "SAVE_EVERY", 0.0)
    steps: list[str] = []
    resumed = train(CASES[name], left, lambda fraction, text: steps.append(text))
    assert 0 < len(steps) < STEPS, "it did not go on from the resume_state"
    assert all(torch.equal(resumed[parameter], value) for parameter, value in expected.items())


@pytest.mark.slow
def test_the_seed_decides_the_run(tmp_path: Path) -> None:
    finals = []
    for run, seed in enumerate((3, 3, 4)):
        (tmp_path / str(run)).mkdir()
        finals.append(train(CASES["one optimiser"], tmp_path / str(run), seed=seed))
    first, again, other = finals
    assert all(torch.equal(first[name], again[name]) for name in first)
    assert any(not torch.equal(first[name], other[name]) for name in first)
