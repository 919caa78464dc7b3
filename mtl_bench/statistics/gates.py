"""Gates: what must be true of a run for its claims to mean anything."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from mtl_bench.results.table import Results
from mtl_bench.study import Gate, Study
from mtl_bench.typeset import count, number


@dataclass(frozen=True)
class GateResult:
    """Whether a gate is passed, on one device class."""

    gate: Gate
    measured: float  # the mean over replicates or, of a gate on every run, the worst; not a number without any
    n: int  # replicates or, of a gate on every run, runs
    sd: float = 0.0  # where the gate is a bound in standard deviations; not a number for a single replicate
    failed: int = 0  # runs that miss it, of a gate on every run
    worst: str = ""  # the labels of the worst of these

    @property
    def passed(self) -> bool:
        at_least = self.measured >= self.gate.at_least
        return at_least if self.gate.within_sd_of is None else abs(self.measured) <= self.sd

    @property
    def bound(self) -> str:
        at_least = f"≥ {self.gate.at_least:g}{' in every run' if self.gate.every else ''}"
        return at_least if self.gate.within_sd_of is None else f"± {number(self.sd)}"

    @property
    def verdict(self) -> str:
        """passed; not passed; not passed by 1 of 84 runs, the worst: network: AnB, layer: 3, seed: 102."""
        if self.passed or not self.failed:
            return "passed" if self.passed else "not passed"
        return f"not passed by {self.failed} of {count(self.n, 'run')}, the worst: {self.worst}"


def gate_results(study: Study, results: Results) -> tuple[GateResult, ...]:
    """Each gate of the study in results of one device class."""
    return tuple(_every(gate, results) if gate.every else _mean(gate, results) for gate in study.gates)


def _mean(gate: Gate, results: Results) -> GateResult:
    values = results.replicates(gate.contrast)
    sd = float(results.replicates(gate.within_sd_of).std()) if gate.within_sd_of else 0.0
    return GateResult(gate, float(values.mean()), len(values), sd)


def _every(gate: Gate, results: Results) -> GateResult:
    """No average hides a single run: the worst one is measured."""
    rows = pd.concat([results.select(dict(term.labels), term.metric) for term in gate.contrast.terms])
    rows = rows[~rows.index.duplicated()]
    if rows.empty:
        return GateResult(gate, float("nan"), 0)
    worst = rows.iloc[int(rows["value"].to_numpy(float).argmin())]
    labels = ", ".join(f"{name}: {worst[name]}" for name in results.labels if worst[name] != "")
    failed = int((rows["value"] < gate.at_least).sum())
    return GateResult(gate, float(worst["value"]), len(rows), failed=failed, worst=labels)
