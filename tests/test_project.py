"""What contributors are given agrees with the project: YAML files parse, make targets exist, versions agree."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml  # type: ignore[import-untyped]
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.studies import ROOT

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
MAKEFILE = (ROOT / "Makefile").read_text(encoding="utf-8")
TARGETS = set(re.findall(r"^([a-z]+(?:-%)?):", MAKEFILE, re.MULTILINE))
HIDDEN = [path for path in ROOT.iterdir() if path.name in (".github", ".ci", ".pre-commit-config.yaml")]
YAML = sorted(
    path
    for place in (*HIDDEN, ROOT / "mtl_bench", ROOT / "action.yml")
    for path in (place.rglob("*") if place.is_dir() else [place])
    if path.suffix in (".yml", ".yaml")
)
WORDS = [*YAML, ROOT / ".ci/run", *(ROOT / name for name in ("README.md", "CONTRIBUTING.md")), *ROOT.glob("docs/*.md")]


def names(paths: list[Path]) -> list[str]:
    return [path.relative_to(ROOT).as_posix() for path in paths]


@pytest.mark.parametrize("path", YAML, ids=names(YAML))
def test_a_yaml_file_parses_without_a_key_twice(path: Path) -> None:
    node = yaml.compose(path.read_text(encoding="utf-8"))
    assert isinstance(node, yaml.MappingNode)
    assert list(twice(node)) == []


def twice(node: yaml.Node) -> Iterator[str]:
    """Keys that a mapping has twice: the parser takes the last one in silence."""
    if isinstance(node, yaml.MappingNode):
        keys = [key.value for key, _ in node.value]
        yield from {key for key in keys if keys.count(key) > 1}
    for child in node.value if isinstance(node.value, list) else []:
        for inner in child if isinstance(child, tuple) else [child]:
            yield from twice(inner)


def test_all_kinds_of_yaml_files_are_among_them() -> None:
    found = set(names(YAML))
    assert {".github/workflows/release.yml", ".github/ISSUE_TEMPLATE/bug.yml", ".github/dependabot.yml"} <= found
    assert {".pre-commit-config.yaml", "action.yml", "mtl_bench/starter/accuracy.yml"} <= found


@pytest.mark.parametrize("path", WORDS, ids=names(WORDS))
def test_every_make_target_that_is_named_is_there(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    commands = re.findall(r"(?:^\s*|`|run: |TORCH=cpu )make ([a-z]+(?:-[\w<>%-]+)?)", text, re.MULTILINE)
    unknown = {name for name in commands if name not in TARGETS and f"{name.partition('-')[0]}-%" not in TARGETS}
    assert not unknown


def test_named_targets_are_found_in_text_and_workflows() -> None:
    assert {"bench", "bench-%", "check", "coverage", "lock"} <= TARGETS
    assert "run: make check" in (ROOT / ".github/workflows/ci.yml").read_text(encoding="utf-8")
    assert "`make lock`" in (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("path", sorted((ROOT / ".github/workflows").glob("*.yml")), ids=lambda path: path.stem)
def test_every_job_ends_by_itself_and_may_do_no_more_than_it_says(path: Path) -> None:
    workflow: dict[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))
    assert workflow["permissions"] == {"contents": "read"}
    for job in workflow["jobs"].values():
        assert job["timeout-minutes"] <= 360


def test_only_a_tag_is_published_after_its_wheel_was_tried() -> None:
    jobs = yaml.safe_load((ROOT / ".github/workflows/release.yml").read_text(encoding="utf-8"))["jobs"]
    [publishing] = [name for name, job in jobs.items() if "gh-action-pypi-publish" in str(job)]
    assert jobs[publishing]["if"] == "github.ref_type == 'tag'"
    assert (jobs[publishing]["needs"], jobs["try"]["needs"]) == ("try", "build")
    assert jobs[publishing]["permissions"] == {"id-token": "write"}
    assert [name for name, job in jobs.items() if "permissions" in job] == [publishing]


def test_hooks_do_what_make_check_does_with_the_same_versions() -> None:
    config = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text(encoding="utf-8"))
    hooks = [hook for repository in config["repos"] for hook in repository["hooks"]]
    recipe = MAKEFILE.partition("\ncheck:")[2].partition("\n\n")[0]
    checked = [line.split("/")[1].removeprefix("python -m ") for line in recipe.splitlines() if "$(BIN)/" in line]
    plain = {re.sub(r" (--check|\.)(?= |$)", "", line) for line in checked}
    assert len(plain) == 4
    assert plain == {re.sub(r"^\.venv/bin/(python -m )?| --force-exclude", "", hook["entry"]) for hook in hooks}
    brought = {line for hook in hooks for line in hook.get("additional_dependencies", [])}
    assert brought and brought <= set(PROJECT["optional-dependencies"]["test"])
    own = [hook for hook in hooks if not hook["entry"].startswith(".venv/bin/")]
    assert all(hook["language"] == "python" and hook["additional_dependencies"] for hook in own)


def opened(lines: list[str]) -> Iterator[Requirement]:
    """Requirements, extras of ours opened."""
    for line in lines:
        requirement = Requirement(line)
        if requirement.name == "mtl-bench":
            for extra in requirement.extras:
                yield from opened(PROJECT["optional-dependencies"][extra])
        else:
            yield requirement


LOCK = (ROOT / "requirements.lock").read_text(encoding="utf-8")
PINS = [Requirement(line) for line in LOCK.splitlines() if line and not line.lstrip().startswith("#")]


def test_the_lock_has_one_version_of_all_that_is_needed_within_its_bounds() -> None:
    pins = {canonicalize_name(pin.name): pin for pin in PINS}
    needed = list(opened([*PROJECT["dependencies"], *PROJECT["optional-dependencies"]["test"]]))
    assert len(needed) > 30
    assert [one.name for one in needed if canonicalize_name(one.name) not in pins] == [], "make lock"
    for one in needed:
        [pin] = pins[canonicalize_name(one.name)].specifier
        assert pin.operator == "=="
        assert one.specifier.contains(pin.version), f"make lock: {one} but {pin}"


def test_the_lock_names_no_place_of_its_own() -> None:
    """Neither an index nor a folder: it installs from wherever pip is told to."""
    assert len(PINS) > 80
    assert not [pin for pin in PINS if pin.url]
    assert not re.findall(r"https?:|file:|^\s*-|/(?:home|root|tmp|opt|work)/|@ ", LOCK, re.MULTILINE)
