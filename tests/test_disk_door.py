"""Every file that the project writes goes through one door: `mtl_bench/disk.py`."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

import mtl_bench

ROOT = Path(*mtl_bench.__path__)
DOOR = "disk.py"
WRITERS = {"write_text", "write_bytes"}
# These write to what is their first argument, which must be a file that `replacing` gave, not a path.
INTO_FILE = {"save", "savez", "savez_compressed", "savefig", "to_csv", "to_json", "to_pickle", "savetxt"}
OURS = {"style.save"}  # functions of ours that write through the door
ALLOWED = {
    "datasets/files/arrays.py": "an array is decoded block by block into its .part, which is renamed once it is whole",
    "datasets/files/encoded.py": "images are written batch by batch into a .part, which is renamed once it is whole",
    "datasets/files/members.py": "into a folder that is renamed once it is whole; a later run compares it by CRC",
    "datasets/files/transfer.py": "a download goes on in its .part file where a stopped one ended",
    "datasets/files/unpack.py": "members are written into a folder that is renamed once it is whole",
}


def given_files(tree: ast.AST) -> set[str]:
    """The names of files that `with replacing(…) as name` or `io` buffers give."""
    names = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.withitem) and isinstance(node.optional_vars, ast.Name):
            call = node.context_expr
            if isinstance(call, ast.Call) and ast.unparse(call.func).rpartition(".")[2] == "replacing":
                names.add(node.optional_vars.id)
        if isinstance(node, ast.Assign) and ast.unparse(node.value).strip("()").endswith(("BytesIO", "StringIO")):
            names |= {part.id for target in node.targets for part in ast.walk(target) if isinstance(part, ast.Name)}
    return names


def direct_writes(source: str) -> list[str]:
    """The calls that write a file by its path."""
    tree = ast.parse(source)
    files = given_files(tree)
    found = []
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            continue
        name = ast.unparse(node.func).rpartition(".")[2]
        words = [a.value for a in (*node.args, *(k.value for k in node.keywords)) if isinstance(a, ast.Constant)]
        if name in ("open", "fdopen") and any(isinstance(w, str) and is_mode(w) for w in words):
            found.append(ast.unparse(node))
        if name in WRITERS:
            found.append(ast.unparse(node))
        if name in INTO_FILE and node.args and ast.unparse(node.func) not in OURS:
            into = node.args[0] if ast.unparse(node.func) != "torch.save" else node.args[-1]
            if not (isinstance(into, ast.Name) and into.id in files):
                found.append(ast.unparse(node))
    return found


def is_mode(word: str) -> bool:
    return set(word) <= set("rwaxbt+") and bool(set(word) & set("wax+"))


def modules() -> dict[str, Path]:
    return {path.relative_to(ROOT).as_posix(): path for path in sorted(ROOT.rglob("*.py"))}


@pytest.mark.slow
@pytest.mark.parametrize("name", [name for name in modules() if name not in {DOOR, *ALLOWED}])
def test_every_file_is_written_through_the_door(name: str) -> None:
    found = direct_writes(modules()[name].read_text(encoding="utf-8"))
    assert not found, f"{name} writes by itself: {found[0]}; use write_atomically or replacing of mtl_bench/disk.py"


def test_what_is_allowed_is_there_and_writes() -> None:
    """A name that no longer stands for a writing file leaves the lists."""
    found = modules()
    for name in ALLOWED:
        assert direct_writes(found[name].read_text(encoding="utf-8")), f"{name} writes nothing: take it off the list"


@pytest.mark.parametrize(
    "source",
    [
        "open(path, 'w')",
        "open(path, mode='ab')",
        "path.open('wb')",
        "path.write_text('a')",
        "path.write_bytes(b'a')",
        "np.save(path, array)",
        "np.savez_compressed(folder / 'a.npz', a=array)",
        "torch.save(state, path)",
        "frame.to_csv(path, index=False)",
        "with path.open('r+b') as file:\n    torch.save(state, file)",
    ],
)
def test_a_write_beside_the_door_is_seen(source: str) -> None:
    assert direct_writes(source)


@pytest.mark.parametrize(
    "source",
    [
        "path.open('rb')",
        "open(path, encoding='utf-8')",
        "text = frame.to_csv(index=False)",
        "with replacing(path) as file:\n    torch.save(state, file)",
        "with disk.replacing(path) as file:\n    np.save(file, array)",
        "buffer = io.BytesIO()\nfigure.savefig(buffer)",
        "write_atomically(path, 'w')",
    ],
)
def test_reading_and_the_door_itself_are_no_such_writes(source: str) -> None:
    assert not direct_writes(source)
