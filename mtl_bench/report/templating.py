"""The templates of pages: Markdown for repositories and HTML for browsers, each with an escape of its own."""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mtl_bench.report import sections
from mtl_bench.typeset import ABSENT, Linked, Styled, escape, is_numeric, markdown_table, number, p_value
from mtl_bench.views.style import DPI

if TYPE_CHECKING:
    import pandas as pd
    from jinja2 import Environment
    from markupsafe import Markup

FOLDER = Path(__file__).parent / "templates"
CSS_PIXELS = 96  # an inch of CSS
LONG = 40  # letters of a cell that may break into lines


class Markdown(str):
    """Text that is Markdown already; everything else on a page is escaped."""


def _environment(**options: Any) -> Environment:
    import jinja2

    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(FOLDER),
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        **options,
    )
    environment.filters |= {
        "labels": lambda labels: ", ".join(f"{name}: {value}" for name, value in labels.items()),
        "formula": sections.formula,
        "detectable": sections.detectable_text,
        "measured": sections.measured_text,
        "unbroken": lambda text: re.sub(r"\[[^]]*\]|n = \d+", lambda found: found[0].replace(" ", "\xa0"), text),
        "published": sections.published_text,
        "number": number,
        "p": p_value,
    }
    return environment


def markdown() -> Environment:
    """All values are escaped but those that are Markdown already."""
    environment = _environment(finalize=lambda value: value if isinstance(value, Markdown) else Markdown(escape(value)))
    environment.filters |= {
        "raw": Markdown,
        "code": code,
        "table": lambda frame: Markdown(markdown_table(frame)),
    }
    return environment


def code(text: str) -> Markdown:
    """A command on one line, in which nothing is markup: a line break would end it, and a backtick too."""
    return Markdown(f"`{' '.join(str(text).replace('`', ' ').split()) or ABSENT}`")


def html(folder: Path, papers: Mapping[str, str]) -> Environment:
    """All values are escaped. `folder` is where the figures lie, `papers` where those that are cited can be read."""
    from markupsafe import Markup, escape

    def link(value: Any) -> Markup:
        text = escape(value)
        if isinstance(value, Styled):
            beneath = Markup(" <small>{}</small>").format(link(value.beneath)) if value.beneath else ""
            return (Markup("<strong>{}</strong>").format(str(value)) if value.bold else text) + beneath
        if not isinstance(value, Linked):
            return text
        return Markup('<a href="{}">{}</a>').format(value.url, str(value))

    # In one pass and the longest first: a paper's name may lie inside another's, or in an address.
    names = {str(escape(paper)): url for paper, url in papers.items()}
    any_name = re.compile("|".join(map(re.escape, sorted(names, key=len, reverse=True))))

    def cite(text: str) -> Markup:
        if not names:
            return escape(text)
        link = Markup('<a href="{}">{}</a>')
        return Markup(any_name.sub(lambda found: link.format(names[found[0]], Markup(found[0])), str(escape(text))))

    def embedded(stem: str) -> str:
        return f"data:image/png;base64,{base64.b64encode((folder / f'{stem}.png').read_bytes()).decode()}"

    def width(stem: str) -> int:
        """In CSS pixels, a third larger than in print."""
        from PIL import Image

        with Image.open(folder / f"{stem}.png") as image:
            return round(image.width / DPI * CSS_PIXELS * 4 / 3)

    def kinds(frame: pd.DataFrame) -> list[str]:
        """Of each column: numbers stand to the right, long text may break."""
        long = [any(len(str(value)) > LONG for value in frame[name]) for name in frame.columns]
        numeric = [is_numeric(frame[name]) for name in frame.columns]
        return ["number" if n else "words" if words else "name" for n, words in zip(numeric, long, strict=True)]

    environment = _environment(autoescape=True)
    environment.filters |= {"link": link, "cite": cite, "embedded": embedded, "width": width, "kinds": kinds}
    environment.globals |= {
        "style": Markup((FOLDER / "style.css").read_text(encoding="utf-8")),
        "script": Markup((FOLDER / "page.js").read_text(encoding="utf-8")),
        "marks": {"holds": "✓", "opposite": "✗", "undecided": "?", "exploratory": "~", "not judged": "–"},
    }
    return environment
