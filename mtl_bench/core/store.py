"""The store: a folder per finished trial, named by its key, whose record means completion. Nobody else knows paths."""

from __future__ import annotations

import json
import os
import re
import shutil
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from filelock import FileLock

from mtl_bench.core.note import FILE, RunningNote, note_in, noting
from mtl_bench.core.provenance import commit, environment, environment_digest, peak_mebibytes, source_digest
from mtl_bench.core.record import checked, files_in, finite, whole, with_checksum
from mtl_bench.core.trial import Trial, Work, describe, key, parts
from mtl_bench.disk import DamagedError, disk_fault, read_json, remove_leftovers, write_atomically

KEY = re.compile(r"[A-Za-z_]\w*-[0-9a-f]{16}")
SHARD = "[0-9a-f][0-9a-f]"  # the folders that hold the trials' folders


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

    def folder_of(self, name: str) -> Path:
        """Where the trial with this key lies once it is finished."""
        return self.root / name.rpartition("-")[2][:2] / name

    def folder(self, trial: Trial) -> Path:
        return self.folder_of(key(trial))

    def part_of(self, name: str) -> Path:
        """Where the trial with this key lies until it is finished."""
        return self.folder_of(name).with_name(f"{name}.part")

    def lock(self, name: str) -> FileLock:
        """Held by the process that computes the trial with this key, or removes it."""
        return FileLock(self.folder_of(name).with_name(f"{name}.lock"))

    def __contains__(self, trial: Trial) -> bool:
        return (self.folder(trial) / "record.json").exists()

    def keys(self) -> Iterator[str]:
        """The keys of the finished trials."""
        for record in sorted(self.root.glob(f"{SHARD}/*/record.json")):
            if KEY.fullmatch(record.parent.name):
                yield record.parent.name

    def unfinished(self) -> Iterator[str]:
        """The keys of the trials that were begun; who computes one holds its lock."""
        for part in sorted(self.root.glob(f"{SHARD}/*.part")):
            if KEY.fullmatch(part.stem):
                yield part.stem

    def locks(self) -> list[Path]:
        """The lock files, in use or not."""
        return [*self.root.glob(f"{SHARD}/*.lock"), *self.root.glob("*.lock")]

    def leftovers(self) -> list[Path]:
        """What failures and killed processes left beside trials, finished or not."""
        found = [self.root / "failed", *self.root.glob(f"{SHARD}/*/*.part"), *self.root.glob("environments/*.part")]
        return [path for path in found if path.exists() and path.parent.suffix != ".part"]

    def everything(self) -> list[Path]:
        """All that the store consists of: the folder may hold what is not ours."""
        return [*self.root.glob(SHARD), *self.root.glob("environments"), *self.root.glob("failed"), *self.locks()]

    def record_of(self, name: str) -> dict[str, Any] | None:
        """The record of the trial with this key, None where the store does not hold it. Raises StoreError."""
        if not KEY.fullmatch(name):
            return None
        path = self.folder_of(name) / "record.json"
        try:
            return checked(read_json(path), path)
        except FileNotFoundError:
            return None
        except (OSError, DamagedError) as error:
            raise self._lost(error, path, name) from error

    def record(self, trial: Trial) -> dict[str, Any]:
        """What the trial left: parameters, metrics, seconds, environment, digests. Raises StoreError."""
        found = self.record_of(key(trial))
        if found is None:
            raise StoreError(f"{self.root} does not hold {key(trial)} any more; give the same command again")
        return found

    def artifact(self, trial: Trial, file: str) -> Path:
        """A file that a finished trial left, with the checksum in its record. Raises StoreError."""
        path = self.folder(trial) / file
        try:
            whole(path, self.record(trial).get("files", {}).get(file))
        except (OSError, DamagedError) as error:
            raise self._lost(error, path, key(trial)) from error
        return path

    def environment(self, digest: str) -> dict[str, str] | None:
        """The machine and libraries with this digest, None where that is lost; then `run` notes it again."""
        with suppress(OSError, DamagedError):
            return {name: str(value) for name, value in read_json(self._environment(digest)).items()}
        return None

    def _environment(self, digest: str) -> Path:
        return self.root / "environments" / f"{digest}.json"

    def _lost(self, error: Exception, path: Path, name: str) -> StoreError:
        what = str(error) if isinstance(error, DamagedError) else f"{path} can't be read ({error})"
        return StoreError(f"{what}; remove the folder {self.folder_of(name)} and give the same command again")

    def current(self, trial: Trial) -> bool:
        """Whether the trial is stored and its code has not changed since."""
        return trial in self and self.record(trial)["code"] == code_of(trial)

    def failure(self, trial: Trial) -> Path:
        """Where the traceback of a failed trial is kept."""
        return self.root / "failed" / f"{key(trial)}.txt"

    def failures(self) -> dict[str, tuple[Path, str]]:
        """The trials that failed, by key: where the traceback is, and its last line."""
        found = {}
        for path in sorted(self.root.glob("failed/*.txt")):
            with suppress(OSError):
                text = path.read_text(encoding="utf-8", errors="replace")
                found[path.stem] = path, text.rstrip().rpartition("\n")[2]
        return found

    def note(self, name: str) -> RunningNote:
        """What the running trial with this key last said of itself."""
        return note_in(self.part_of(name))

    def size(self) -> int:
        """Bytes that the store takes on the disk; what goes meanwhile takes none."""
        total = 0
        for folder, _, files in os.walk(self.root):
            for file in files:
                with suppress(OSError):
                    total += os.lstat(f"{folder}/{file}").st_blocks * 512
        return total

    def discard(self, trial: Trial) -> None:
        self.remove(key(trial))

    def remove(self, name: str) -> None:
        """Forget a finished trial; its record goes first, so that a kill leaves no hollow one."""
        (self.folder_of(name) / "record.json").unlink(missing_ok=True)
        shutil.rmtree(self.folder_of(name), ignore_errors=True)

    def compute(self, trial: Trial, device: str) -> None:
        """Run `trial` unless it is stored; one process at a time; resumes what a kill left.

        Raises TrialError when the trial fails by itself, StoreError when the store does.
        """
        folder, part = self.folder(trial), self.part_of(key(trial))
        try:
            folder.parent.mkdir(parents=True, exist_ok=True)
            with self.lock(key(trial)):
                if trial in self:
                    return
                _open_part(part, code_of(trial))
                record = self._run(trial, part, device, noting(part))
                write_atomically(part / "record.json", json.dumps(with_checksum(record), indent=1))
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

    def _run(self, trial: Trial, part: Path, device: str, progress: Callable[[float, str], None]) -> dict[str, Any]:
        def metrics_of(dependency: Trial) -> dict[str, float]:
            return dict(self.record(dependency)["metrics"])

        work = Work(part, device, progress, self.folder, metrics_of, self.artifact)
        start = time.perf_counter()
        if self.environment(environment_digest()) != environment():
            self._environment(environment_digest()).parent.mkdir(exist_ok=True)
            write_atomically(self._environment(environment_digest()), json.dumps(environment(), indent=1))
        metrics = finite(trial.run(work))
        seconds = round(time.perf_counter() - start, 3)
        (part / FILE).unlink(missing_ok=True)
        return {
            "key": key(trial),
            "trial": describe(trial),
            "metrics": metrics,
            "seconds": seconds,
            "peak_mib": peak_mebibytes(),
            "device": device,
            "finished": datetime.now(UTC).isoformat(timespec="seconds"),
            "code": code_of(trial),
            "commit": commit(),
            "environment": environment_digest(),
            "data": work.data,
            "files": files_in(part),
        }


def _open_part(part: Path, code: str) -> None:
    """Continue in what was left, unless other code left it."""
    mark = part / "code"
    if mark.is_file() and mark.read_bytes() == code.encode():
        remove_leftovers(part)
        return
    shutil.rmtree(part, ignore_errors=True)
    part.mkdir(exist_ok=True)
    write_atomically(mark, code)
