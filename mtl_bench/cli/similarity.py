"""`mtl-bench similarity`."""

from __future__ import annotations

from typing import Annotated

import typer

from mtl_bench.cli.arguments import Device, OnDevice, device_class

NETWORK = "A name of timm's, with weights resnet18@weights.pth, untrained resnet18@new:3, or models.py:Net."


def similarity(
    model_a: Annotated[str, typer.Argument(help=NETWORK)],
    model_b: Annotated[str, typer.Argument(help="The same of the other network.")],
    images: Annotated[str, typer.Argument(help="A folder of images, at any depth; no labels are needed.")],
    layers: Annotated[
        list[str] | None,
        typer.Option("--layers", help="Compare these layers: names or patterns (blocks.*, **.conv2); may be repeated."),
    ] = None,
    layers_b: Annotated[
        list[str] | None, typer.Option("--layers-b", help="Of the second network, where its layers have other names.")
    ] = None,
    most: Annotated[int, typer.Option("--most", min=4, help="Use so many images, drawn at random.")] = 1000,
    biased: Annotated[
        bool, typer.Option("--biased", help="The biased estimate, to compare with numbers that were published.")
    ] = False,
    folder: Annotated[str, typer.Option("--folder", help="Where page, table and figure go.")] = "similarity",
    device: OnDevice = Device.auto,
) -> None:
    """See how alike two networks are, layer by layer (CKA), on a folder of images.

    Writes a page, the table cka.csv and the figure cka.png and cka.pdf.
    """
    from mtl_bench.execution import similarity as comparing

    asked = comparing.TwoNetworks(
        model_a, model_b, images, tuple(layers or ()), tuple(layers_b or ()), most, biased, folder
    )
    typer.echo(str(comparing.compare(asked, device_class(device), lambda line: typer.echo(line, err=True))))
