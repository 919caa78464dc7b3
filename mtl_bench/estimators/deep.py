"""Deep methods with scikit-learn's habits: `DANN().fit(images_or_features, labels, target).predict(target)`.

They run the trial that studies run, `Adapt`, on data in memory, so that the loop, the recipe and the seeds are the
same; the defaults are those of the row of the same name in this package's tables of features. Parameters of the method
are those of a frozen value in `mtl_bench.methods.deep`, whose docstring says what they are.
"""

from __future__ import annotations

import inspect
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any, ClassVar, Literal, Self

import numpy as np
import torch
from jaxtyping import Float, Shaped
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.utils.validation import check_is_fitted

from mtl_bench.core.trial import Work
from mtl_bench.inputs import gate
from mtl_bench.inputs.gate import Given
from mtl_bench.inputs.rows import Array, Rows
from mtl_bench.methods.deep import (
    adabn,
    adda,
    cdan,
    cmd,
    dan,
    dann,
    ddc,
    deep_coral,
    drcn,
    dsn,
    jan,
    mcd,
    mdd,
    mmd,
    rtn,
    source_only,
)  # fmt: skip
from mtl_bench.models.above import SIZE, FineTuned
from mtl_bench.models.bottleneck import Bottleneck
from mtl_bench.models.digits import DigitCNN
from mtl_bench.models.network import Backbone
from mtl_bench.models.small_cnn import SmallCNN
from mtl_bench.training.learner import UNKNOWN
from mtl_bench.training.loop import outputs_of
from mtl_bench.training.recipe import Recipe
from mtl_bench.trials.adapt import Adapt
from mtl_bench.trials.weights import file_of

SOURCE, TARGET = "source", "target"
HOW = """

`fit(X, y, target)` takes the source's inputs, their labels (n,), whole numbers or strings, and the target's inputs:
images uint8 (n, C, H, W) or features (n, d). A torch `Dataset` of (input, label) is taken for X with y=None, and one
of inputs, or of pairs whose labels are not looked at, for the target. `target_labels` are labels of some target rows,
None where there is none. `predict(X)` gives the labels of target inputs. Beside the method's parameters there are
`network`, the usual one for such inputs without it, `steps`, `batch_size` (of each domain), `learning_rate`,
`weight_decay`, `seed` and `device`.
"""


@dataclass(eq=False, repr=False, kw_only=True)
class Deep(ClassifierMixin, BaseEstimator):  # type: ignore[misc]  # scikit-learn is not typed
    """What all of them share."""

    of: ClassVar[type[Any]]  # the method, a frozen dataclass
    named: ClassVar[Mapping[str, str]] = {}  # its parameters that have another name here

    network: Backbone | None = None
    steps: int = 1500
    batch_size: int = 64
    learning_rate: float = 0.01
    weight_decay: float = 0.001
    seed: int = 0
    device: str = "auto"

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        cls.__doc__ = (inspect.getdoc(cls.of) or "") + HOW

    @property
    def method(self) -> Any:
        """The method with these parameters."""
        return self.of(**{f.name: getattr(self, self.named.get(f.name, f.name)) for f in fields(self.of)})

    def fit(self, X: Given, y: Given = None, target: Given = None, target_labels: Given = None) -> Self:
        """Train on the source's inputs and labels and on the target's inputs; raises ValueError for bad ones."""
        rows, own = _split("X", X, labelled=True)
        seen, _ = _split("target", target, labelled=False)
        found = gate.labels("y", own if y is None else y, len(rows))
        self.classes_, codes = np.unique(found, return_inverse=True)
        classes = tuple(map(str, self.classes_))
        source = InMemory(SOURCE, classes, rows, codes.astype(np.int64))
        known = None if target_labels is None else self._codes(target_labels, len(seen))
        aim = InMemory(TARGET, classes, seen) if known is None else SomeLabels(TARGET, classes, seen, shown=known)
        recipe = Recipe(
            self.steps,
            self.batch_size,
            learning_rate=self.learning_rate,
            weight_decay=self.weight_decay,
            checkpoints=1,
        )
        network = self.network or usual_network(rows)
        trial = Adapt(self.method, (source,), aim, network, recipe, self.seed)
        device = _device(self.device)
        with tempfile.TemporaryDirectory() as folder:
            trial.run(Work(Path(folder), device))
            self.learner_ = trial.build()
            state = torch.load(Path(folder) / file_of(self.steps), map_location="cpu", weights_only=True)
            self.learner_.load_state_dict(state)
        self.learner_.to(device).eval()
        return self

    def predict(self, X: Given) -> Shaped[np.ndarray, " n"]:
        """The class of each row of target inputs."""
        best = self._outputs(X)[0].argmax(1)
        found: Shaped[np.ndarray, " n"] = self.classes_[best]
        return found

    def predict_proba(self, X: Given) -> Float[np.ndarray, "n classes"]:
        """The softmax over classes, in the order of `classes_`, of each row of target inputs."""
        logits = torch.from_numpy(self._outputs(X)[0])
        found: Float[np.ndarray, "n classes"] = torch.softmax(logits.double(), 1).numpy()
        return found

    def transform(self, X: Given) -> Float[np.ndarray, "n width"]:
        """The output of the network's last stage for each row of target inputs."""
        return self._outputs(X)[1]

    def _outputs(self, X: Given) -> tuple[Array, Array]:
        check_is_fitted(self, "learner_")
        rows, _ = _split("X", X, labelled=False)
        return outputs_of(self.learner_, rows, TARGET, len(rows))

    def _codes(self, given: Given, count: int) -> Array:
        """The numbers of labels of which some are None."""
        found = list(given)
        if len(found) != count:
            raise ValueError(
                f"target_labels has {len(found)} entries for {count} rows; give None where there is no label"
            )
        numbers = {label: number for number, label in enumerate(self.classes_.tolist())}
        if unknown := [one for one in found if one is not None and one not in numbers]:
            raise ValueError(f"target_labels has {unknown[0]!r}, which no source row has; give the source's classes")
        return np.array([UNKNOWN if one is None else numbers[one] for one in found], np.int64)


@dataclass(eq=False, repr=False)
class SourceOnly(Deep):
    of: ClassVar[type[Any]] = source_only.SourceOnly


@dataclass(eq=False, repr=False)
class DDC(Deep):
    of: ClassVar[type[Any]] = ddc.DDC

    weight: float = 0.25


@dataclass(eq=False, repr=False)
class DAN(Deep):
    of: ClassVar[type[Any]] = dan.DAN

    weight: float = 5.0
    kernels: dan.Kernels = "mean"
    layers: dan.Layers = "features and head"


@dataclass(eq=False, repr=False)
class DANN(Deep):
    of: ClassVar[type[Any]] = dann.DANN

    gamma: float = 10.0
    hidden: int = 100
    domain_loss: dann.DomainLoss = "sum of means"


@dataclass(eq=False, repr=False)
class MMD(Deep):
    of: ClassVar[type[Any]] = mmd.MMD

    gamma: float = 0.25
    start: float = 0.05


@dataclass(eq=False, repr=False)
class RTN(Deep):
    of: ClassVar[type[Any]] = rtn.RTN

    weight: float = 0.3
    entropy_weight: float = 0.3
    residual: bool = True
    horizon: float | None = None


@dataclass(eq=False, repr=False)
class DeepCORAL(Deep):
    of: ClassVar[type[Any]] = deep_coral.DeepCORAL

    weight: float | Literal["balanced"] = "balanced"


@dataclass(eq=False, repr=False)
class DRCN(Deep):
    of: ClassVar[type[Any]] = drcn.DRCN

    weight: float = 0.7
    noise: float = 0.4
    reconstructs: drcn.Reconstructs = "target"


@dataclass(eq=False, repr=False)
class DSN(Deep):
    of: ClassVar[type[Any]] = dsn.DSN

    alpha: float = 0.015
    beta: float = 0.075
    gamma: float = 0.25
    start: float = 1 / 6
    hidden: int = 100
    similarity: Literal["DANN", "MMD"] = "DANN"


@dataclass(eq=False, repr=False)
class CMD(Deep):
    of: ClassVar[type[Any]] = cmd.CMD

    weight: float = 1.0
    moments: int = 5
    bounded: cmd.Bound = "tanh"


@dataclass(eq=False, repr=False)
class JAN(Deep):
    of: ClassVar[type[Any]] = jan.JAN

    weight: float = 5.0
    gamma: float | None = 10.0
    kernels: jan.Kernels = "mean"


@dataclass(eq=False, repr=False)
class ADDA(Deep):
    of: ClassVar[type[Any]] = adda.ADDA
    named: ClassVar[Mapping[str, str]] = {"learning_rate": "adversary_rate"}

    source_phase: float = 0.5
    adversary_rate: float = 2e-4
    beta1: float = 0.5
    hidden: int = 500


@dataclass(eq=False, repr=False)
class MCD(Deep):
    of: ClassVar[type[Any]] = mcd.MCD

    generator_steps: int = 4


@dataclass(eq=False, repr=False)
class CDAN(Deep):
    of: ClassVar[type[Any]] = cdan.CDAN

    entropy: bool = False
    gamma: float = 10.0
    horizon: float = 1.0
    domain_loss: cdan.DomainLoss = "sum of means"
    randomised_above: int | None = 4096
    random_dimension: int = 1024
    hidden: int = 1024
    dropout: float = 0.5


@dataclass(eq=False, repr=False)
class MDD(Deep):
    of: ClassVar[type[Any]] = mdd.MDD

    gamma: float = 4.0
    eta: float = 0.1
    alpha: float = 1.0
    horizon: float = 0.01


@dataclass(eq=False, repr=False)
class AdaBN(Deep):
    of: ClassVar[type[Any]] = adabn.AdaBN


@dataclass(frozen=True, eq=False)
class InMemory:
    """A domain in memory, whose rows are seen and tested; it is no parameter of anything stored."""

    name: str
    classes: tuple[str, ...]
    rows: Rows
    codes: Array | None = None

    def inputs(self, split: str) -> Rows:
        return self.rows

    def labels(self, split: str) -> Array:
        if self.codes is None:
            raise ValueError(f"the {self.name} has no labels here")
        return self.codes


@dataclass(frozen=True, eq=False)
class SomeLabels(InMemory):
    """A target of which some labels are known: int64 (n,), -1 where none is."""

    shown: Array = field(default_factory=lambda: np.empty(0, np.int64))

    def known(self, split: str) -> Array:
        return self.shown


def usual_network(rows: Rows) -> Backbone:
    """A bottleneck on features, DANN's digit network on 28 pixels, a small one up to 64, or a fine-tuned one on 224."""
    if rows.dtype != np.uint8:
        return Bottleneck(features=rows.shape[1])
    height, width = rows.shape[2:]
    if height == width == SIZE:
        return FineTuned()
    if height == width == DigitCNN.input_shape[1]:
        return DigitCNN()
    if height == width and height % 8 == 0 and height <= 64:
        return SmallCNN(size=height)
    raise ValueError(
        f"no usual network takes images of {height} × {width}; give them 28, 32, 64 or {SIZE} pixels a side, "
        "or a network"
    )


def _split(name: str, given: Given, labelled: bool) -> tuple[Rows, Array | None]:
    """Inputs as rows, and what a torch data set has of labels."""
    if given is None:
        raise ValueError(f"{name} is not given; give images uint8 (n, C, H, W), features (n, d) or a torch Dataset")
    if isinstance(given, torch.utils.data.Dataset):
        items = [given[i] for i in range(len(given))]  # type: ignore[arg-type]  # what is trained on has a length
        pairs = bool(items) and isinstance(items[0], tuple | list)
        if labelled and not pairs:
            raise ValueError(f"{name} is a Dataset without labels; give y, or a Dataset of (input, label)")
        inputs = [item[0] for item in items] if pairs else items
        labels = np.array([item[1] for item in items]) if pairs and labelled else None
        return gate.rows(name, _stacked(name, inputs)), labels
    if isinstance(given, torch.Tensor):
        given = given.detach().cpu().numpy()
    return gate.rows(name, np.asarray(given) if not hasattr(given, "dtype") else given), None


def _stacked(name: str, inputs: list[Any]) -> Array:
    """The inputs of a torch data set: images in 0 to 1 become levels of 0 to 255."""
    found = np.stack([np.asarray(one) for one in inputs])
    if found.ndim == 4 and found.dtype.kind == "f":
        if found.min() < 0 or found.max() > 1:
            raise ValueError(
                f"{name} has images from {found.min():g} to {found.max():g}; give them in 0 to 1, or as uint8"
            )
        found = np.round(found * 255).astype(np.uint8)
    return found


def _device(asked: str) -> str:
    return ("cuda" if torch.cuda.is_available() else "cpu") if asked == "auto" else asked
