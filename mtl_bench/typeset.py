"""How numbers and tables are written: one form for pages, terminals and papers."""

from __future__ import annotations

import html
import math
import re
from collections.abc import Iterable, Sequence
from itertools import groupby
from typing import Any

import pandas as pd

ABSENT = "–"
PAIR = " → "  # between the source and the target of a column
ROWS_OF_A_PAGE = 45
MARKDOWN = re.compile(r"([\\`*_|~$]|^#|\](?=[(\[:]))")  # what Markdown would take as markup inside a line
CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")  # letters that are no text
LATEX = str.maketrans(
    {letter: f"\\{letter}" for letter in "&%$#_{}"}
    | {"\\": r"\textbackslash{}", "~": r"\textasciitilde{}", "^": r"\textasciicircum{}"}
    | {"±": r"$\pm$", "→": r"$\to$", "−": "$-$", "×": r"$\times$", "≥": r"$\geq$", "≤": r"$\leq$", "–": "--"}
)


class Linked(str):
    """Text that leads somewhere: a published number to its paper, a value to its row."""

    url: str

    def __new__(cls, text: str, url: str) -> Linked:
        linked = super().__new__(cls, text)
        linked.url = url
        return linked


class Styled(str):
    """Text of a table that may be bold, with a smaller line beneath it, which may lead to `url`."""

    bold: bool
    beneath: str

    def __new__(cls, text: str, bold: bool = False, beneath: str = "", url: str | None = None) -> Styled:
        styled = super().__new__(cls, text)
        styled.bold, styled.beneath = bold, linked(beneath, url)
        return styled


def linked(text: str, url: str | None) -> str:
    """The text, with a link where there is one."""
    return Linked(text, url) if url else text


def number(value: float | None, digits: int = 1) -> str:
    """52.3, with a true minus sign; a dash for what was not measured."""
    if value is None or not math.isfinite(value):
        return ABSENT
    text = f"{value:.{digits}f}"
    return "0." + "0" * digits if float(text) == 0 and digits else text.replace("-", "−")


def digits_in(unit: str) -> int:
    """Points are read to a tenth; an effect in another unit needs one digit more."""
    return 1 if unit.startswith("points") else 2


def signed(value: float | None, digits: int = 1) -> str:
    """+7.9: a difference."""
    return plus(value, number(value, digits))


def plus(value: float | None, text: str) -> str:
    """The text with a plus sign when the value is positive and not written as zero."""
    return f"+{text}" if value is not None and value > 0 and not re.match(r"0(\.0*)?(?![\d.])", text) else text


def exact(value: float | None) -> str:
    """A published number with the digits that were published."""
    return ABSENT if value is None else f"{value:g}".replace("-", "−")


def mean_sd(mean: float | None, sd: float | None, digits: int = 1) -> str:
    """45.2 ± 1.1, without a spread where there is one value."""
    if sd is None or not math.isfinite(sd):
        return number(mean, digits)
    return f"{number(mean, digits)} ± {number(sd, digits)}"


def p_value(p: float) -> str:
    return "p < 0.001" if p < 0.001 else f"p = {p:.3f}" if p < 0.0995 else f"p = {p:.2f}"


def count(n: int, noun: str) -> str:
    return f"{n} {noun}" if n == 1 else f"{n} {noun}s"


def duration(seconds: float) -> str:
    """0.2 s, 45 s, 12 min."""
    if not math.isfinite(seconds):
        return ABSENT
    return f"{seconds / 60:.0f} min" if seconds >= 120 else f"{seconds:.{0 if seconds >= 10 else 1}f} s"


def escape(value: Any) -> str:
    """Text that Markdown and HTML show as it is, on one line; links stay links."""
    text = MARKDOWN.sub(r"\\\1", html.escape(_one_line(value), quote=False))
    if isinstance(value, Styled):
        beneath = f"<br><sub>{escape(value.beneath)}</sub>" if value.beneath else ""
        return (f"**{text}**" if value.bold else text) + beneath
    return f"[{text}]({value.url})" if isinstance(value, Linked) else text


def markdown_table(frame: pd.DataFrame) -> str:
    """A GitHub table; columns after the first that hold numbers only are set to the right."""
    heads = [escape(column) for column in frame.columns]
    rules = ["--:" if is_numeric(frame[column]) else ":--" for column in frame.columns]
    body = [[escape(value) for value in row] for row in frame.itertuples(index=False)]
    return "".join(f"| {' | '.join(row)} |\n" for row in [heads, rules, *body])


def latex_table(frame: pd.DataFrame) -> str:
    r"""A booktabs table, for `\input` in a paper that loads the package; a blank line in a cell would end it.

    What stands beneath an entry has a line of its own. Columns "a → b" of one a after the other share a head. A table
    that is longer than a page is a `longtable`, for which a paper loads that package too.
    """
    columns = "".join("r" if is_numeric(frame[column]) else "l" for column in frame.columns)
    body = "".join(_latex_row(row) for row in frame.itertuples(index=False))
    head = f"\\toprule\n{_latex_head([*map(str, frame.columns)])}\\midrule\n"
    if len(frame) > ROWS_OF_A_PAGE:
        kind, body = "longtable", f"\\endhead\n{body}"
    else:
        kind = "tabular"
    return f"\\begin{{{kind}}}{{{columns}}}\n{head}{body}\\bottomrule\n\\end{{{kind}}}\n"


def _latex_head(columns: Sequence[str]) -> str:
    """The names of the columns; pairs of domains under their source where several have one."""
    groups = [(source, len(list(run))) for source, run in groupby(columns, key=_source)]
    if not any(source and n > 1 for source, n in groups):
        return " & ".join(map(_latex, columns)) + " \\\\\n"
    above, rules, place = [], "", 1
    for source, n in groups:
        above += [rf"\multicolumn{{{n}}}{{c}}{{{_latex(source)} $\to$}}"] if source else [""] * n
        rules += rf"\cmidrule(lr){{{place}-{place + n - 1}}}" if source else ""
        place += n
    below = " & ".join(_latex(name.rpartition(PAIR)[2]) for name in columns)
    return f"{' & '.join(above)} \\\\\n{rules}\n{below} \\\\\n"


def _source(column: str) -> str:
    """Of a pair of domains the first, "" for any other column."""
    return column.partition(PAIR)[0] if column.count(PAIR) == 1 else ""


def _latex_row(row: Iterable[Any]) -> str:
    row = list(row)
    texts = [rf"\textbf{{{_latex(v)}}}" if isinstance(v, Styled) and v.bold else _latex(v) for v in row]
    beneath = [_latex(v.beneath) if isinstance(v, Styled) else "" for v in row]
    line = " & ".join(texts) + " \\\\\n"
    if not any(beneath):
        return line
    return line + " & ".join(rf"{{\scriptsize {text}}}" if text else "" for text in beneath) + " \\\\[2pt]\n"


def _latex(value: Any) -> str:
    return _one_line(value).translate(LATEX)


def _one_line(value: Any) -> str:
    return " ".join(CONTROL.sub(" ", str(value)).split())


def is_numeric(column: pd.Series[Any]) -> bool:
    """Whether a column of text holds numbers only."""
    return all(value == ABSENT or re.match(r"[+−]?\d[\d.,]*( |$)", str(value)) for value in column)
