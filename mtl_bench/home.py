"""Where a user's folders and studies lie by default: in the checkout that this code is of, or in the current folder."""

from __future__ import annotations

import os
from pathlib import Path

PACKAGE = Path(__file__).resolve().parent
STUDIES = "benchmarks"


def checkout() -> Path | None:
    """The checkout that this code is of, None where it was installed from a wheel."""
    root = PACKAGE.parent
    return root if (root / STUDIES).is_dir() and (root / "pyproject.toml").is_file() else None


def shipped_studies() -> Path:
    """The folder of the studies that come with mtl-bench: of the checkout, or of the wheel."""
    root = checkout()
    return root / STUDIES if root else PACKAGE / "studies"


def own_studies() -> Path | None:
    """The folder of one's own studies: the one that MTL_BENCH_STUDIES names, or ./benchmarks; None without one.

    A folder that is named counts as it is, and who reads it says so where it is not there. Other projects have a
    ./benchmarks too: it counts where a file in it has a STUDY.
    """
    named = os.environ.get("MTL_BENCH_STUDIES")
    own, shipped = Path(named or STUDIES).absolute(), shipped_studies()
    if own.is_dir() and shipped.is_dir() and own.samefile(shipped):
        return None
    return own if named or _has_a_study(own) else None


def _has_a_study(folder: Path) -> bool:
    paths = (path for pattern in ("*.py", "*/__init__.py") for path in folder.glob(pattern) if path.is_file())
    return any(b"STUDY" in path.read_bytes() for path in paths)


def folder_of(name: str, usual: str = "") -> Path:
    """The folder of this name: MTL_BENCH_<NAME>, or `usual`, without it `name`, in the checkout or the current folder.

    Who works on studies of one's own in ./benchmarks finds all beside them, whatever mtl-bench was installed from.
    """
    named = os.environ.get(f"MTL_BENCH_{name.upper()}")
    beside_own = own_studies() == Path(STUDIES).absolute()
    root = (None if beside_own else checkout()) or Path.cwd()
    return Path(named or root / (usual or name)).absolute()
