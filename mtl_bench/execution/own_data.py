"""What the words of `mtl-bench compare` mean: folders, tables and hub data sets, looked at before anything runs."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from mtl_bench.datasets.bert import BERT
from mtl_bench.datasets.correspondence import corresponding
from mtl_bench.datasets.elmo import ELMo
from mtl_bench.datasets.feature_table import FeatureTable, same_width
from mtl_bench.datasets.files.own_images import class_folders
from mtl_bench.datasets.files.own_tables import READERS, own_table
from mtl_bench.datasets.files.own_texts import columns_beside_texts
from mtl_bench.datasets.files.placed import DataError, one_line
from mtl_bench.datasets.files.published_encoder import PublishedEncoder
from mtl_bench.datasets.folder import ImageFolder
from mtl_bench.datasets.gpt import GPT
from mtl_bench.datasets.hub import HubImages
from mtl_bench.datasets.minilm import MiniLM
from mtl_bench.datasets.text_table import TextTable
from mtl_bench.datasets.wrappers.bag_of_words import BagOfWords
from mtl_bench.datasets.wrappers.drawn import Drawn
from mtl_bench.models.own_network import OwnNetwork
from mtl_bench.models.pretrained import PACKAGED, Pretrained, WeightsError
from mtl_bench.plans.comparison import FEWEST, OwnData
from mtl_bench.workspace import StudyError

WORDS = "words"  # the usual features of texts
Below = Pretrained | PublishedEncoder  # what makes features of images or texts
ENCODERS: dict[str, PublishedEncoder] = {one.name: one for one in (MiniLM(), BERT(), GPT(), ELMo())}
HUB = re.compile(r"(?P<path>[\w.-]+(/[\w.-]+)?)@(?P<commit>[0-9a-f]{40})")


@dataclass(frozen=True)
class Columns:
    """Names of a table's columns."""

    text: str = "text"
    label: str = "label"


def looked_at(source: str, target: str, columns: Columns, unlabelled: bool) -> tuple[OwnData, OwnData]:
    """Both domains with the same classes; raises StudyError, one sentence, for whatever can't be compared."""
    try:
        if unlabelled and HUB.fullmatch(target):
            raise ValueError(f"{target} states its labels; save its images in a folder to compare without them")
        of_source = _domain(source, (), columns, labelled=True)
        labelled = not unlabelled and _has_labels(target, columns)
        of_target = _domain(target, () if labelled else of_source.classes, columns, labelled)
        if _kind(of_source) != _kind(of_target):
            raise ValueError(
                f"{source} has {_kind(of_source)} and {target} {_kind(of_target)}; give two of one kind (--text names "
                "a column of texts)"
            )
        if labelled:
            corresponding(of_source.classes, of_target.classes, of_source.name, of_target.name)
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


def _kind(data: OwnData) -> str:
    return {FeatureTable: "features", TextTable: "texts"}.get(type(data), "images")


def backbone_of(word: str, source: OwnData, target: OwnData, most: int) -> tuple[Below | None, int]:
    """The network and the width of its features; of tables and bags of words none, and theirs. Raises StudyError.

    "" is the usual one. `most` rows of a domain are drawn, whose words are features.
    """
    if isinstance(source, FeatureTable):
        if word:
            raise StudyError(f"{source.name} has features already, which no network sees; leave out --backbone {word}")
        return None, source.inputs("all").shape[1]
    if isinstance(source, TextTable):
        return _encoder_of(word, source, target, most)
    word = word or PACKAGED
    try:
        network = OwnNetwork.of(word) if ".py:" in word else Pretrained(word)
        if not isinstance(network, OwnNetwork) and word != PACKAGED:
            import timm

            if not timm.is_model(word.partition(".")[0]) and not word.startswith("torchvision/"):
                raise WeightsError(f"timm has no network {word}; timm.list_models() names those that it has")
        return network, _width(network)
    except WeightsError as error:
        raise StudyError(str(error)) from error


def _encoder_of(word: str, source: TextTable, target: OwnData, most: int) -> tuple[PublishedEncoder | None, int]:
    """Of texts: an encoder of sentences, or none and how many words are features."""
    if word not in ("", WORDS, *ENCODERS):
        raise StudyError(f"texts are not seen by {word}; give --backbone {', '.join((WORDS, *ENCODERS))}")
    try:
        if word in ENCODERS:
            ENCODERS[word].place()
            return ENCODERS[word], ENCODERS[word].width
        both = Drawn(source, most), Drawn(target, most)
        return None, BagOfWords(both[0], both, split="all").inputs("all").shape[1]
    except (DataError, ValueError) as error:
        raise StudyError(one_line(error)) from error


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


def _domain(word: str, classes: Sequence[str], columns: Columns, labelled: bool) -> OwnData:
    path, label = Path(word), columns.label
    if found := HUB.fullmatch(word):
        return HubImages.looked_up(found["path"], found["commit"], label)
    if columns_beside_texts(path, columns.text):
        return TextTable.of(path, classes=classes, text=columns.text, label=label, labelled=labelled)
    if path.suffix.lower() in READERS and not path.is_dir():
        return FeatureTable.of(path, classes=classes, label=label, labelled=labelled)
    if not path.exists():
        raise DataError(
            f"{word} is not there; give a folder of class folders, a table ({', '.join(READERS)}) or a data set of the "
            "Hugging Face hub, owner/name@commit"
        )
    if path.is_file():
        raise DataError(f"{word} is no table that can be read; save it as {', '.join(READERS)}")
    return ImageFolder.of(path, classes=classes, labelled=labelled)


def _with_parent(data: OwnData, word: str) -> OwnData:
    """Under its name with that of the folder above."""
    return (
        data if isinstance(data, HubImages) else replace(data, name=f"{Path(word).resolve().parent.name}-{data.name}")
    )


def _has_labels(word: str, columns: Columns) -> bool:
    """Whether a target tells its classes: by class folders, or by a column."""
    path = Path(word)
    if HUB.fullmatch(word):
        return True
    if beside := columns_beside_texts(path, columns.text):
        return columns.label in beside
    if path.suffix.lower() in READERS and not path.is_dir():
        try:
            return own_table(path, columns.label, labelled=True).labels is not None
        except DataError:
            own_table(path, columns.label, labelled=False)
            return False
    return path.is_dir() and bool(class_folders(path))
