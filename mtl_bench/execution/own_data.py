"""What the words of `mtl-bench compare` mean: folders, tables and hub data sets, looked at before anything runs."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from mtl_bench.datasets.correspondence import corresponding
from mtl_bench.datasets.feature_table import FeatureTable, same_width
from mtl_bench.datasets.files.own_images import class_folders
from mtl_bench.datasets.files.own_tables import READERS, own_table
from mtl_bench.datasets.files.placed import DataError, one_line
from mtl_bench.datasets.folder import ImageFolder
from mtl_bench.datasets.hub import HubImages
from mtl_bench.models.own_network import OwnNetwork
from mtl_bench.models.pretrained import PACKAGED, Pretrained, WeightsError
from mtl_bench.plans.comparison import FEWEST, OwnData
from mtl_bench.workspace import StudyError

HUB = re.compile(r"(?P<path>[\w.-]+(/[\w.-]+)?)@(?P<commit>[0-9a-f]{40})")


def looked_at(source: str, target: str, label: str, unlabelled: bool) -> tuple[OwnData, OwnData]:
    """Both domains with the same classes; raises StudyError, one sentence, for whatever can't be compared."""
    try:
        if unlabelled and HUB.fullmatch(target):
            raise ValueError(f"{target} states its labels; save its images in a folder to compare without them")
        of_source = _domain(source, (), label, labelled=True)
        labelled = not unlabelled and _has_labels(target, label)
        of_target = _domain(target, () if labelled else of_source.classes, label, labelled)
        if labelled:
            corresponding(of_source.classes, of_target.classes, of_source.name, of_target.name)
        if isinstance(of_source, FeatureTable) is not isinstance(of_target, FeatureTable):
            raise ValueError(f"{source} and {target} are not of one kind; give images twice, or tables of features")
        if isinstance(of_source, FeatureTable) and isinstance(of_target, FeatureTable):
            same_width(of_source, of_target)
        if of_source.name == of_target.name:  # amazon/images and webcam/images
            of_source, of_target = (_with_parent(one, word) for one, word in ((of_source, source), (of_target, target)))
        if of_source.name == of_target.name:
            raise ValueError(f"both are called {of_source.name}; rename one of the folders or files")
        for one in (of_source, of_target):
            if (count := rows_of(one)) < FEWEST:
                raise ValueError(f"{one.name} has {count} rows; {FEWEST} of each domain are needed")
    except (DataError, ValueError) as error:
        raise StudyError(one_line(error)) from error
    return of_source, of_target


def rows_of(data: OwnData) -> int:
    """How many rows there are."""
    return len(data.inputs("train" if isinstance(data, HubImages) else "all"))


def backbone_of(word: str, data: OwnData) -> tuple[Pretrained | None, int]:
    """The network and the width of its features; of tables none, and their own. Raises StudyError."""
    if isinstance(data, FeatureTable):
        return None, data.inputs("all").shape[1]
    try:
        network = OwnNetwork.of(word) if ".py:" in word else Pretrained(word)
        if not isinstance(network, OwnNetwork) and word != PACKAGED:
            import timm

            if not timm.is_model(word.partition(".")[0]) and not word.startswith("torchvision/"):
                raise WeightsError(f"timm has no network {word}; timm.list_models() names those that it has")
        return network, _width(network)
    except WeightsError as error:
        raise StudyError(str(error)) from error


def _width(network: Pretrained) -> int:
    """Of the features of an image of 224 pixels, by weights that are fetched now if need be."""
    import torch
    from PIL import Image

    net, transform = network.network()
    with torch.inference_mode():
        found = net(transform(Image.new("RGB", (256, 256)))[None])
    if found.ndim != 2:
        raise WeightsError(f"{network.name} gives features of the shape {tuple(found.shape)}; it must give (n, width)")
    return int(found.shape[1])


def _domain(word: str, classes: Sequence[str], label: str, labelled: bool) -> OwnData:
    path = Path(word)
    if found := HUB.fullmatch(word):
        return HubImages.looked_up(found["path"], found["commit"], label)
    if path.suffix.lower() in READERS and not path.is_dir():
        return FeatureTable.of(path, classes=classes, label=label, labelled=labelled)
    if not path.exists():
        raise DataError(
            f"{word} is not there; give a folder of class folders, a table ({', '.join(READERS)}) or a data set of the "
            "Hugging Face hub, owner/name@commit"
        )
    return ImageFolder.of(path, classes=classes, labelled=labelled)


def _with_parent(data: OwnData, word: str) -> OwnData:
    """Under its name with that of the folder above."""
    return (
        data if isinstance(data, HubImages) else replace(data, name=f"{Path(word).resolve().parent.name}-{data.name}")
    )


def _has_labels(word: str, label: str) -> bool:
    """Whether a target tells its classes: by class folders, or by a column."""
    path = Path(word)
    if HUB.fullmatch(word):
        return True
    if path.suffix.lower() in READERS and not path.is_dir():
        try:
            return own_table(path, label, labelled=True).labels is not None
        except DataError:
            own_table(path, label, labelled=False)
            return False
    return path.is_dir() and bool(class_folders(path))
