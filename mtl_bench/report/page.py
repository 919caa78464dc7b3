"""The page of a study at a scale: a pure function of the study and its results, the same bytes every time."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from mtl_bench.disk import write_atomically
from mtl_bench.report import evidence, overview, sections, templating
from mtl_bench.report.answer import answers
from mtl_bench.report.declared import declared
from mtl_bench.results.frame import Frame
from mtl_bench.results.measured import MEANINGFUL_GAP
from mtl_bench.statistics.numbers import numbers
from mtl_bench.statistics.verdict import judge
from mtl_bench.views import style
from mtl_bench.views.all_cells import AllCells
from mtl_bench.views.claim_sides import ClaimSides
from mtl_bench.views.table import Table

LEAD = ClaimSides("What the claims compare")
MEANING = {
    "smoke": "synthetic data, to prove that the study runs from end to end",
    "laptop": "real data, minutes to hours on two processor cores",
    "gpu": "all of the real data, hours on one graphics card",
    "paper": "the paper's data and protocol",
}


@dataclass(frozen=True)
class Shown:
    """A figure or a table of the page; `stem` is where its files lie, relative to the page."""

    title: str
    stem: str
    reading: str = ""
    table: Table | None = None

    @property
    def address(self) -> str:
        """Its place within the page."""
        return Path(self.stem).name


def write(study_name: str, frame: Frame, folder: Path, stale: Mapping[str, int] | None = None) -> Path:
    """Write `<folder>/<study>.<scale>.md` and `.html`, and the figures and tables in `<folder>/<study>.<scale>/`.

    `stale` counts, per kind of trial, the cells that older code computed.
    """
    study, scale, shown = frame.study, frame.scale, frame.results
    name = f"{study_name}.{scale}"
    lead, figures, tables, undrawn = _draw(frame, folder / name)
    judgements, compared = judge(frame), sections.sides_of(frame)
    run = sections.run(frame)
    parts = {
        "name": name,
        "study": study,
        "scale": scale,
        "meaning": _meaning(study_name, scale, shown.folder),
        "command": sections.command(shown) or f"mtl-bench run {study_name} --scale {scale}",
        "redraw": f"mtl-bench report {study_name} --scale {scale}",
        "results_link": Path(os.path.relpath(shown.folder / f"{name}.csv", folder)).as_posix(),
        "answers": answers(judgements),
        "lead": lead,
        "figures": figures,
        "tables": tables,
        "undrawn": undrawn,
        "judgements": judgements,
        "declared": declared(frame),
        "verdicts": sections.verdict_table(judgements, compared, study),
        "compared": compared,
        "gates": sections.gate_table(frame),
        "numbers": sections.number_table(study, numbers(frame)),
        "run": run,
        "environments": sections.environment_table(shown),
        "code": sections.code_table(shown),
        "data": sections.data_table(shown),
        "stale": stale or {},
        "gap": MEANINGFUL_GAP,
    }
    markdown = templating.markdown().get_template("page.md.jinja").render(parts)
    path = folder / f"{name}.md"
    write_atomically(path, re.sub(r"\n{3,}", "\n\n", markdown))
    html = templating.html(folder, study.papers).get_template("page.html.jinja").render(
        parts,
        forest_plot=evidence.forest_plot(judgements),
        evidence=[evidence.by_seed(j, frame.by_device.get(j.device, shown)) for j in judgements],
        rows=evidence.rows_of(shown, judgements),
        row_count=len(shown.rows),
    )  # fmt: skip
    write_atomically(path.with_suffix(".html"), html)
    overview.note(folder / name / overview.FILE, study_name, frame, run, judgements)
    overview.write(folder)
    return path


def _meaning(study_name: str, scale: str, results: Path) -> str:
    """What the scale is; of a study that has results of synthetic data alone, that too."""
    real = [results / f"{study_name}.{other}.csv" for other in MEANING if other != "smoke"]
    never = scale == "smoke" and not any(path.exists() for path in real)
    return MEANING[scale] + ("; never run on the real data so far" if never else "")


def _draw(frame: Frame, files: Path) -> tuple[Shown | None, list[Shown], list[Shown], list[str]]:
    """Write every figure and table, and remove the files of former ones.

    The figure of the claims' sides comes first; also what lacks files to be drawn from.
    """
    files.mkdir(parents=True, exist_ok=True)
    former = {path for path in files.iterdir() if path.suffix != ".part"}  # those are what another command now writes
    lead: Shown | None = None
    figures: list[Shown] = []
    tables: list[Shown] = []
    undrawn: list[str] = []
    explained: set[str] = set()  # how to read a kind of figure is said once
    for view in (LEAD, *frame.study.views, *map(AllCells, frame.metrics)):
        with style.styled():
            drawn = view.draw(frame)
        if drawn is None:
            undrawn += [f"{view.title} (no cell kept {', '.join(view.files)})"] if view.files else []
            continue
        reading = "" if view.reading in explained else view.reading
        explained.add(view.reading)
        if isinstance(drawn, Table):
            stem = f"table-{len(tables) + 1}"
            drawn.write(files / stem)
            tables.append(Shown(view.title, f"{files.name}/{stem}", reading, drawn))
        else:
            stem = "claims" if view is LEAD else f"figure-{len(figures) + 1}"
            style.save(drawn, files / stem)
            shown = Shown(view.title, f"{files.name}/{stem}", reading)
            if view is LEAD:
                lead = shown
            else:
                figures.append(shown)
    stems = {part.address for part in [*([lead] if lead else []), *figures, *tables]}
    for path in former:
        if path.stem not in stems and path.name != overview.FILE:
            path.unlink(missing_ok=True)  # another command that writes this page may be faster
    return lead, figures, tables, undrawn
