"""The regression check: it finds what was broken, stays silent on what was not, and says what it could not see."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from xml.etree import ElementTree

import numpy as np
import pandas as pd
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from scipy import stats

from mtl_bench.results.measured import Index, Measured, index
from mtl_bench.results.table import Results
from mtl_bench.statistics import false_alarms
from mtl_bench.statistics.bands import FIRST_LOOK, LEVEL, Finding, compare_cells
from mtl_bench.statistics.check_summary import junit, summary
from mtl_bench.statistics.false_alarms import Pool
from mtl_bench.statistics.regression import Comparison, compare, confirm
from tests.results.measured import ENVIRONMENT, METHODS, Maker


def run(folder: Path, seed: int, first: int = 100, **changes: object) -> Results:
    """Three methods on two targets; `changes`: code, environment, device; drop and factor of sd of DANN on photos."""
    maker, rng = Maker(folder), np.random.default_rng(seed)
    names = {name: str(changes[name]) for name in ("code", "environment", "device") if name in changes}
    for target in ("photos", "sketches"):
        for method, mean in METHODS.items():
            values = rng.normal(0, 1.0, 5)
            if (method, target) == ("DANN", "photos"):
                values = values * float(str(changes.get("factor", 1))) - float(str(changes.get("drop", 0)))
            maker.cell(mean + values, first=first, method=method, target=target, **names)
    return maker.results()


def kinds(comparison: Comparison) -> set[tuple[str, str]]:
    return {(f.kind, f"{f.labels.get('method', '')} {f.labels.get('target', '')}".strip()) for f in comparison.bad}


def test_the_same_results_are_equal_bit_for_bit(tmp_path: Path) -> None:
    comparison = compare(run(tmp_path, 1), run(tmp_path, 1))
    assert comparison.exit_status == 0
    assert {f.text for f in comparison.findings} == {"equal bit for bit"}


def test_equal_code_and_machine_must_give_equal_bits(tmp_path: Path) -> None:
    fresh = run(tmp_path, 1)
    fresh.rows["value"] += 1e-6 * (fresh.rows.index == 3)
    comparison = compare(run(tmp_path, 1), fresh)
    [finding] = comparison.bad
    assert finding.kind == "nondeterminism"
    assert finding.labels["seed"] == "103"
    assert comparison.exit_status == 1
    fresh.rows["environment"] = "another"
    assert compare(run(tmp_path, 1), fresh).exit_status == 0


def test_a_drop_is_found_named_and_measured(tmp_path: Path) -> None:
    before, after = run(tmp_path, 1), run(tmp_path, 2, code="changed", drop=8)
    comparison = compare(before, after)
    assert ("regressed", "DANN photos") in kinds(comparison)
    assert not {kind for kind in kinds(comparison) if kind[0] == "regressed"} - {("regressed", "DANN photos")}
    assert comparison.exit_status == 1
    finding = next(f for f in comparison.bad if f.kind == "regressed")
    assert finding.band is not None
    assert finding.detectable is not None
    assert finding.baseline is not None
    assert finding.fresh is not None
    assert finding.baseline - finding.fresh > finding.band
    assert finding.detectable > finding.band
    assert finding.p is not None
    assert finding.p < 0.01


def test_the_band_is_the_simulated_limit_times_the_pooled_spread(tmp_path: Path) -> None:
    """Two siblings of five seeds have 8 degrees of freedom: too few, so that all six cells are pooled."""
    before = run(tmp_path, 1)
    sds = before.rows.groupby(["method", "target"])["value"].std()
    comparison = compare(before, run(tmp_path, 2, code="changed"))
    limit = false_alarms.of_cells((Pool((5,) * 6),), 5, "fall").limit(FIRST_LOOK)
    for method in METHODS:
        pooled = max(np.sqrt(np.mean(np.square(sds))), sds.loc[(method, "photos")])
        labels = {"method": method, "target": "photos"}
        [finding] = [f for f in comparison.findings if labels.items() <= f.labels.items() and f.kind == "ok"]
        assert finding.band == pytest.approx(limit * pooled * np.sqrt(2 / 5))
    assert limit > stats.t.ppf(0.95 ** (1 / 6), 24), "skewed runs need more than normal ones"


@pytest.mark.slow
def test_siblings_with_enough_seeds_are_pooled_alone() -> None:
    rng = np.random.default_rng(5)

    def nine(sds: Mapping[str, float], first: int) -> Index:
        return index(
            Measured({"method": method, "target": target}, "accuracy",
                     {str(first + k): 50 + sd * v for k, v in enumerate(rng.normal(size=9))}, (f"{method}{target}",))
            for method, sd in sds.items() for target in ("photos", "sketches")
        )  # fmt: skip

    sds = {"calm": 0.1, "wild": 5.0}
    found = compare_cells(nine(sds, 100), nine(sds, 100))
    calm, wild = ([f.band or 0.0 for f in found if f.labels.get("method") == method] for method in sds)
    assert 10 * max(calm) < min(wild)


def test_cells_that_did_not_change_share_no_error_rate(tmp_path: Path) -> None:
    """Also when new seeds joined them: what is equal bit for bit on the baseline's own seeds has the same code."""
    before, after, more = (run(tmp_path, 1), run(tmp_path, 2, code="changed"), run(tmp_path, 3, first=200))
    changed = after.rows["method"] == "DANN"
    after.rows = pd.concat([before.rows[~changed], after.rows[changed]], ignore_index=True)
    limit = false_alarms.of_cells((Pool((5, 5), (5,) * 4),), 5, "fall").limit(FIRST_LOOK)
    every = false_alarms.of_cells((Pool((5,) * 6),), 5, "fall").limit(FIRST_LOOK)
    assert limit < every

    def band(fresh: Results) -> float | None:
        labels = {"method": "DANN", "target": "photos"}
        return next(f.band for f in compare(before, fresh).findings if labels.items() <= f.labels.items())

    wholly = run(tmp_path, 2, code="changed")
    ours, theirs = band(after), band(wholly)
    assert ours is not None and theirs is not None
    assert ours / theirs == pytest.approx(limit / every)
    unchanged = more.rows[more.rows["method"] != "DANN"]
    after.rows = pd.concat([after.rows, unchanged], ignore_index=True)
    assert band(after) == ours


def test_cells_without_fresh_rows_lend_their_spread(tmp_path: Path) -> None:
    before, after = run(tmp_path, 1), run(tmp_path, 2, code="changed")
    half = Results(after.folder, after.name, after.rows[after.rows["target"] == "photos"])
    bands = [f.band for f in compare(before, half).findings if f.labels.get("target") == "photos"]
    some = false_alarms.of_cells((Pool((5,) * 3, (5,) * 3),), 5, "fall").limit(FIRST_LOOK)
    every = false_alarms.of_cells((Pool((5,) * 6),), 5, "fall").limit(FIRST_LOOK)
    whole = [f.band for f in compare(before, after).findings if f.labels.get("target") == "photos"]
    assert some < every, "fewer tests share the rate"
    for one, other in zip(bands, whole, strict=True):
        assert one is not None and other is not None
        assert one / other == pytest.approx(some / every)


def test_a_rise_is_found_named_and_explained(tmp_path: Path) -> None:
    before, after = run(tmp_path, 1), run(tmp_path, 2, code="changed", drop=-8)
    comparison = compare(before, after)
    assert kinds(comparison) == {("rose", "DANN photos")}
    assert comparison.exit_status == 1
    [finding] = comparison.bad
    assert finding.baseline is not None and finding.fresh is not None and finding.band is not None
    rise = finding.fresh - finding.baseline
    assert rise > finding.band
    assert finding.text == (
        f"{rise:.1f} points above the baseline, more than {finding.band:.1f}: "
        "a leak, or news (then commit the new results)"
    )
    assert finding.p is not None and finding.p < 0.01


def test_a_baseline_whose_seeds_happen_to_agree_raises_no_alarm() -> None:
    """Its spread is taken from its siblings: else every check would find that the cell is unstable."""
    lucky, usual = (0.01 * np.arange(5.0), np.arange(5.0))
    before = cells(np.array([lucky, usual, usual]), (1.0,) * 3, 100)
    after = cells(np.array([usual, usual, usual]), (1.0,) * 3, 100)
    assert "unstable" not in alarms(compare_cells(before, after, {}))
    wild = cells(np.array([20 * usual, usual, usual]), (1.0,) * 3, 100)
    assert "unstable" in alarms(compare_cells(before, wild, {}))


def test_a_spread_that_grew_is_unstable(tmp_path: Path) -> None:
    assert ("unstable", "DANN photos") in kinds(compare(run(tmp_path, 1), run(tmp_path, 2, code="changed", factor=30)))


def test_a_small_drop_of_everything_shows_in_the_mean(tmp_path: Path) -> None:
    before, after = run(tmp_path, 1), run(tmp_path, 2, code="changed")
    after.rows["value"] -= 1.8
    comparison = compare(before, after)
    assert ("study mean", "") in kinds(comparison)
    assert comparison.exit_status == 1


def test_few_seeds_other_devices_and_missing_cells_are_uncheckable(tmp_path: Path) -> None:
    before, after = run(tmp_path, 1), run(tmp_path, 2, code="changed")
    few = Results(before.folder, before.name, before.rows[before.rows["seed"].isin([100, 101])])
    comparison = compare(few, after)
    assert {f.kind for f in comparison.bad} == {"uncheckable"}
    assert comparison.exit_status == 2
    elsewhere = compare(before, run(tmp_path, 2, device="cuda"))
    assert {f.kind for f in elsewhere.findings} == {"uncheckable"}
    assert "device class" in elsewhere.findings[0].text
    lacking = Results(after.folder, after.name, after.rows[after.rows["method"] != "DANN"])
    assert kinds(compare(before, lacking)) == {("uncheckable", "DANN photos"), ("uncheckable", "DANN sketches")}


def test_the_band_is_at_least_one_test_item_wide(tmp_path: Path) -> None:
    before, after = run(tmp_path, 1), run(tmp_path, 2, code="changed", drop=8)
    for key in before.rows["key"]:
        Maker(tmp_path).keep(before, key, np.ones(10, bool))
    assert "regressed" not in {kind for kind, _ in kinds(compare(before, after))}


@pytest.mark.slow
def test_an_exact_cell_may_move_by_what_rounding_does(tmp_path: Path) -> None:
    """Nothing is drawn or trained there: no spread is needed, and its neighbours' would hide any fall."""
    noisy, exact = run(tmp_path, 1).rows, {"source": "plain", "target": "photos", "selection": "last", "method": "SA"}

    def at(value: float) -> Results:
        maker = Maker(tmp_path)
        maker.cell([value], method="SA", code=f"code of {value}")
        results = maker.results()
        results.rows = pd.concat([noisy, results.rows], ignore_index=True)
        return results

    for value, kind in ((59.1, "ok"), (58.9, "regressed"), (61.1, "rose")):
        comparison = compare(at(60.0), at(value), exact=[frozenset(exact.items())])
        [finding] = [f for f in comparison.findings if f.labels.get("method") == "SA"]
        assert (finding.kind, finding.band) == (kind, 1.0)
        assert {f.text for f in comparison.findings} - {finding.text} == {"equal bit for bit"}
    hidden = [f for f in compare(at(60.0), at(58.9)).findings if f.labels.get("method") == "SA"]
    assert [f.kind for f in hidden] == ["ok"], "without being told, its neighbours' spread is all there is"


def test_new_seeds_confirm_a_real_drop_and_clear_bad_luck(tmp_path: Path) -> None:
    before, unlucky = run(tmp_path, 1), run(tmp_path, 2, code="changed", drop=8)
    first = compare(before, unlucky)
    worse = run(tmp_path, 3, first=200, code="changed", drop=8)
    assert ("regressed", "DANN photos") in kinds(confirm(first, before, unlucky, worse))
    fine = run(tmp_path, 3, first=200, code="changed", drop=-8)
    confirmed = confirm(first, before, unlucky, fine)
    assert ("regressed", "DANN photos") not in kinds(confirmed)
    assert any("not confirmed" in f.text for f in confirmed.findings)


def test_new_seeds_confirm_a_rise_and_clear_good_luck(tmp_path: Path) -> None:
    before, lucky = run(tmp_path, 1), run(tmp_path, 2, code="changed", drop=-8)
    first = compare(before, lucky)
    better = run(tmp_path, 3, first=200, code="changed", drop=-8)
    assert kinds(confirm(first, before, lucky, better)) == {("rose", "DANN photos")}
    same = run(tmp_path, 3, first=200, code="changed", drop=8)
    assert confirm(first, before, lucky, same).exit_status == 0


def test_junit_and_summary_say_the_same(tmp_path: Path) -> None:
    comparison = compare(run(tmp_path, 1), run(tmp_path, 2, code="changed", drop=8))
    junit(comparison, tmp_path / "deep" / "junit.xml")
    suite = ElementTree.parse(tmp_path / "deep" / "junit.xml").getroot()
    failures = [case.get("name") for case in suite.findall("testcase[failure]")]
    assert failures == [f.name for f in comparison.bad]
    assert suite.get("failures") == str(len(failures))
    assert suite.get("tests") == str(len(comparison.findings))
    lines = summary(comparison).splitlines()
    assert lines[0].endswith(f"{len(failures)} problems found")
    assert lines[2].startswith("* **regressed** photos, DANN: ")
    table = [line for line in lines if line.startswith("| ")][2:]
    assert len(table) == len(comparison.findings)
    assert "| regressed |" in table[0]


def test_the_summary_says_what_it_can_see_and_the_command_that_shows_more(tmp_path: Path) -> None:
    fine = summary(compare(run(tmp_path, 1), run(tmp_path, 2, code="changed")))
    seen = re.search(
        r"catches a drop of (\S+) points on (.*?) ?(?:\(.*and of (\S+) points on (.*) \(.*)?in 4 of 5", fine
    )
    assert seen and "no regression" in fine and "mtl-bench why" not in fine
    found = {f.labels["method"] + f.labels["target"]: f.detectable for f in compare(
        run(tmp_path, 1), run(tmp_path, 2, code="changed")).findings if f.detectable is not None}  # fmt: skip
    assert float(seen[1]) == round(min(found.values()), 1) < round(max(found.values()), 1) == float(seen[3])
    least = min(found, key=lambda name: found[name])
    assert all(part in least for part in seen[2].split(", "))
    broken = summary(compare(run(tmp_path, 1), run(tmp_path, 2, code="changed", drop=8)))
    assert (
        "`mtl-bench why quick source=plain target=photos selection=last method=DANN seed=100 --scale laptop`" in broken
    )
    equal = summary(compare(run(tmp_path, 1), run(tmp_path, 1)))
    assert "Equal bit for bit: a drop of any size would show." in equal


def elsewhere(results: Results) -> Results:
    """The same results, as another processor and library would have given them."""
    results.rows["environment"] = "another"
    results.provenance["environments"] = {"another": {**ENVIRONMENT, "processor": "abacus", "torch": "9"}}
    return results


def test_another_environment_is_told_and_no_band_is_narrower_than_a_point(tmp_path: Path) -> None:
    before, after = run(tmp_path, 1), run(tmp_path, 1)
    for results in (before, after):
        results.rows["value"] = results.rows.groupby(["method", "target"])["value"].transform("mean").round(3)
    after.rows["code"] = "changed"
    after.rows["value"] -= 0.9
    assert ("regressed", "DANN photos") in kinds(compare(before, after)), "without a spread any fall is one"
    [note] = compare(before, elsewhere(after)).notes
    assert note.startswith(
        "The baseline was measured with processor Some CPU @ 2.10GHz, torch 2.8.0; here: processor abacus, torch 9. "
    )
    assert {kind for kind, _ in kinds(compare(before, after))} == {"study mean"}
    after.rows["value"] -= 0.2
    assert ("regressed", "DANN photos") in kinds(compare(before, after))
    assert note in summary(compare(before, after)).replace("\\", "")
    assert compare(before, run(tmp_path, 2, code="changed")).notes == ()


@pytest.mark.slow
@settings(derandomize=True, deadline=None, database=None)
@given(st.text(st.characters(max_codepoint=0x2FFF), max_size=12))
@example("a\x00\x1b[31m\ud800\ufffe")
def test_a_junit_file_is_well_formed_whatever_a_label_holds(word: str) -> None:
    finding = Finding({"method": word}, "regressed", f"fell: {word}", 50.0, 40.0)
    with TemporaryDirectory() as folder:
        junit(Comparison(word, (finding,)), Path(folder, "junit.xml"))
        [case] = ElementTree.parse(Path(folder, "junit.xml")).getroot()
    name = str(case.get("name"))
    kept = [letter for letter in word if letter.isprintable()]
    assert [letter for letter in name.removeprefix("method=") if letter in kept] == kept


def cells(values: np.ndarray, sds: Sequence[float], first: int) -> Index:
    """A cell per row of standard normal `values`, which gets its own sd."""
    return index(
        Measured(
            {"method": str(i)}, "accuracy", {str(first + k): 50 + sds[i] * v for k, v in enumerate(row)}, (str(i),)
        )
        for i, row in enumerate(values)
    )


def alarms(findings: Sequence[Finding]) -> set[str]:
    return {f.kind for f in findings if f.kind != "ok"}


@pytest.mark.slow
@pytest.mark.parametrize("sds", [(1.0, 1.0, 1.0), (0.5, 1.0, 2.0)])
def test_unbroken_code_raises_an_alarm_in_one_run_of_a_hundred(sds: tuple[float, ...]) -> None:
    rng = np.random.default_rng(0)
    found = []
    for _ in range(400):
        before, after, more = rng.normal(size=(3, 3, 5))
        first = alarms(compare_cells(cells(before, sds, 100), cells(after, sds, 100), {}))
        if first:
            pooled = cells(np.concatenate([after, more], axis=1), sds, 100)
            first &= alarms(compare_cells(cells(before, sds, 100), pooled, {}, LEVEL))
        found.append(first)
    for kind in ("regressed", "rose", "unstable", "study mean"):
        assert np.mean([kind in one for one in found]) < 0.025
    assert not any("uncheckable" in one for one in found)


@pytest.mark.slow
def test_the_detectable_drop_is_detected_in_four_of_five_runs() -> None:
    rng = np.random.default_rng(1)
    sds = (1.0,) * 12
    # The stated drop depends on the spread that the baseline happens to have: take its mean over baselines.
    stated = []
    for _ in range(30):
        found = compare_cells(cells(rng.normal(size=(12, 5)), sds, 100), cells(rng.normal(size=(12, 5)), sds, 100), {})
        stated += [f.detectable for f in found if f.detectable is not None]
    detected = []
    for _ in range(150):
        before, after, more = rng.normal(size=(3, 12, 5))
        both = np.concatenate([after, more], axis=1)
        looks = []
        for fresh, level in ((after, FIRST_LOOK), (both, LEVEL)):
            fresh[0] -= np.mean(stated)
            found = compare_cells(cells(before, sds, 100), cells(fresh, sds, 100), {}, level)
            looks.append(any(f.kind == "regressed" and f.labels["method"] == "0" for f in found))
        detected.append(all(looks))
    assert 0.7 < np.mean(detected) < 0.9


def test_nothing_to_compare_is_no_error(tmp_path: Path) -> None:
    empty = Results(tmp_path, "quick.laptop", pd.DataFrame(columns=run(tmp_path, 1).rows.columns))
    assert "Nothing to compare" in summary(compare(empty, empty))
