"""Where files are looked for before their own sources: `MTL_BENCH_MIRROR`."""

from __future__ import annotations

import os
import re
from pathlib import Path

# An address keeps the colons of its scheme, its user, its IPv6 host and its port; elsewhere a colon ends an entry.
ENTRY = re.compile(r"https?://(?:[^/:@]*(?::[^/:@]*)?@)?(?:\[[^\]]*\]|[^/:]*)(?::\d+(?=[/:]|$))?[^:]*|[^:]+")
ADDRESSES = ("http://", "https://")


def mirrors() -> tuple[str, ...]:
    """The folders and addresses of `MTL_BENCH_MIRROR` in their order, each laid out as the data folder is.

    They are separated like PATH: by colons, on Windows by semicolons.
    """
    value = os.environ.get("MTL_BENCH_MIRROR", "")
    entries = ENTRY.findall(value) if os.pathsep == ":" else value.split(os.pathsep)
    return tuple(dict.fromkeys(entry.rstrip("/") or "/" for entry in map(str.strip, entries) if entry))


def absent() -> tuple[str, ...]:
    """Those of the mirrors that are folders and are not there."""
    return tuple(one for one in mirrors() if not one.startswith(ADDRESSES) and not _is_folder(one))


def _is_folder(name: str) -> bool:
    try:
        return Path(name).is_dir()
    except (OSError, ValueError):  # a name that no folder can have
        return False
