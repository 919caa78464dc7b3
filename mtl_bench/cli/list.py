"""`mtl-bench list`."""

from __future__ import annotations

from mtl_bench import workspace


def list_studies() -> None:
    """The studies and what each is about: those that come with mtl-bench, then one's own."""
    places = workspace.places()
    for folder in places.studies:
        if folder == places.own:
            print(f"\nyour own, in {workspace.near(folder)}:")
        names = workspace.names_in(folder)
        for name in names:
            print(f"{name:<{max(map(len, names))}}  {workspace.headline(name)}")
