"""The lines of the speed table: one for each row and peer, as they are kept beside the page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pandas as pd

from mtl_bench.core.provenance import LIBRARIES, commit, environment
from mtl_bench.disk import write_atomically
from speed.row import Outcome, Peer, Row

NOT_MEASURED = "not measured"


@dataclass(frozen=True)
class Entry:
    """A row beside one peer; times are medians of processor and wall seconds, nan where there are none."""

    row: str
    sentence: str
    peer: str = ""
    unit: str = "ratio"
    state: str = NOT_MEASURED
    ours: float = np.nan
    theirs: float = np.nan
    ours_wall: float = np.nan
    theirs_wall: float = np.nan
    value: float = np.nan  # our time divided by the peer's, or seconds beyond the peer's
    low: float = np.nan
    high: float = np.nan
    goal: float = np.nan  # of the row's first line
    reached: str = ""  # yes, no, or nothing to say
    disagreement: float = np.nan
    measure: str = ""
    note: str = ""
    rounds: int = 0
    date: str = ""
    commit: str = ""
    processor: str = ""
    threads: int = 1
    versions: str = ""


def lines_of(outcome: Outcome) -> list[Entry]:
    """The lines of a row as measured now."""
    row, known = outcome.row, environment()
    libraries = ", ".join(f"{name} {known[name]}" for name in LIBRARIES if known[name] != "absent")
    peers: Sequence[Peer | None] = row.peers or [None]
    lines = []
    for peer in peers:
        estimate, judged = outcome.estimate(peer), peer is peers[0]
        compared = outcome.compared.get(peer.name) if peer else None
        version = peer.version if peer and peer.installed else ""
        lines.append(
            Entry(
                row=row.name,
                sentence=row.sentence,
                peer=peer.name if peer else "",
                unit=row.unit,
                state=outcome.state(peer),
                ours=_median(outcome.ours.cpu if outcome.ours else ()),
                ours_wall=_median(outcome.ours.wall if outcome.ours else ()),
                theirs=_median(compared.peer.cpu if compared and compared.peer else ()),
                theirs_wall=_median(compared.peer.wall if compared and compared.peer else ()),
                value=estimate.middle if estimate else np.nan,
                low=estimate.low if estimate else np.nan,
                high=estimate.high if estimate else np.nan,
                goal=row.goal if judged and row.goal is not None else np.nan,
                reached={True: "yes", False: "no", None: ""}[outcome.reached] if judged else "",
                disagreement=compared.disagreement if compared else np.nan,
                measure=row.measure,
                note=outcome.note if judged else "",
                rounds=outcome.rounds,
                date=datetime.now(UTC).date().isoformat(),
                commit=commit(),
                processor=known["processor"],
                versions=", ".join(filter(None, [f"Python {known['python']}", libraries, version])),
            )
        )
    return lines


def _median(values: Sequence[float]) -> float:
    return float(np.median(values)) if values else np.nan


def read(path: Path, rows: Sequence[Row]) -> list[Entry]:
    """What is kept of these rows, in their order; a row that was never measured has a line that says so."""
    kept: list[Entry] = []
    if path.exists():
        types = {"float": float, "int": int, "str": str}
        table = pd.read_csv(path, dtype=str, keep_default_na=False)
        kept = [
            Entry(
                **{
                    f.name: types[str(f.type)](one[f.name] or "nan") if f.type != "str" else one[f.name]
                    for f in fields(Entry)
                }
            )
            for one in table.to_dict("records")
        ]
    return [
        line
        for row in rows
        for line in [one for one in kept if one.row == row.name] or [Entry(row.name, row.sentence, unit=row.unit)]
    ]


def write(path: Path, lines: Sequence[Entry]) -> None:
    """Only what was measured is kept."""
    measured = [asdict(line) for line in lines if line.state != NOT_MEASURED]
    frame = pd.DataFrame(measured, columns=[f.name for f in fields(Entry)])
    path.parent.mkdir(parents=True, exist_ok=True)
    write_atomically(path, frame.to_csv(index=False, float_format="%.6g", lineterminator="\n"))
