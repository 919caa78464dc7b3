"""`mtl-bench init`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from mtl_bench.workspace import near


def init(
    folder: Annotated[Path, typer.Argument(help="Where to; the current folder is usual.", metavar="FOLDER")] = Path(),
) -> None:
    """Start a folder of studies of one's own: an example that runs in seconds, and the check of pull requests."""
    from mtl_bench.execution.start import EXAMPLE, start

    for path in start(folder):
        print(near(path.absolute()))
    there = "" if folder.resolve() == Path.cwd() else f"cd {folder} && "
    print(f"now: {there}mtl-bench run {EXAMPLE} --scale smoke")
