"""`python -m speed`: time our work beside other libraries' and write reports/speed.md."""

from __future__ import annotations

from typing import Annotated

import typer

from mtl_bench import workspace
from speed import command


def main(
    rows: Annotated[
        list[str] | None, typer.Argument(help="Which comparisons; without, all but those that take minutes.")
    ] = None,
    rounds: Annotated[int | None, typer.Option("--rounds", min=1, help="How often each is timed; 6 or more.")] = None,
    everything: Annotated[bool, typer.Option("--all", help="Also the comparisons that take minutes.")] = False,
    listed: Annotated[bool, typer.Option("--list", help="List the comparisons and measure nothing.")] = False,
) -> None:
    """Time our work beside other libraries', in turns and on one thread, and write reports/speed.md."""
    if listed:
        print(command.listing())
        return
    try:
        wanted = command.chosen(rows or [], everything)
    except command.SpeedError as error:
        raise typer.BadParameter(str(error)) from None
    raise typer.Exit(command.run(wanted, rounds, workspace.places().reports))


if __name__ == "__main__":
    typer.run(main)
