"""From rows to the page: what is missing, wrong or slow is said; what is there is shown."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from speed import command, lines, page
from speed import row as rows_module
from speed.row import Outcome, Peer, Row
from speed.rows import ROWS
from speed.timing import Compared, Timed


def constant(value: float) -> Any:
    """A maker of works with this result."""
    return lambda inputs: lambda: value


PLAIN = Row(
    name="plain",
    sentence="Nothing at all",
    inputs=lambda: None,
    ours=constant(1.0),
    peers=(Peer("other", constant(1.0)),),
    goal=0.6,
    distance=lambda a, b: abs(a - b),
    measure="difference",
    tolerance=0.1,
    rounds=1,
)
WRONG = replace(PLAIN, name="wrong", peers=(Peer("other", constant(2.0)),))
MISSING = replace(PLAIN, name="missing", peers=(Peer("other", constant(1.0), "no_such_module", "no-such"),))
ALONE = replace(PLAIN, name="alone", peers=(), unit="seconds", goal=10.0)
LONG = replace(PLAIN, name="long", optional=True)
THESE = (PLAIN, WRONG, MISSING, ALONE, LONG)


def outcome(row: Row, ours: float, peer: float) -> Outcome:
    """As if it had been measured."""
    timed = Timed((ours,) * 6, (ours,) * 6)
    beside = {one.name: Compared(timed, Timed((peer,) * 6, (peer,) * 6), 0.0) for one in row.peers}
    return Outcome(row, 6, timed, beside)


def test_names_of_rows_are_unique_and_every_row_is_whole() -> None:
    assert len({row.name for row in ROWS}) == len(ROWS)
    for row in ROWS:
        assert re.fullmatch(r"[a-z0-9-]+", row.name)
        assert len(row.name) <= page.WIDTHS[0]
        assert row.sentence and not row.sentence.endswith(".")
        assert row.rounds >= 6 or row.optional  # fewer give no interval
        assert row.goal is None or row.goal > 0
        assert row.peers or row.unit == "seconds"
        if row.unit == "ratio":
            assert row.distance is not None and row.measure and row.tolerance > 0
        for peer in row.peers:
            assert (peer.module is None) == (not peer.distribution)


def test_peers_are_what_the_extra_installs() -> None:
    import tomllib

    project = tomllib.loads((Path(__file__).parents[2] / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extra = " ".join(project["optional-dependencies"]["peers"])
    for peer in (peer for row in ROWS for peer in row.peers if peer.distribution):
        assert re.search(rf"\b{peer.distribution}\b", extra)


@pytest.mark.parametrize(("taken", "reached"), [(0.5, True), (0.7, False)])
def test_the_goal_is_for_the_median_ratio(taken: float, reached: bool) -> None:
    assert outcome(PLAIN, taken, 1.0).reached is reached


def test_without_a_peer_the_goal_is_for_our_seconds() -> None:
    assert outcome(ALONE, 9.0, 0.0).reached is True
    assert outcome(ALONE, 11.0, 0.0).reached is False


@pytest.mark.slow
def test_another_result_is_said_instead_of_a_ratio() -> None:
    [line] = lines.lines_of(rows_module.measured(WRONG))
    assert (line.state, line.disagreement, line.reached) == ("disagrees", 1.0, "")
    assert "disagrees" in page.text(line)


@pytest.mark.slow
def test_a_peer_that_is_not_installed_is_said_with_the_remedy() -> None:
    [line] = lines.lines_of(rows_module.measured(MISSING))
    assert line.state == "not installed: pip install -e '.[peers]'"
    assert "not installed" in page.text(line) and "'.[peers]'" in page.text(line)


@pytest.mark.slow
def test_an_error_is_one_sentence_and_the_other_rows_go_on(tmp_path: Path) -> None:
    def broken(_: Any) -> Any:
        raise RuntimeError("it broke\nin two lines")

    rows = (replace(PLAIN, name="broken", ours=broken), PLAIN)
    assert command.run(rows, None, tmp_path, rows, command.here) == 1
    kept = {line.row: line.state for line in lines.read(tmp_path / "speed" / "table-1.csv", rows)}
    assert kept == {"broken": "failed: RuntimeError: it broke", "plain": "measured"}


def test_an_unknown_row_is_one_sentence_with_the_names() -> None:
    with pytest.raises(command.SpeedError) as error:
        command.chosen(["plan"], rows=THESE)
    known = "plain, wrong, missing, alone, long"
    assert str(error.value) == f'there is no row "plan"; did you mean "plain"? (there are {known})'


def test_optional_rows_are_measured_only_when_they_are_asked_for() -> None:
    assert [row.name for row in command.chosen([], rows=THESE)] == ["plain", "wrong", "missing", "alone"]
    assert command.chosen([], True, THESE) == list(THESE)
    assert command.chosen(["long", "long"], rows=THESE) == [LONG]


def test_the_list_has_every_row() -> None:
    assert [line.split()[0] for line in command.listing().splitlines()] == [row.name for row in ROWS]


@pytest.mark.slow
def test_the_page_holds_every_row_and_its_files(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert command.run(THESE[:4], None, tmp_path, THESE, command.here) == 0
    shown = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in shown[1:-1]] == ["plain", "wrong", "missing", "alone"]
    assert shown[-1] == str(tmp_path / "speed.md")
    text = (tmp_path / "speed.md").read_text(encoding="utf-8")
    for row in THESE:
        assert f"| {row.name} |" in text and f"**{row.name}**" in text
    assert "| not measured |" in text
    assert {path.name for path in (tmp_path / "speed").iterdir()} == {"figure-1.png", "figure-1.pdf", "table-1.csv"}


@pytest.mark.slow
def test_a_process_that_ends_is_said_and_the_other_rows_go_on() -> None:
    [line] = command.apart(PLAIN, 1)  # a row that the process does not know
    assert line.state.startswith("failed: its process ended with 1: speed.command.SpeedError: there is no row")


@pytest.mark.slow
def test_rows_that_are_not_measured_anew_stay(tmp_path: Path) -> None:
    table = tmp_path / "speed" / "table-1.csv"
    command.run([PLAIN], None, tmp_path, THESE, command.here)
    [before] = [line for line in lines.read(table, THESE) if line.row == "plain"]
    command.run([ALONE], None, tmp_path, THESE, command.here)
    after = {line.row: line for line in lines.read(table, THESE)}
    assert repr(after["plain"]) == repr(before)  # by repr, since nan differs from itself
    assert after["alone"].state == "measured"


def test_lines_are_read_as_they_were_written(tmp_path: Path) -> None:
    written = lines.lines_of(outcome(PLAIN, 0.5, 1.0))
    lines.write(tmp_path / "table.csv", written)
    assert repr(lines.read(tmp_path / "table.csv", [PLAIN])) == repr(written)


@pytest.mark.parametrize(
    ("value", "text"),
    [(0.0549, "0.0549"), (0.4, "0.400"), (1.256, "1.26"), (3966.0, "3,966"), (0.0, "0"), (-2.5, "−2.50")],
)
def test_quantities_have_three_digits(value: float, text: str) -> None:
    assert page.quantity(value) == text


@pytest.mark.slow
@pytest.mark.parametrize("unit", ["ratio", "seconds"])
def test_a_figure_of_one_line_has_both_files(tmp_path: Path, unit: Any) -> None:
    from speed import figure

    row = replace(PLAIN, unit=unit)
    assert figure.save(lines.lines_of(outcome(row, 0.5, 1.0)), tmp_path / "figure-1")
    assert (tmp_path / "figure-1.png").stat().st_size and (tmp_path / "figure-1.pdf").stat().st_size


def test_there_is_no_figure_of_nothing(tmp_path: Path) -> None:
    from speed import figure

    assert not figure.save([], tmp_path / "figure-1")
