"""What a training run notes at its checkpoints, and the digests of the files that it leaves there."""

from __future__ import annotations

import csv
import hashlib
import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from mtl_bench.disk import read_with_checksum, write_atomically, write_with_checksum
from mtl_bench.inputs.rows import Array

Row = dict[str, float]


@dataclass(frozen=True)
class History:
    """The checkpoints of an unfinished run, in `history.json` of its folder, each with the digests of its files."""

    folder: Path

    @property
    def path(self) -> Path:
        return self.folder / "history.json"

    def _notes(self) -> list[dict[str, Any]]:
        content = read_with_checksum(self.path)
        return [] if content is None else list(json.loads(content))

    def before(self, step: int) -> list[Row]:
        """The rows of earlier checkpoints, in order."""
        return [note["row"] for note in self._notes() if note["row"]["step"] < step]

    def add(self, row: Row, files: Mapping[str, bytes]) -> None:
        """Leave a checkpoint's files and its row; what a run before a kill noted from this step on is replaced."""
        digests = {}
        for name, content in files.items():
            write_atomically(self.folder / name, content)
            digests[name] = hashlib.sha256(content).hexdigest()
        notes = [note for note in self._notes() if note["row"]["step"] < row["step"]]
        write_with_checksum(self.path, json.dumps([*notes, {"row": row, "files": digests}]).encode())

    def drop(self, name: str) -> None:
        """Remove a file that a later checkpoint supersedes."""
        notes = self._notes()
        for note in notes:
            note["files"].pop(name, None)
        write_with_checksum(self.path, json.dumps(notes).encode())
        (self.folder / name).unlink(missing_ok=True)

    def intact(self, steps: Sequence[int], step: int) -> bool:
        """Whether all checkpoints up to `step` are noted and every file that they left is what it was."""
        notes = [note for note in self._notes() if note["row"]["step"] <= step]
        whole = [note["row"]["step"] for note in notes] == [one for one in steps if one <= step]
        return whole and all(
            _digest(self.folder / name) == digest for note in notes for name, digest in note["files"].items()
        )

    def finish(self) -> list[Row]:
        """The rows of all checkpoints; the notes are removed."""
        rows = [note["row"] for note in self._notes()]
        self.path.unlink(missing_ok=True)
        return rows


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest() if path.exists() else ""


def table(rows: Sequence[Mapping[str, float]], digits: int = 17) -> str:
    """Rows as CSV of so many digits, whose columns are all names in the order in which they come."""
    text = io.StringIO()
    writer = csv.DictWriter(
        text, list(dict.fromkeys(name for row in rows for name in row)), restval="", lineterminator="\n"
    )
    writer.writeheader()
    writer.writerows({name: f"{value:.{digits}g}" for name, value in row.items()} for row in rows)
    return text.getvalue()


def read_table(path: Path) -> list[Row]:
    """The rows of such a table."""
    with path.open(newline="", encoding="utf-8") as file:
        return [{name: float(value) for name, value in row.items() if value} for row in csv.DictReader(file)]


def arrays(named: Mapping[str, Array], compressed: bool = False) -> bytes:
    """Arrays by name as the bytes of an .npz file."""
    buffer = io.BytesIO()
    save: Any = np.savez_compressed if compressed else np.savez
    save(buffer, allow_pickle=False, **named)
    return buffer.getvalue()


def array(values: Array) -> bytes:
    """An array as the bytes of an .npy file."""
    buffer = io.BytesIO()
    np.save(buffer, values, allow_pickle=False)
    return buffer.getvalue()


def read_array(path: Path) -> Array:
    """The array of an .npy file."""
    found: Array = np.load(path, allow_pickle=False)
    return found


def read_arrays(path: Path) -> dict[str, Array]:
    """The arrays by name of an .npz file."""
    with np.load(path, allow_pickle=False) as found:
        return dict(found)
