"""What several commands ask for."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer


class Device(StrEnum):
    auto = "auto"
    cpu = "cpu"
    cuda = "cuda"


StudyName = Annotated[str, typer.Argument(help="The study; `mtl-bench list` shows all.", metavar="STUDY")]
ScaleName = Annotated[
    str | None,
    typer.Option(
        "--scale",
        help="smoke (seconds), laptop (minutes to hours), gpu (hours), paper; without, laptop, or else paper.",
        metavar="SCALE",
    ),
]
OnlyLabels = Annotated[
    list[str] | None,
    typer.Option("--only", help="Only cells with this label; may be repeated.", metavar="LABEL=VALUE"),
]
Slots = Annotated[
    int | None, typer.Option("--slots", min=1, help="How many trials run at once; one per core is usual.")
]
OnDevice = Annotated[Device, typer.Option("--device", help="auto takes CUDA where there is one.")]


def device_class(device: Device) -> str:
    """ "cpu" or "cuda", whichever is meant here."""
    if device is Device.cpu:
        return "cpu"
    import torch

    if torch.cuda.is_available():
        return "cuda"
    if device is Device.cuda:
        raise typer.BadParameter("PyTorch sees no CUDA device here; leave --device out", param_hint="--device")
    return "cpu"
