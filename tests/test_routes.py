"""The commands of docs/routes/ run as printed, and so does the Python of a page, block after block.

`mtl-bench run` and `why` with `--scale smoke` appended. Two kinds are left to the tests that run them already: a whole
study of benchmarks/ (tests/test_studies.py), and what docs/regression.md has (tests/execution/test_regression.py).
"""

from __future__ import annotations

import re
import textwrap
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.test_docs import EXAMPLES, FILE, ROOT, project, run  # noqa: F401
from tests.test_studies import STUDIES

PAGES = sorted(path.stem for path in (ROOT / "docs/routes").glob("*.md"))
OTHERS = {f"mtl-bench run {study}" for study in STUDIES}
REGRESSION = set((ROOT / "docs/regression.md").read_text(encoding="utf-8").splitlines())
STUDY, METHOD = "benchmarks/entropy.py", "own_method"


def blocks(page: str, language: str) -> list[str]:
    """The code blocks of a route, those in a list too."""
    text = (ROOT / "docs/routes" / f"{page}.md").read_text(encoding="utf-8")
    return [textwrap.dedent(block) for block in re.findall(rf"^ *```{language}\n(.*?)^ *```", text, re.S | re.M)]


def commands(page: str) -> list[str]:
    return [line for block in blocks(page, "sh") for line in block.splitlines()]


def changed(text: str, diff: str) -> str:
    """A text with the parts of a diff applied, each of which it has once."""
    for part in re.split(r"^@@\n", diff, flags=re.MULTILINE):
        old, new = ("".join(f"{line[1:]}\n" for line in part.splitlines() if line[0] in f" {sign}") for sign in "-+")
        assert text.count(old) == 1, old
        text = text.replace(old, new)
    return text


def test_there_are_routes_and_each_has_commands() -> None:
    assert len(PAGES) >= 4
    assert all(commands(page) or blocks(page, "python") for page in PAGES)


@pytest.mark.slow
@pytest.mark.parametrize("page", PAGES)
def test_the_commands_run_as_printed(page: str, project: Path) -> None:  # noqa: F811
    [layers] = [text for file, text in FILE.findall((ROOT / "docs/layer_transfer.md").read_text(encoding="utf-8"))]
    (project / "benchmarks/my_layers.py").write_text(layers, encoding="utf-8")
    [*diffs] = blocks(page, "diff")
    assert len(diffs) == (page == METHOD)
    (project / STUDY).write_text(changed(EXAMPLES[STUDY], diffs[0]) if diffs else EXAMPLES[STUDY], encoding="utf-8")
    (project / "photographs").mkdir(exist_ok=True)
    for i, pixels in enumerate(np.random.default_rng(0).integers(0, 256, (8, 64, 64, 3), dtype=np.uint8)):
        Image.fromarray(pixels).save(project / f"photographs/{i}.png")
    if blocks(page, "python"):
        (project / "route.py").write_text("\n".join(blocks(page, "python")), encoding="utf-8")
    for command in ["python route.py"] * bool(blocks(page, "python")) + commands(page):
        if command in OTHERS | REGRESSION:
            continue
        at_scale = " --scale smoke" if command.startswith(("mtl-bench run ", "mtl-bench why ")) else ""
        done = run(project, command + at_scale)
        assert done.returncode == 0, f"{command}\n{done.stdout}{done.stderr}"
    if page == METHOD:
        judged = (project / "reports/entropy.smoke.md").read_text(encoding="utf-8")
        assert "Entropy minimisation classifies more target digits correctly than DANN" in judged
