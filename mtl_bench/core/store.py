"""The store: one folder per finished trial, named by its key. A record's presence is completion."""

from __future__ import annotations

import json
import os
import shutil
import time
import traceback
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from filelock import FileLock

from mtl_bench.core.provenance import commit, environment, environment_digest, peak_mebibytes, source_digest
from mtl_bench.core.trial import Trial, Work, describe, key, parts
from mtl_bench.disk import disk_fault, write_atomically

PROGRESS_EVERY = 0.5  # seconds between two progress notes of one trial


class StoreError(Exception):
    """The store cannot be used; the message is one sentence with the remedy."""


class TrialError(Exception):
    """A trial failed by itself; the message is its error in one line, which every process can unpickle."""


def code_of(trial: Trial) -> str:
    """The digest of the source of every class in `trial`, with all that it imports."""
    return source_digest(type(part) for part in parts(trial))


@dataclass(frozen=True)
class Store:
    """Finished trials below `root`, in root/ab/<key>/; unfinished ones in <key>.part/."""

    root: Path

    def folder(self, trial: Trial) -> Path:
        name = key(trial)
        return self.root / name.rpartition("-")[2][:2] / name

    def __contains__(self, trial: Trial) -> bool:
        return (self.folder(trial) / "record.json").exists()

    def record(self, trial: Trial) -> dict[str, Any]:
        """What the trial left: parameters, metrics, seconds, environment, digests."""
        path = self.folder(trial) / "record.json"
        try:
            return dict(json.loads(path.read_text(encoding="utf-8")))
        except (OSError, ValueError, TypeError) as error:
            raise StoreError(f"{path} can't be read ({error}); remove the folder {key(trial)} and run again") from error

    def current(self, trial: Trial) -> bool:
        """Whether the trial is stored and its code has not changed since."""
        return trial in self and self.record(trial)["code"] == code_of(trial)

    def failure(self, trial: Trial) -> Path:
        """Where the traceback of a failed trial is kept."""
        return self.root / "failed" / f"{key(trial)}.txt"

    def discard(self, trial: Trial) -> None:
        """Forget a finished trial; its record goes first, so that a kill leaves no hollow one."""
        (self.folder(trial) / "record.json").unlink(missing_ok=True)
        shutil.rmtree(self.folder(trial), ignore_errors=True)

    def compute(self, trial: Trial, device: str) -> None:
        """Run `trial` unless it is stored; one process at a time; resumes what a kill left.

        Raises TrialError when the trial fails by itself, StoreError when the store does.
        """
        folder = self.folder(trial)
        part = folder.with_name(folder.name + ".part")
        try:
            folder.parent.mkdir(parents=True, exist_ok=True)
            with FileLock(folder.with_name(folder.name + ".lock")):
                if trial in self:
                    return
                self._open_part(part, code_of(trial))
                record = self._run(trial, part, device)
                (part / "progress.json").unlink(missing_ok=True)
                write_atomically(part / "record.json", json.dumps(record, indent=1))
                shutil.rmtree(folder, ignore_errors=True)  # a folder without a record is no result
                part.rename(folder)
                self.failure(trial).unlink(missing_ok=True)
        except StoreError:
            raise
        except (Exception, SystemExit) as error:
            if sentence := disk_fault(error, self.root):
                raise StoreError(sentence) from None
            text = f"{json.dumps(describe(trial), indent=1)}\n\n{traceback.format_exc()}"
            with suppress(OSError):  # the error matters more than its traceback
                self.failure(trial).parent.mkdir(parents=True, exist_ok=True)
                write_atomically(self.failure(trial), text)
            first = str(error).partition("\n")[0]
            raise TrialError(f"{type(error).__name__}: {first}") from error

    def _open_part(self, part: Path, code: str) -> None:
        """Continue in what was left, unless other code left it."""
        mark = part / "code"
        if part.exists() and (not mark.exists() or mark.read_text(encoding="utf-8") != code):
            shutil.rmtree(part)
        part.mkdir(exist_ok=True)
        write_atomically(mark, code)

    def _run(self, trial: Trial, part: Path, device: str) -> dict[str, Any]:
        last = [0.0]

        def progress(fraction: float, text: str) -> None:
            if time.monotonic() - last[0] >= PROGRESS_EVERY:
                last[0] = time.monotonic()
                note = {"fraction": fraction, "text": text, "pid": os.getpid()}
                write_atomically(part / "progress.json", json.dumps(note))

        work = Work(part, device, progress, self.folder, lambda dependency: self.record(dependency)["metrics"])
        start = time.perf_counter()
        where = self.root / "environments"
        where.mkdir(exist_ok=True)
        write_atomically(where / f"{environment_digest()}.json", json.dumps(environment(), indent=1))
        return {
            "key": key(trial),
            "trial": describe(trial),
            "metrics": {name: float(value) for name, value in trial.run(work).items()},
            "seconds": round(time.perf_counter() - start, 3),
            "peak_mib": peak_mebibytes(),
            "device": device,
            "finished": datetime.now(UTC).isoformat(timespec="seconds"),
            "code": code_of(trial),
            "commit": commit(),
            "environment": environment_digest(),
            "data": work.data,
        }
