"""How alike two networks are, layer by layer, on a folder of images: a table, a heat map and a page."""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import tee
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor, nn

from mtl_bench.datasets.files.own_images import OwnImage, content_digest, own_images
from mtl_bench.datasets.files.pixels import rgb
from mtl_bench.datasets.files.placed import DataError, one_line
from mtl_bench.disk import write_atomically
from mtl_bench.measures.networks import layer_names, similarity
from mtl_bench.models.own_network import OwnNetwork
from mtl_bench.models.pretrained import TORCHVISION, Pretrained, Transform, WeightsError
from mtl_bench.report import templating
from mtl_bench.training.seeding import generator, seed_everything
from mtl_bench.typeset import number
from mtl_bench.views import primitives, style
from mtl_bench.workspace import StudyError

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

BATCH = 64  # images at a time: the debiased estimate does not depend on it
SIDE = 0.34  # inches of a square
WRITTEN = 16  # layers a side up to which numbers stand on the squares
NEW = re.compile(r"new(?::(?P<seed>\d+))?")  # what stands for weights: resnet18@new:3
TABLE, FIGURE, PAGE = "cka.csv", "cka", "index.html"


@dataclass(frozen=True)
class TwoNetworks:
    """What the command was given."""

    a: str
    b: str
    images: str
    layers: tuple[str, ...]
    layers_b: tuple[str, ...]
    most: int
    biased: bool
    folder: str


def compare(asked: TwoNetworks, device: str, tell: Callable[[str], None]) -> Path:
    """Write the table, the figure and the page, whose path comes back. Raises StudyError, one sentence."""
    try:
        images = _drawn(own_images(Path(asked.images), labelled=False), asked.most)
        (a, of_a), (b, of_b) = (network_of(word) for word in (asked.a, asked.b))
        for net, layers in ((a, asked.layers), (b, asked.layers_b or asked.layers)):
            layer_names(net, layers)  # what does not fit is said before images are read
        paths = [Path(asked.images, image.inside) for image in images]
        one, other = tee(_batches(paths, of_a, of_b, tell))
        found = similarity(
            a.to(device),
            b.to(device),
            (batch for batch, _ in one),
            batches_b=(batch for _, batch in other),
            layers=asked.layers,
            layers_b=asked.layers_b or asked.layers,
            debiased=not asked.biased,
        )
    except (DataError, ValueError, WeightsError) as error:
        raise StudyError(one_line(error)) from error
    return _write(asked, found, len(images), content_digest(Path(asked.images), images))


def network_of(word: str) -> tuple[nn.Module, Transform]:
    """A network and how images are brought to it, by the word for it. Raises WeightsError.

    `resnet18` has published weights, `resnet18@mine.pth` those of a file, `resnet18@new:3` those of a seed; or
    `models.py:Net`.
    """
    if ".py:" in word:
        return OwnNetwork.of(word).network()
    name, _, weights = word.partition("@")
    if not weights:
        return Pretrained(name).network()
    if name.startswith(TORCHVISION):
        raise WeightsError(f"{word}: weights of one's own are read into timm's networks; name one of these")
    import timm
    from timm.data import create_transform, resolve_model_data_config  # type: ignore[attr-defined]

    if not timm.is_model(name):
        raise WeightsError(f"timm has no network {name}; timm.list_models() names those that it has")
    new = NEW.fullmatch(weights)
    seed_everything(int(new["seed"] or 0) if new else 0, "weights")
    net = timm.create_model(name, pretrained=False, num_classes=0)
    if not new:
        _read(net, Path(weights), name)
    transform: Transform = create_transform(**resolve_model_data_config(net))  # type: ignore[no-untyped-call]
    return net.eval(), transform


def _read(net: nn.Module, path: Path, name: str) -> None:
    """Weights of a checkpoint, .pth or .safetensors, but for those of a classifier, which has no part here."""
    from timm.models import load_state_dict

    if not path.is_file():
        raise WeightsError(f"{path} is not there; give a file of weights, or {name}@new for none")
    try:
        state = load_state_dict(str(path))
        missing, unknown = net.load_state_dict(state, strict=False)
    except Exception as error:  # a checkpoint can be wrong in any way
        raise WeightsError(f"{path} holds no weights for {name} ({one_line(error)}); give its own") from error
    if missing:
        raise WeightsError(
            f"{path} lacks {len(missing)} of {name}'s weights, such as {missing[0]}; it is another network's"
        )
    classifier = str(getattr(net, "default_cfg", {}).get("classifier", ""))
    if strange := [key for key in unknown if not classifier or not key.startswith(classifier)]:
        raise WeightsError(f"{path} has {strange[0]}, which {name} has not; it is another network's")


def _drawn(found: Sequence[OwnImage], most: int) -> list[OwnImage]:
    """So many of them at random, the same ones each time."""
    return [found[i] for i in sorted(generator(0, "similarity").permutation(len(found))[:most])]


def _batches(
    paths: Sequence[Path], of_a: Transform, of_b: Transform, tell: Callable[[str], None]
) -> Iterator[tuple[Tensor, Tensor]]:
    """Batches of nearly equal size, for both networks; each image is decoded once."""
    count = -(-len(paths) // BATCH)
    same = repr(of_a) == repr(of_b)
    for i in range(count):
        images = [rgb(path) for path in paths[i * len(paths) // count : (i + 1) * len(paths) // count]]
        first = torch.stack([of_a(image) for image in images])
        yield first, first if same else torch.stack([of_b(image) for image in images])
        tell(f"{(i + 1) * len(paths) // count:,} of {len(paths):,} images")


def _write(asked: TwoNetworks, found: pd.DataFrame, images: int, digest: str) -> Path:
    folder = Path(asked.folder)
    folder.mkdir(parents=True, exist_ok=True)
    table = io.StringIO()
    found.to_csv(table, index_label="layer", float_format="%.6f", lineterminator="\n")
    write_atomically(folder / TABLE, table.getvalue())
    with style.styled():
        figure = heat_map(found, asked.a, asked.b)
    style.save(figure, folder / FIGURE)
    page = templating.html(folder, {}).get_template("similarity.html.jinja").render(
        asked=asked,
        images=images,
        digest=digest,
        stem=FIGURE,
        frame=found.map(lambda value: number(float(value), 3)).rename_axis(asked.a).reset_index(),
        alike=_alike(found),
    )  # fmt: skip
    write_atomically(folder / PAGE, page)
    return folder / PAGE


def _alike(found: pd.DataFrame) -> list[tuple[str, str, str]]:
    """Of each layer of the first network the most similar one of the second, and how similar it is."""
    return [(str(layer), str(row.idxmax()), number(float(row.max()), 3)) for layer, row in found.iterrows()]


def heat_map(found: pd.DataFrame, a: str, b: str) -> Figure:
    """Layers of the first network downwards and of the second along, from 0 to 1."""
    tall, wide = found.shape
    figure, (axes,) = primitives.panels(1, 1, wide=wide > WRITTEN // 2)
    figure.set_size_inches(max(3.3, 1.2 + SIDE * wide), max(2.2, 1.0 + SIDE * tall * 0.8))
    values = found.to_numpy()
    few = max(found.shape) <= WRITTEN
    texts = {place: (number(float(value), 2), "normal") for place, value in np.ndenumerate(values)} if few else {}
    primitives.squares(axes, values, list(found.index), list(found.columns), 0.0, 1.0, texts)
    axes.set_ylabel(a)
    axes.set_xlabel(b)
    return figure
