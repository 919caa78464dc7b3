"""The overview over all pages: what each page noted of itself, as a page for browsers and one for repositories."""

from __future__ import annotations

import json
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path

import pandas as pd

from mtl_bench.disk import read_json, write_atomically
from mtl_bench.report import sections, templating
from mtl_bench.results.frame import Frame
from mtl_bench.statistics.verdict import Judgement, Verdict
from mtl_bench.typeset import ABSENT, Linked

FILE = "summary.json"
SCALES = ("paper", "gpu", "laptop")  # smoke shows nothing but that a study runs
HEADS: dict[Verdict, str] = {  # of the overview's columns
    "holds": "holds",
    "opposite": "negative",  # the opposite or no effect that counts
    "undecided": "undecided",
    "not judged": "not judged",
    "exploratory": "exploratory",
}


@dataclass(frozen=True)
class Summary:
    """What the overview says of a page."""

    study: str
    scale: str
    title: str
    question: str
    claims: list[dict[str, str]]  # of each its text, verdict and words
    rows: int
    seeds: str
    dates: str
    devices: str

    @property
    def page(self) -> str:
        return f"{self.study}.{self.scale}"

    def count(self, verdict: Verdict) -> str:
        """How many claims have this verdict."""
        return str(sum(claim["verdict"] == verdict for claim in self.claims) or ABSENT)


def note(path: Path, name: str, frame: Frame, run: sections.Run, judgements: Sequence[Judgement]) -> None:
    """Keep beside the page's figures what the overview says of it."""
    summary = Summary(
        study=name,
        scale=frame.scale,
        title=frame.study.title,
        question=frame.study.question,
        claims=[{"text": j.claim.text, "verdict": j.verdict, "words": j.words} for j in judgements],
        rows=len(frame.results.rows),
        seeds=run.seeds,
        dates=run.dates,
        devices=", ".join(frame.by_device),
    )
    write_atomically(path, json.dumps(asdict(summary), indent=1) + "\n")


def summaries(folder: Path) -> list[Summary]:
    """Of all pages, by study; the paper's scale first. Notes that another version left wait for their pages."""
    found = []
    for path in (path for scale in SCALES for path in folder.glob(f"*.{scale}/{FILE}")):
        with suppress(ValueError, TypeError):
            found.append(Summary(**read_json(path)))
    return sorted(found, key=lambda one: one.study)


def write(folder: Path) -> None:
    """Write `index.html` and `README.md` over all pages of the folder."""
    pages = summaries(folder)
    table = pd.DataFrame(
        [
            {
                "study": Linked(one.title, f"{one.page}.md"),
                "scale": one.scale,
                **{head: one.count(verdict) for verdict, head in HEADS.items()},
                "rows": str(one.rows),
                "date": one.dates,
                "device": one.devices,
            }
            for one in pages
        ],
        dtype=object,
    )
    claims = pd.DataFrame(
        [
            {"study": one.page, "claim": Linked(claim["text"], f"{one.page}.md"), "verdict": claim["words"]}
            for one in pages
            for claim in one.claims
        ],
        dtype=object,
    )
    parts = {"pages": pages, "heads": HEADS}
    html = templating.html(folder, {}).get_template("index.html.jinja").render(parts)
    write_atomically(folder / "index.html", html)
    write_atomically(
        folder / "README.md",
        templating.markdown().get_template("index.md.jinja").render(parts, table=table, claims=claims),
    )
