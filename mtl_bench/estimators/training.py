"""What deep estimators share: training, predictions and the parameters of both.

They run the trial that studies run, `Adapt`, on data in memory, so that the loop, the recipe and the seeds are the
same; the defaults are those of the row of the same name in this package's tables of features. Parameters of the method
are those of a frozen value in `mtl_bench.methods.deep`, whose docstring says what they are.
"""

from __future__ import annotations

import inspect
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, ClassVar, Self

import numpy as np
import torch
from jaxtyping import Float, Shaped
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.utils.validation import check_is_fitted

from mtl_bench.core.trial import Work
from mtl_bench.estimators.given import InMemory, SomeLabels, device_of, rows_and_labels, usual_network
from mtl_bench.inputs import gate
from mtl_bench.inputs.gate import Given
from mtl_bench.inputs.rows import Array
from mtl_bench.models.network import Backbone
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
class DeepEstimator(ClassifierMixin, BaseEstimator):  # type: ignore[misc]  # scikit-learn is not typed
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
        rows, own = rows_and_labels("X", X, labelled=True)
        seen, _ = rows_and_labels("target", target, labelled=False)
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
        device = device_of(self.device)
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
        rows, _ = rows_and_labels("X", X, labelled=False)
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
