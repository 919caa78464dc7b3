"""What a comparison leaves beside its page: predictions, the chosen network, and what it is sure of or not."""

from __future__ import annotations

import copy
import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch
from torch import Tensor, nn

from mtl_bench.core.store import Store
from mtl_bench.datasets.files.pixels import rgb
from mtl_bench.datasets.folder import ImageFolder
from mtl_bench.datasets.text_table import TextTable
from mtl_bench.datasets.wrappers.known import origin
from mtl_bench.datasets.wrappers.part import Part
from mtl_bench.disk import write_atomically
from mtl_bench.execution.deliver_texts import loading, write_texts
from mtl_bench.inputs.rows import Array
from mtl_bench.measures.validators import log_probabilities
from mtl_bench.methods.deep.mcd import MCDLearner
from mtl_bench.models.own_network import OwnNetwork
from mtl_bench.models.pretrained import TORCHVISION, Pretrained
from mtl_bench.plans.comparison import MethodComparison
from mtl_bench.training.learner import Learner
from mtl_bench.training.seeding import generator
from mtl_bench.trials.adapt import Adapt
from mtl_bench.trials.contracts import DataSet
from mtl_bench.trials.history import read_arrays
from mtl_bench.trials.renormalised import STATISTICS, RenormalisedTrunk, renormalise
from mtl_bench.trials.weights import file_of

PREDICTIONS, MODEL, LOADING = "predictions.csv", "model.safetensors", "load_model.py"
SURE, UNSURE = "most_certain", "least_certain"
SHOWN, COLUMNS, SIDE = 24, 8, 128  # images or texts; thumbnails in a row, and pixels of each
LAYERS = (nn.Linear, nn.ReLU)  # of what stands above the features; dropout does nothing in a prediction

LOADING_CODE = '''"""The chosen network: images to logits, in the order of `classes`."""

import json

{imports}
import torch
from PIL import Image, ImageOps
from safetensors import safe_open

with safe_open("{model}", "pt") as file:
    about = {{name: json.loads(text) for name, text in file.metadata().items()}}
    weights = {{name: file.get_tensor(name) for name in file.keys()}}
{trunk}
head = torch.nn.Sequential(*(getattr(torch.nn, kind)(*sizes) for kind, *sizes in about["head"]))
network = torch.nn.Sequential(trunk, head).eval()
network.load_state_dict(weights)
{transform}classes = about["classes"]


def logits(image):  # a PIL image, squared as the comparison did it
    square = ImageOps.fit(image.convert("RGB"), ({side}, {side}), Image.Resampling.BILINEAR)
    with torch.inference_mode():
        return network(transform(square)[None])[0]
'''


@dataclass(frozen=True)
class HandedOver:
    """The run whose network is handed over, and how the target's rows are called."""

    comparison: MethodComparison
    run: Adapt
    others: Sequence[Adapt]  # the runs whose votes are counted
    store: Store

    def write(self, folder: Path) -> list[Path]:
        """All files; of tables of features, which have nothing below them and nothing to look at, predictions alone."""
        folder.mkdir(parents=True, exist_ok=True)
        predictions, target, backbone = self.predictions(), self.comparison.target, self.comparison.backbone
        made = [folder / PREDICTIONS]
        write_atomically(made[0], predictions.to_csv(index=False, lineterminator="\n"))
        if isinstance(target, TextTable):
            made += self._above_texts(folder)
        elif isinstance(backbone, Pretrained):
            made += self._with_trunk(folder, backbone)
        for name, ascending in ((SURE, False), (UNSURE, True)):
            few = predictions.sort_values("confidence", ascending=ascending, kind="stable")[:SHOWN]
            if isinstance(target, ImageFolder):
                made.append(folder / f"{name}.png")
                _contact_sheet(made[-1], Path(target.path), few)
            elif isinstance(target, TextTable):
                made.append(folder / f"{name}.csv")
                write_texts(made[-1], target, few)
        return made

    def predictions(self) -> pd.DataFrame:
        """Of each tested row its file or number, the class, how probable, and the fraction of runs that agree."""
        probabilities = _probabilities(self.run, self.store)
        best = probabilities.argmax(1)
        votes = [_probabilities(run, self.store).argmax(1) for run in self.others]
        classes = np.array(self.run.target.classes)
        return pd.DataFrame(
            {
                **_names(self.run),
                "predicted": classes[best],
                "confidence": np.round(probabilities.max(1), 4),
                "agreement": np.round(np.mean([vote == best for vote in votes], 0), 3),
            }
        )

    def _with_trunk(self, folder: Path, backbone: Pretrained) -> list[Path]:
        trunk, head = _trunk(self.run, backbone, self.store), self._head()
        side = getattr(self.comparison.target, "size", 256)
        code = LOADING_CODE.format(model=MODEL, side=side, **_building(backbone))
        return self._written(folder, code, nn.Sequential(trunk, head), head, {"backbone": backbone.name})

    def _above_texts(self, folder: Path) -> list[Path]:
        code, about, more = loading(self.run.target, MODEL)
        head = self._head()
        return self._written(folder, code, head, head, about, more)

    def _head(self) -> nn.Sequential:
        learner = self.run.build()
        state = torch.load(
            self.store.artifact(self.run, file_of(self.run.recipe.steps)), map_location="cpu", weights_only=True
        )
        learner.load_state_dict(state)
        return head_of(learner, self.run.target.name)

    def _written(
        self,
        folder: Path,
        code: str,
        network: nn.Module,
        head: nn.Sequential,
        about: Mapping[str, Any],
        more: Mapping[str, Tensor] | None = None,
    ) -> list[Path]:
        from safetensors.torch import save as packed  # into bytes

        told = {
            "head": [[_kind(one), *_sizes(one)] for one in head],
            "classes": list(self.run.target.classes),
            "method": type(self.run.method).__name__,
            **about,
        }
        weights = {name: tensor.contiguous() for name, tensor in network.state_dict().items()}
        metadata = {name: json.dumps(value) for name, value in told.items()}
        write_atomically(folder / MODEL, packed({**weights, **(more or {})}, metadata))
        write_atomically(folder / LOADING, code)
        return [folder / MODEL, folder / LOADING]


def head_of(learner: Learner, domain: str) -> nn.Sequential:
    """The layers that make a domain's logits of the features. Raises ValueError where they predict otherwise."""
    modules = (*learner.net.stages.values(), learner.classifier_of(domain))
    head = nn.Sequential(*(copy.deepcopy(one) for m in modules for one in m.modules() if isinstance(one, LAYERS)))
    if isinstance(learner, MCDLearner):  # predicts by the sum of two linear classifiers, which is one
        last, second = (_linear(one) for one in (head, learner.second_classifier))
        with torch.no_grad():
            last.weight.add_(second.weight)
            last.bias.add_(second.bias)
    drawn = generator(0, "handed over").standard_normal((8, *learner.net.input_shape), dtype=np.float32)
    features = torch.from_numpy(drawn)
    with torch.no_grad():
        if not torch.allclose(head(features), learner.eval().predict(features, domain), atol=1e-5):
            raise ValueError(
                f"what {type(learner).__name__} predicts by is no chain of linear layers, to be handed over"
            )
    return head


def _linear(classifier: nn.Module) -> nn.Linear:
    """The last linear layer."""
    return [one for one in classifier.modules() if isinstance(one, nn.Linear)][-1]


def _kind(layer: nn.Module) -> str:
    """What PyTorch calls it."""
    return next(kind.__name__ for kind in LAYERS if isinstance(layer, kind))


def _sizes(layer: nn.Module) -> tuple[int, ...]:
    return (layer.in_features, layer.out_features) if isinstance(layer, nn.Linear) else ()


def _building(backbone: Pretrained) -> dict[str, str]:
    """The lines that build a network, before its weights are read: with timm alone where it is timm's."""
    if isinstance(backbone, OwnNetwork) or backbone.name.startswith(TORCHVISION):
        made = f"OwnNetwork.of({backbone.word!r})" if isinstance(backbone, OwnNetwork) else repr(backbone)
        return {
            "imports": f"from {type(backbone).__module__} import {type(backbone).__name__}",
            "trunk": f"trunk, transform = {made}.network()",
            "transform": "",
        }
    return {
        "imports": "import timm",
        "trunk": 'trunk = timm.create_model(about["backbone"], pretrained=False, num_classes=0)',
        "transform": "transform = timm.data.create_transform(**timm.data.resolve_data_config(model=trunk))\n",
    }


def _probabilities(run: Adapt, store: Store) -> Array:
    """float64 (n, classes) of the target's tested rows, by the last weights."""
    checkpoint = read_arrays(store.artifact(run, f"checkpoint-{run.recipe.steps}.npz"))
    found: Array = np.exp(log_probabilities(checkpoint["target test logits"]))
    return found


def _names(run: Adapt) -> dict[str, list[str] | list[int]]:
    """What tells the target's tested rows apart: the files' names below the folder, or the rows' numbers."""
    data, split, rows = origin(run.target, "test")
    if isinstance(data, ImageFolder):
        names = data.row_names()
        return {"file": names if rows is None else [names[row] for row in rows]}
    return {"row": list(range(len(data.inputs(split)))) if rows is None else rows.tolist()}


def _trunk(run: Adapt, backbone: Pretrained, store: Store) -> nn.Module:
    """The network below the features of the target: with published statistics, or with those of its own rows."""
    net, _ = backbone.network()
    data: DataSet = run.target
    while isinstance(data, Part):
        data = data.of
    if isinstance(data, RenormalisedTrunk):
        renormalise(net, read_arrays(store.artifact(data, STATISTICS)))
    return net


def _contact_sheet(path: Path, folder: Path, shown: pd.DataFrame) -> None:
    """Thumbnails in rows, each with what it was taken for and how surely."""
    from PIL import Image, ImageDraw, ImageOps

    line = 28
    rows = -(-len(shown) // COLUMNS)
    sheet = Image.new("RGB", (COLUMNS * SIDE, rows * (SIDE + line)), "white")
    pen = ImageDraw.Draw(sheet)
    for i, (file, predicted, confidence) in enumerate(shown[["file", "predicted", "confidence"]].to_numpy().tolist()):
        x, y = i % COLUMNS * SIDE, i // COLUMNS * (SIDE + line)
        sheet.paste(ImageOps.fit(rgb(folder / file), (SIDE - 4, SIDE - 4)), (x + 2, y + 2))
        pen.text((x + 3, y + SIDE), predicted[:20], fill="black")
        pen.text((x + 3, y + SIDE + 12), f"{100 * confidence:.0f} %", fill="black")
    content = io.BytesIO()
    sheet.save(content, "PNG")
    write_atomically(path, content.getvalue())
