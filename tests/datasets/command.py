"""Commands for tests that kill or fill: python -m tests.datasets.command fetch URL SHA256 | store MARK SECONDS."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

from mtl_bench.datasets.files.acquire import File
from mtl_bench.datasets.files.arrays import stored
from mtl_bench.datasets.files.placed import DataError

ROOT = Path(__file__).parents[2]


def begin(*arguments: str) -> subprocess.Popen[str]:
    """This command in a process of its own."""
    run = [sys.executable, "-m", "tests.datasets.command", *arguments]
    return subprocess.Popen(run, stderr=subprocess.PIPE, text=True, cwd=ROOT)


def wait_for(condition: Callable[[], bool], seconds: float = 60) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.01)


def store(mark: Path, seconds: float) -> None:
    """Two blocks of a mebibyte with a pause between them, and the file `mark` when the first is written."""

    def blocks() -> Iterator[np.ndarray[Any, Any]]:
        yield np.full((1, 1 << 20), 7, np.uint8)
        mark.touch()
        time.sleep(seconds)
        yield np.full((1, 1 << 20), 9, np.uint8)

    stored("slow", "images", (2, 1 << 20), blocks)


def main() -> int:
    what, *rest = sys.argv[1:]
    try:
        if what == "fetch":
            File("file.bin", (rest[0],), (f"sha256:{rest[1]}",)).obtain("set")
        else:
            store(Path(rest[0]), float(rest[1]))
    except DataError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
