"""PartOfTest: what a test comes to on some of its items, without training anything anew."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from mtl_bench.core.trial import Trial, Work
from mtl_bench.datasets.wrappers.part import Part
from mtl_bench.disk import write_atomically
from mtl_bench.trials.evaluate import Evaluate
from mtl_bench.trials.fit_shallow import FitShallow
from mtl_bench.trials.history import array, read_array


@dataclass(frozen=True)
class PartOfTest(Trial):
    """The accuracy in percent on the test rows that `part` keeps of the tested domain, and "items", their number.

    `part` is a part of the domain whose own rows say which they are: of features, the data set that they were computed
    from. Leaves `correct.npy` of these items. Raises ValueError where the part has no fewer rows than were tested.
    """

    keep: ClassVar[tuple[str, ...]] = ("correct.npy",)

    test: Evaluate | FitShallow
    part: Part

    def uses_of_target(self) -> tuple[str, ...]:
        return self.test.uses_of_target()

    def run(self, work: Work) -> Mapping[str, float]:
        correct, (_, chosen) = read_array(work.artifact_of(self.test, "correct.npy")), self.part.part("test")
        if chosen is None or len(chosen) > len(correct):
            raise ValueError("a part that leaves no tested row out asks nothing; give another one")
        write_atomically(work.folder / "correct.npy", array(correct[chosen]))
        return {"accuracy": 100 * float(correct[chosen].mean()), "items": len(chosen)}
