"""What a running trial says of itself: how far it is, and which command computes it."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from mtl_bench.disk import read_json, write_atomically

EVERY = 0.5  # seconds between two notes of one trial
FILE = "progress.json"


@dataclass(frozen=True)
class RunningNote:
    """The last note of a trial; empty where there is none."""

    fraction: float = 0.0  # done
    text: str = ""
    command: int = 0  # the process of the command whose worker computes the trial, 0 where that is not known


def note_in(part: Path) -> RunningNote:
    """The note in the folder of an unfinished trial."""
    try:
        note = read_json(part / FILE)
        return RunningNote(float(note["fraction"]), str(note["text"]), int(note.get("command", 0)))
    except (OSError, ValueError, KeyError, TypeError):
        return RunningNote()


def noting(part: Path) -> Callable[[float, str], None]:
    """Note that this process computes the trial; returns what notes how far it is, now and then."""
    from multiprocessing import current_process, parent_process

    command = (parent_process() or current_process()).pid
    last = [0.0]

    def write(fraction: float, text: str) -> None:
        note = {"fraction": fraction, "text": text, "pid": os.getpid(), "command": command}
        write_atomically(part / FILE, json.dumps(note))

    def progress(fraction: float, text: str) -> None:
        if time.monotonic() - last[0] >= EVERY:
            last[0] = time.monotonic()
            write(fraction, text)

    write(0.0, "")
    return progress
