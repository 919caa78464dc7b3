"""The lines of an adaptation table: methods by their names, the years of their papers, and what each is given."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Literal

from mtl_bench.inputs.normalisation import Normalisation
from mtl_bench.methods.shallow.classifier import Classifier
from mtl_bench.methods.shallow.components import Projected
from mtl_bench.models.bottleneck import Bottleneck
from mtl_bench.models.network import Backbone
from mtl_bench.trials.contracts import Method, ShallowMethod

Family = Literal["none", "discrepancy", "adversarial", "other"]
ALL = "all"  # the dimension of what projects on no subspace
AS_THEY_ARE: Projected = "as they are"  # the projected points of what projects none


@dataclass(frozen=True)
class Deep:
    """A deep method and the network that it trains above the features."""

    name: str
    method: Method
    year: int = 0  # 0: no paper's method
    family: Family = "other"
    network: Backbone = field(default_factory=Bottleneck)

    @property
    def labels(self) -> dict[str, str | int]:
        return {"method": self.name, "classifier": str(getattr(self.network, "name", type(self.network).__name__))}


@dataclass(frozen=True)
class Shallow:
    """A shallow method under one convention: how features are scaled, the dimension, the classifier."""

    name: str
    method: ShallowMethod
    normalisation: Normalisation
    dimension: int | str = ALL
    classifier: Classifier = "1-NN"
    year: int = 0

    @property
    def labels(self) -> dict[str, str | int]:
        return {"method": self.name, "classifier": self.classifier}

    @property
    def convention(self) -> dict[str, str | int]:
        """Labels where a method stands under several conventions."""
        return {
            **self.labels,
            "normalisation": self.normalisation,
            "projected points": getattr(self.method, "projected", AS_THEY_ARE),
            "dimension": self.dimension,
        }


def years_of(lines: Iterable[Deep | Shallow]) -> Mapping[str, int]:
    """The year of each method that a paper has."""
    return {line.name: line.year for line in lines if line.year}
