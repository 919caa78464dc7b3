"""`mtl-bench tidy`."""

from __future__ import annotations

from typing import Annotated

import typer


def tidy(
    unplanned: Annotated[
        bool,
        typer.Option("--unplanned", help="Remove rows that are no planned cell with today's key, after a question."),
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Answer the question of --unplanned with yes.")] = False,
) -> None:
    """Repair results after a merge of branches: one row per cell, the newer one; no file that no row refers to."""
    from mtl_bench.execution import tidying

    if yes and not unplanned:
        raise typer.BadParameter("--yes goes with --unplanned")
    tidying.keep_newer_rows()
    if not unplanned:
        return
    found = tidying.unplanned_rows()
    for one in found:
        print(one)
    total = sum(one.count for one in found)
    if total and (yes or typer.confirm(f"Remove {total} rows?", abort=True)):
        for one in found:
            one.remove()
        print(f"{total} rows removed")
