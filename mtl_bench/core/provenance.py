"""What a result came from: the code, the commit, the machine and its libraries."""

from __future__ import annotations

import ast
import hashlib
import importlib.util
import json
import os
import platform
import resource
import subprocess
import sys
from collections.abc import Iterable
from functools import cache
from pathlib import Path

SCHEDULING = ("mtl_bench.core", "mtl_bench.disk", "mtl_bench.home")  # where and when a trial runs changes no result


@cache
def _find(module: str) -> Path | None:
    try:
        spec = importlib.util.find_spec(module)
    except (ImportError, ValueError):
        return None
    origin = spec.origin if spec else None
    return Path(origin) if origin and origin.endswith(".py") else None


@cache
def _read(module: str) -> tuple[str, frozenset[str]]:
    """The digest of a module without docstrings and comments, and what it imports of its package and of ours."""
    path = _find(module)
    if path is None:
        return "", frozenset()
    tree = ast.parse(path.read_bytes())  # by its own declaration of an encoding, whatever the locale
    package = module.partition(".")[0]
    home = module if path.name == "__init__.py" else module.rpartition(".")[0]
    imported: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            imported |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            base = home.rsplit(".", node.level - 1)[0] if node.level else ""
            name = ".".join(filter(None, [base, node.module]))
            imported |= {name} | {f"{name}.{alias.name}" for alias in node.names}
        match getattr(node, "body", None):
            case [ast.Expr(value=ast.Constant(value=str()) as docstring), *_]:
                docstring.value = ""
    ours = {m for m in imported if m.partition(".")[0] in (package, "mtl_bench") and _find(m)}
    return hashlib.sha256(ast.dump(tree).encode()).hexdigest(), frozenset(
        m for m in ours if not m.startswith(SCHEDULING)
    )


@cache
def _closure(modules: frozenset[str]) -> str:
    seen: dict[str, str] = {}
    todo = set(modules)
    while todo:
        module = todo.pop()
        seen[module], imported = _read(module)
        todo |= imported - seen.keys()
    return hashlib.sha256("".join(f"{m} {d}\n" for m, d in sorted(seen.items())).encode()).hexdigest()[:12]


def source_digest(classes: Iterable[type]) -> str:
    """Twelve hex digits over the source of `classes`, with all of their package that they import."""
    return _closure(frozenset(cls.__module__ for cls in classes))


LIBRARIES = ("numpy", "pillow", "pot", "scikit-image", "scikit-learn", "scipy", "timm", "torch", "torchvision")


def _processor() -> str:
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        for line in cpuinfo.read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


def _version(library: str) -> str:
    from importlib.metadata import PackageNotFoundError, version  # `status` does without it

    try:
        return version(library)
    except PackageNotFoundError:
        return "absent"


@cache
def environment() -> dict[str, str]:
    """Everything that equal seeds need for equal bits, as one flat, printable mapping."""
    return {
        "processor": _processor(),
        "threads": os.environ.get("OMP_NUM_THREADS", "unset"),
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
        **{library: _version(library) for library in LIBRARIES},
    }


def environment_digest() -> str:
    """Eight hex digits that name `environment()`."""
    return hashlib.sha256(json.dumps(environment(), sort_keys=True).encode()).hexdigest()[:8]


def peak_mebibytes() -> int:
    """The most memory that this process has held so far, MiB."""
    unit = 2**20 if sys.platform == "darwin" else 2**10  # of ru_maxrss
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // unit


PATIENCE = 5.0  # seconds that git may take


@cache
def commit() -> str:
    """The git commit of this source, "+dirty" when files differ from it, "" outside its own checkout.

    Unpacked or installed inside another repository, the source has no commit: that one's says nothing about it.
    """
    return commit_of(Path(__file__).resolve().parents[2])


def commit_of(root: Path) -> str:
    """The same of a project whose root, the folder that holds mtl_bench/, is `root`."""
    # GIT_DIR and its like, as hooks set them, would point to another repository.
    clean = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}

    def git(*words: str) -> str:
        command = ["git", "-C", str(root), *words]
        done = subprocess.run(
            command, capture_output=True, stdin=subprocess.DEVNULL, check=True, timeout=PATIENCE, env=clean
        )
        return done.stdout.decode(errors="replace").strip()

    try:
        if Path(git("rev-parse", "--show-toplevel")).resolve() != root.resolve():
            return ""
        git("ls-files", "--error-unmatch", "--", "mtl_bench/core/provenance.py")  # fails where it is not known
        head = git("rev-parse", "--short=12", "HEAD")
        return head + ("+dirty" if git("status", "--porcelain", "--", "mtl_bench", "benchmarks") else "")
    except (OSError, ValueError, subprocess.SubprocessError):
        return ""
