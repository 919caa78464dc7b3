"""`mtl-bench clean`."""

from __future__ import annotations

from typing import Annotated

import typer

from mtl_bench import workspace


def clean(
    everything: Annotated[bool, typer.Option("--all", help="Remove the whole store; results and pages stay.")] = False,
    unreferenced: Annotated[
        bool,
        typer.Option(
            "--unreferenced",
            help="Remove finished trials that neither a result nor the plan of a study needs, at any scale.",
        ),
    ] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what --unreferenced would remove.")] = False,
) -> None:
    """Remove what stopped runs left: unfinished trials, locks and old failures."""
    from mtl_bench.core.store import Store
    from mtl_bench.execution import maintenance

    if everything and unreferenced:
        raise typer.BadParameter("--all removes what is unreferenced too; leave one of the two out")
    if dry_run and not unreferenced:
        raise typer.BadParameter("--dry-run goes with --unreferenced")
    places = workspace.places()
    store = Store(places.store)
    if everything or unreferenced:
        maintenance.must_be_idle(store)
    if unreferenced:
        _clean_unreferenced(places, dry_run)
    elif everything:
        typer.confirm(f"Remove {maintenance.contents(store)}?", abort=True)
        print(maintenance.empty(store))
    else:
        print(maintenance.sweep(store))


def _clean_unreferenced(places: workspace.Places, dry_run: bool) -> None:
    from mtl_bench.execution import references

    found = references.unreferenced(places)
    if dry_run or not found.keys:
        print(found)
        return
    typer.confirm(f"Remove {found}?", abort=True)
    print(found.remove())
