"""`mtl-bench compare`."""

from __future__ import annotations

from typing import Annotated

import typer

from mtl_bench.cli.arguments import Device, OnDevice, Slots, device_class


def compare(
    context: typer.Context,
    source: Annotated[
        str,
        typer.Argument(
            help="A folder of class folders, a table of texts (.csv, .parquet) or of features (those, .npz, .mat), or "
            "owner/name@commit."
        ),
    ],
    target: Annotated[str, typer.Argument(help="The same of the target; without labels a folder of images will do.")],
    labels: Annotated[
        str, typer.Option("--labels", help="A CSV file (file,label or row,label) of some of its labels.")
    ] = "",
    methods: Annotated[
        list[str] | None,
        typer.Option("--methods", "--method", help="Compare this method; may be repeated. Without, all."),
    ] = None,
    backbone: Annotated[
        str,
        typer.Option(
            "--backbone",
            help="What sees images: a name of timm's (tf_efficientnet_lite0 without), or models.py:Net; or texts: "
            "words (without), minilm, bert, gpt or elmo.",
        ),
    ] = "",
    minutes: Annotated[float, typer.Option("--minutes", min=0, help="Begin no method that would end later.")] = 30,
    steps: Annotated[int, typer.Option("--steps", min=1, help="Train each network for so many steps.")] = 1500,
    most: Annotated[
        int, typer.Option("--most", min=20, help="Use so many rows of each domain, drawn at random.")
    ] = 3000,
    name: Annotated[str, typer.Option("--name", help="Of the study that is written; usually source_to_target.")] = "",
    text: Annotated[str, typer.Option("--text", help="The column of a table that holds texts.")] = "text",
    label: Annotated[str, typer.Option("--label", help="The column of a table that holds the classes.")] = "label",
    unlabelled: Annotated[
        bool, typer.Option("--unlabelled", help="Read no label of the target, whatever its folders are called.")
    ] = False,
    slots: Slots = None,
    device: OnDevice = Device.auto,
) -> None:
    """Find out which transfer method works from SOURCE to TARGET, on your own data.

    Writes a study file that can be edited and run again, a page, and in a folder of its name predictions.csv and the
    chosen network.
    """
    from mtl_bench.execution import compare as comparing
    from mtl_bench.execution.own_data import Columns

    columns = Columns(text, label)
    asked = comparing.Asked(
        source, target, labels, tuple(methods or ()), backbone, minutes, steps, most, name, columns, unlabelled
    )
    raise typer.Exit(comparing.compare(asked, device_class(device), slots, context.obj))
