"""Trials that need one another, as real ones do, and take no time; and a study of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar

from mtl_bench.core.trial import Trial, Work

CHAIN = '''"""A chain: training, selection and evaluation that take no time."""

import os

from mtl_bench.study import Cell, Study
from tests.chains import Even, Measure, Novel, Odd, Pick, Plan, Train
from tests.core.fakes import LostData, Reading


def plan(scale):
    length = Plan(*scale.pick(smoke=(2, 1), laptop=(10, 4), paper=(1000, 8)))
    methods = {"odd": Odd(), "heavy": Odd(weight=0.5), "even": Even()}
    for seed in scale.seeds:
        for name, method in methods.items():
            train = Train(method, length, seed)
            for rule in ("last", "best source accuracy"):
                labels = {"method": name, "rule": rule, "seed": seed}
                yield Cell(labels, Measure(Pick(train, rule), train))
            yield Cell({"method": name, "rule": "last", "seed": seed}, Measure(Pick(train, "last"), train), "loss")
    if scale.name == "paper" and "novel" in os.environ.get("ALSO", ""):
        yield Cell({"method": "novel", "rule": "last", "seed": 0}, Train(Novel(), length, 0), "loss")
        yield Cell({"method": "lost", "rule": "last", "seed": 0}, Reading(LostData()))


STUDY = Study(
    title="A chain",
    question="What comes of what?",
    paper="Nobody, Nowhere, 2016",
    plan=plan,
    baseline={"method": "odd"},
    ceiling=None,
    seeds={"smoke": 1, "laptop": 2, "paper": 2},
)
'''


@dataclass(frozen=True)
class Odd:
    """A method."""

    weight: float = 1.0
    shape: str = field(default="round", metadata={"omit_when": "round"})


@dataclass(frozen=True)
class Even:
    """Another method."""


@dataclass(frozen=True)
class Novel:
    """A method that only paper scale has."""


@dataclass(frozen=True)
class Plan:
    """How long."""

    steps: int
    batch_size: int


@dataclass(frozen=True)
class Train(Trial):
    method: Odd | Even | Novel
    recipe: Plan
    seed: int

    def run(self, work: Work) -> Mapping[str, float]:
        work.data["circles train inputs"] = "0123456789abcdef"
        return {"loss": float(self.seed)}


@dataclass(frozen=True)
class Pick(Trial):
    of: Train
    rule: str

    def run(self, work: Work) -> Mapping[str, float]:
        return {"step": 3.0}


@dataclass(frozen=True)
class Measure(Trial):
    keep: ClassVar[tuple[str, ...]] = ("curve.csv",)

    selection: Pick
    network: Train

    def run(self, work: Work) -> Mapping[str, float]:
        (work.folder / "curve.csv").write_text("step,accuracy,note\n1,40.5,a\n2,45,b\n3,60.25,c\n", encoding="utf-8")
        work.data["circles train labels"] = "fedcba9876543210"
        return {"accuracy": 60.0 + self.network.seed % 7, "loss": 0.25}
