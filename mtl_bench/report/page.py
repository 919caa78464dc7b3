"""The page of a study at a scale: a pure function of the study and its results, the same bytes every time."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from mtl_bench.report import evidence, overview, sections, templating
from mtl_bench.results.frame import MEANINGFUL_GAP, by_device, without_sizing
from mtl_bench.results.table import Results
from mtl_bench.statistics.numbers import numbers
from mtl_bench.statistics.verdict import judge
from mtl_bench.study import Bars, Curves, Filters, Grid, Layers, Points, Ranking, Study, Sweep
from mtl_bench.views import plots
from mtl_bench.views.tables import Table, grid_table, main_table, ranking_table

MEANING = {
    "smoke": "synthetic data, to prove that the study runs from end to end",
    "laptop": "real data, minutes on two processor cores",
    "paper": "the paper's data and protocol",
}
READING = {
    Bars: "Bars are means, whiskers their standard deviation, dots single seeds; lines across the bars are published "
    "values, dashed where the number is context only.",
    Curves: "Lines are means over seeds, bands one standard deviation.",
    Points: "Each point is an image's features of one run; distances between far groups mean nothing.",
    Sweep: "Points are means over all pairs; dashed lines are published values, marked where the paper stands.",
    Layers: "Small points are single runs, lines their means, bands one standard deviation over replicates, whose "
    "targets are averaged first; a difference is taken within a replicate and a target. Hollow marks on dashes are "
    "published values, in a panel of their own where they are context only.",
    Filters: "Each square is a filter of the first layer, scaled to its own smallest and largest weight.",
}


@dataclass(frozen=True)
class Shown:
    """A figure or a table of the page; `stem` is where its files lie, relative to the page."""

    title: str
    stem: str
    reading: str = ""
    table: Table | None = None


def write(
    study_name: str,
    study: Study,
    results: Results,
    scale: str,
    folder: Path,
    stale: Mapping[str, int] | None = None,
) -> Path:
    """Write `<folder>/<study>.<scale>.md` and `.html`, and the figures and tables in `<folder>/<study>.<scale>/`.

    `stale` counts, per kind of trial, the cells that older code computed.
    """
    name = f"{study_name}.{scale}"
    judged = without_sizing(results)
    shown = judged if len(judged.rows) else results
    figures, tables = _draw(study, shown, folder / name)
    judgements = judge(study, results)
    devices = by_device(shown)
    run = sections.run(study, shown)
    parts = {
        "name": name,
        "study": study,
        "scale": scale,
        "meaning": MEANING[scale],
        "command": results.provenance.get("command") or f"mtl-bench run {study_name} --scale {scale}",
        "redraw": f"mtl-bench report {study_name} --scale {scale}",
        "results_link": Path(os.path.relpath(results.folder / f"{name}.csv", folder)).as_posix(),
        "figures": figures,
        "tables": tables,
        "judgements": judgements,
        "verdicts": sections.verdict_table(judgements),
        "gates": sections.gate_table(study, shown),
        "numbers": sections.number_table(study, numbers(study, results)),
        "run": run,
        "environments": sections.environment_table(shown),
        "code": sections.code_table(shown),
        "data": sections.data_table(shown),
        "stale": stale or {},
        "gap": MEANINGFUL_GAP,
    }
    markdown = templating.markdown().get_template("page.md.jinja").render(parts)
    path = folder / f"{name}.md"
    path.write_text(re.sub(r"\n{3,}", "\n\n", markdown), encoding="utf-8")
    html = templating.html(folder, study.papers).get_template("page.html.jinja").render(
        parts,
        whiskers=evidence.whiskers(judgements),
        evidence=[evidence.by_seed(j, devices.get(j.device, shown)) for j in judgements],
        rows=evidence.rows_of(shown, judgements),
        row_count=len(shown.rows),
    )  # fmt: skip
    path.with_suffix(".html").write_text(html, encoding="utf-8")
    overview.note(folder / name / overview.FILE, study_name, study, shown, run, judgements)
    overview.write(folder)
    return path


def _draw(study: Study, results: Results, files: Path) -> tuple[list[Shown], list[Shown]]:
    """Write every figure and table, and remove the files of former ones."""
    files.mkdir(parents=True, exist_ok=True)
    former = set(files.iterdir())
    figures: list[Shown] = []
    tables: list[Table] = []
    explained: set[type] = set()  # how to read a kind of figure is said once
    for view in study.views:
        if isinstance(view, Grid):
            tables.append(grid_table(view, study, results))
        elif isinstance(view, Ranking):
            tables.append(ranking_table(view, study, results))
        elif plots.save(view, study, results, files / f"figure-{len(figures) + 1}"):
            how = "" if type(view) in explained else READING[type(view)]
            explained.add(type(view))
            figures.append(Shown(view.title, f"{files.name}/figure-{len(figures) + 1}", how))
    drawn_only = {view.metric for view in study.views if isinstance(view, Points | Filters)}
    metrics = sorted(set(results.rows["metric"]) - drawn_only)
    tables += [main_table(study, results, metric) for metric in metrics]
    tables = [table for table in tables if len(table.text)]
    for i, table in enumerate(tables, 1):
        table.write(files / f"table-{i}")
    shown = [Shown(table.title, f"{files.name}/table-{i}", table=table) for i, table in enumerate(tables, 1)]
    stems = {Path(part.stem).name for part in [*figures, *shown]}
    for path in former:
        if path.stem not in stems and path.name != overview.FILE:
            path.unlink()
    return figures, shown
