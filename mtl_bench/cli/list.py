"""`mtl-bench list`."""

from __future__ import annotations

from mtl_bench import workspace


def list_studies() -> None:
    """The studies and what each is about."""
    names = workspace.study_names()
    for name in names:
        print(f"{name:<{max(map(len, names))}}  {workspace.headline(name)}")
