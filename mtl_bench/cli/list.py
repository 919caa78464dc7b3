"""`mtl-bench list`."""

from __future__ import annotations

from mtl_bench import workspace
from mtl_bench.cli.scripts import AsJson, say


def list_studies(json: AsJson = False) -> None:
    """The studies and what each is about."""
    studies = [{"name": name, "about": workspace.headline(name)} for name in workspace.study_names()]
    width = max((len(study["name"]) for study in studies), default=0)
    say(json, {"studies": studies}, [f"{study['name']:<{width}}  {study['about']}" for study in studies])
