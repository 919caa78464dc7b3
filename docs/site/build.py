"""Builds the site of README, docs/ and all results into build/site: `make site`.

Pages keep their places in the repository, so that a link means the same on GitHub and on the site. What differs between
the two is brought into build/pages here, of which MkDocs, or what takes its place one day, makes the site.
"""

from __future__ import annotations

import ast
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
REPOSITORY = os.environ.get("SITE_REPOSITORY", "https://github.com/OWNER/mtl_bench")  # as in mkdocs.yml
PAGES = (
    "README.md", "CHANGELOG.md", "docs/**/*.md", "data/README.md", "reports/*.md", "results/retired/README.md",
    "mtl_bench/published/README.md",
)  # fmt: skip
FILES = ("docs/site/*.css", "reports/**/*.*", "results/*.csv", "results/retired/**/*.*", "LICENSE", "CITATION.cff")
RENAMED = {
    "README.md": "index.md",
    "data/README.md": "data/index.md",
    "reports/README.md": "reports/verdicts.md",  # beside index.html, which the pages of results lead to
    "results/retired/README.md": "results/retired/reports/index.md",  # where retired pages lead to
}
VERDICTS = "<!-- On the site: the table of verdicts. -->"  # stands in README.md
EACH = re.compile(r"^::: each (\S+) with (\w+)$", re.MULTILINE)  # in docs/api: dataclasses of a package, by a member
LINK = re.compile(r"(?<=\]\()([^)#\s]+)")
FENCE = re.compile(r"^```(\w+) (?:file=(\S+)|.*)$", re.MULTILINE)


def found(patterns: tuple[str, ...]) -> set[str]:
    """Files of the repository, by their paths in it; what smoke runs leave is none of it."""
    paths = (path for pattern in patterns for path in ROOT.glob(pattern) if path.is_file())
    return {path.relative_to(ROOT).as_posix() for path in paths if ".smoke" not in str(path)}


def places() -> dict[str, str]:
    """Where each file lies on the site. Of a result page that has both, the HTML stands for the Markdown."""
    files = found(PAGES) | found(FILES)
    html = {name: name.removesuffix(".md") + ".html" for name in files}
    return {name: RENAMED.get(name, html[name] if html[name] in files else name) for name in files}


def led(markdown: str, page: str, places: dict[str, str]) -> str:
    """The links of a page: to the site where the site has the file, else to the repository if that has it."""

    def leading(link: re.Match[str]) -> str:
        name = os.path.normpath(Path(page).parent / link[0])
        if name in places:
            return os.path.relpath(places[name], Path(places[page]).parent)
        return f"{REPOSITORY}/blob/main/{name}" if (ROOT / name).exists() and "://" not in link[0] else link[0]

    return LINK.sub(leading, markdown)


def each(directive: re.Match[str]) -> str:
    """mkdocstrings' directives for the dataclasses of a package that have this member: new ones appear too."""
    package, member = directive.groups()
    place = ROOT.joinpath(*package.split("."))
    shown = []
    for path in sorted(place.glob("*.py")) if place.is_dir() else [place.with_suffix(".py")]:
        module = ".".join(path.relative_to(ROOT).with_suffix("").parts)
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.ClassDef) and node.decorator_list and member in members(node):
                shown.append(f"::: {module}.{node.name}" if member != "of" else estimator(node, module))
    return "\n\n".join(shown)


def members(node: ast.ClassDef) -> dict[str, ast.expr | None]:
    """The fields of a class with their values, and its methods."""
    fields = {ast.unparse(part.target): part.value for part in node.body if isinstance(part, ast.AnnAssign)}
    return fields | {part.name: None for part in node.body if isinstance(part, ast.FunctionDef)}


def estimator(node: ast.ClassDef, module: str) -> str:
    """An estimator by its public name; its docstring, made when it is imported, is that of its method."""
    of = ast.unparse(members(node)["of"] or node)
    home = module.replace("estimators", "methods")
    return f"::: mtl_bench.{node.name}\n\nEquations and parameters: [`{of}`][{home}.{of}]."


def assembled(page: str, places: dict[str, str]) -> str:
    """The Markdown of a page as MkDocs reads it."""
    markdown = (ROOT / page).read_text(encoding="utf-8")
    if VERDICTS in markdown:
        lines = (ROOT / "reports/README.md").read_text(encoding="utf-8").partition("\n## ")[0].splitlines()
        table = "\n".join(line.replace("](", "](reports/") for line in lines if line.startswith("|"))
        markdown = markdown.replace(VERDICTS, f"What studies came to, [claim by claim](reports/README.md):\n\n{table}")
    markdown = EACH.sub(each, led(markdown, page, places))
    markdown = re.sub(r"^ {2}(?=[*-] )", "    ", markdown, flags=re.MULTILINE)  # a list in a list
    return FENCE.sub(lambda fence: f"```{fence[1]}" + (f' title="{fence[2]}"' if fence[2] else ""), markdown)


def build(folder: Path) -> None:
    """Assemble the pages in folder/pages and build folder/site from them; a warning is an error."""
    pages, site = folder / "pages", folder / "site"
    shutil.rmtree(pages, ignore_errors=True)
    where = places()
    markdown = {name for name in found(PAGES) if where[name].endswith(".md")}
    as_it_is = {name for name in where.keys() - markdown if name not in RENAMED}
    for name in markdown:
        (pages / where[name]).parent.mkdir(parents=True, exist_ok=True)
        (pages / where[name]).write_text(assembled(name, where), encoding="utf-8")
    copied(pages, {name for name in as_it_is if not name.endswith(".md")})
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", str(site)]
    told = {"SITE_PAGES": str(pages), "SITE_REPOSITORY": REPOSITORY, "NO_MKDOCS_2_WARNING": "1"}
    subprocess.run(command, cwd=ROOT, env={**os.environ, **told}, check=True)
    copied(site, as_it_is)  # with the Markdown that the pages of results offer


def copied(folder: Path, names: set[str]) -> None:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, folder / name)


if __name__ == "__main__":
    build(Path(sys.argv[1]) if sys.argv[1:] else ROOT / "build")
    print("python -m http.server --directory build/site shows it; from the disk it lacks the search alone")
