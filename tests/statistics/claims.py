"""Claims with contrasts as given, in a few results or in many simulated studies."""

from __future__ import annotations

import gc
from typing import Any

import numpy as np

from mtl_bench.statistics.contrasts import Estimate
from mtl_bench.statistics.inference import spread
from mtl_bench.statistics.verdict import Judgement, decide, judge
from mtl_bench.study import Claim, Contrast, accuracy
from tests.results.measured import Maker, frame_of, make_study

GAIN = accuracy(method="DANN") - accuracy(method="source only")


def claim(*contrasts: Contrast, **changes: Any) -> Claim:
    return Claim("DANN beats source only", contrasts or (GAIN,), "Table 2", **changes)


def judged(maker: Maker, *claims: Claim, scale: str = "laptop", **changes: Any) -> list[Judgement]:
    study = make_study(**{"claims": claims or (claim(),), "gates": (), "chance": None, **changes})
    return judge(frame_of(study, maker.results(scale)))


def gains(maker: Maker, values: list[float], **labels: Any) -> None:
    """Cells whose contrast over source only takes these values."""
    maker.cell([40.0 + i for i in range(len(values))], method="source only", **labels)
    maker.cell([40.0 + i + v for i, v in enumerate(values)], method="DANN", **labels)


class Simulated:
    """Many studies of five seeds, whose claims have contrasts drawn from a normal distribution."""

    def __init__(self, studies: int, claims: tuple[Claim, ...], effect: float = 0.0) -> None:
        rng = np.random.default_rng(5)
        gc.freeze()  # the correction for several tests collects garbage: leave it only what arises here
        self.found = [
            decide([Judgement(c, device="cpu", estimates=(drawn(rng.normal(effect, 1, 5)),)) for c in claims], "laptop")
            for _ in range(studies)
        ]
        gc.unfreeze()

    def rate(self, *verdicts: str) -> float:
        """How often any of a study's claims has one of these verdicts."""
        return float(np.mean([any(j.verdict in verdicts for j in study) for study in self.found]))


def drawn(values: np.ndarray[Any, Any]) -> Estimate:
    sd, df, siblings = spread(values, [])
    return Estimate(tuple(values), sd, df, siblings, items_se=0.0, items_note="none", failed=0, keys=())
