"""A folder for studies of one's own: an example that runs, how to use it, and the check of pull requests."""

from __future__ import annotations

from pathlib import Path

from mtl_bench.disk import write_atomically
from mtl_bench.home import PACKAGE
from mtl_bench.workspace import StudyError, near

STARTER = PACKAGE / "starter"
EXAMPLE = "moved_digits"
ELSEWHERE = {"gitignore": ".gitignore", "accuracy.yml": ".github/workflows/accuracy.yml"}


def start(folder: Path) -> list[Path]:
    """Write the files and return where they are. Raises StudyError, having written none, where one is there already."""
    sources = [path for path in sorted(STARTER.rglob("*")) if path.is_file() and "__pycache__" not in path.parts]
    names = [path.relative_to(STARTER).as_posix() for path in sources]
    targets = [folder / ELSEWHERE.get(name, name) for name in names]
    if taken := [str(near(path.absolute())) for path in targets if path.is_symlink() or path.exists()]:
        raise StudyError(
            f"nothing is written, since nothing is overwritten: {', '.join(taken)} "
            f"{'is' if len(taken) == 1 else 'are'} there already; name a new folder: mtl-bench init FOLDER"
        )
    for source, target in zip(sources, targets, strict=True):
        target.parent.mkdir(parents=True, exist_ok=True)
        write_atomically(target, source.read_bytes())
    return targets
