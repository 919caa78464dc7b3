"""The two sides of a merge that git could not settle."""

from __future__ import annotations

from pathlib import Path


def sides(path: Path) -> tuple[str, str] | None:
    """Our and their text of a file with the markers of a merge, None where it has none.

    What an older common state had, between ||||||| and =======, is left out.
    """
    try:
        lines = path.read_bytes().decode("utf-8-sig").splitlines(keepends=True)
    except (OSError, UnicodeDecodeError):
        return None  # whoever reads the file says why
    both: tuple[list[str], list[str]] = ([], [])
    into, found = {0, 1}, False
    for line in lines:
        match line.rstrip("\r\n").partition(" ")[0]:
            case "<<<<<<<":
                into, found = {0}, True
            case "|||||||":
                into = set()
            case "=======":
                into = {1}
            case ">>>>>>>":
                into = {0, 1}
            case _:
                for side in into:
                    both[side].append(line)
    return ("".join(both[0]), "".join(both[1])) if found else None
