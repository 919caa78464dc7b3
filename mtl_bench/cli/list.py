"""`mtl-bench list`."""

from __future__ import annotations

from mtl_bench import workspace
from mtl_bench.cli.scripts import AsJson, say


def list_studies(json: AsJson = False) -> None:
    """The studies and what each is about: those that come with mtl-bench, then one's own."""
    places, studies, lines = workspace.places(), [], list[str]()
    for folder in places.studies:
        own, names = folder == places.own, workspace.names_in(folder)
        found = [{"name": name, "about": workspace.headline(name), "own": own} for name in names]
        width = max(map(len, names), default=0)
        lines += [f"\nyour own, in {workspace.near(folder)}:"] if own else []
        lines += [f"{study['name']:<{width}}  {study['about']}" for study in found]
        studies += found
    say(json, {"studies": studies}, lines)
