"""Lines over a layer: every run, means and spreads over replicates, paired differences, and the paper's lines."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from matplotlib.collections import LineCollection, PathCollection, PolyCollection

from mtl_bench.report.page import write
from mtl_bench.results.table import Results, ResultsError
from mtl_bench.study import Labels, Published, Study
from mtl_bench.views.layers import Layers, Line
from mtl_bench.views.style import COLOURS, NETWORKS, TWO_COLUMNS
from tests.results.measured import Maker, drawn, frame_of, make_study, saved

Runs = dict[tuple[str, int, int, str], float]  # network, layer, seed, target
YOSINSKI = "Yosinski et al., NIPS 2014"
BASE: Labels = {"network": "base", "layer": 0}
TARGETS = ("half A", "half B")
LAYERS = (1, 2, 4)
ACCURACIES = Layers("Accuracy", (Line("base", {"network": "base"}), Line("BnB", {"network": "BnB"})))
DIFFERENCES = Layers(
    "Why",
    (Line("BnB − base", {"network": "BnB"}, BASE), Line("AnB − BnB", {"network": "AnB"}, {"network": "BnB"})),
    where={"selection": "last"},
)


def run(maker: Maker, seeds: Iterable[int] = (200, 201, 202), lacks: Callable[..., bool] | None = None) -> Runs:
    """Values of which seed and target make up the most; cells are written network by network, seeds backwards."""
    random = np.random.default_rng(5)
    effects = {(seed, target): random.normal(50, 9) for seed in seeds for target in TARGETS}
    runs: Runs = {}
    for network in ("base", "BnB", "AnB"):
        for layer in (0,) if network == "base" else LAYERS:
            for (seed, target), effect in reversed(effects.items()):
                if not lacks or not lacks(network, layer, seed, target):
                    value = round(effect - 2 * layer * (network == "AnB") + random.normal(0, 1), 6)
                    runs[network, layer, seed, target] = value
                    maker.cell([value], first=seed, network=network, layer=layer, target=target)
    return runs


def pictured(view: Layers, results: Results, published: Iterable[Published] = (), **changes: Any) -> Any:
    study = make_study(published=tuple(published), **{"chance": None, **changes})
    return drawn(view, study, results)


def means_in(axes: Any, published: bool = False) -> list[list[tuple[Any, Any]]]:
    """The places and heights of the lines with marks, in order; not the white on marks of few runs."""
    marked = [line for line in axes.lines if line.get_marker() != "None" and line.get_gid() != "hollow"]
    return [
        list(zip(map(float, line.get_xdata()), map(float, line.get_ydata()), strict=True))
        for line in marked
        if (line.get_gid() == "published") == published
    ]


def hollow_in(axes: Any) -> list[float]:
    """The places of the marks that are hollow."""
    hollow = [line for line in axes.lines if line.get_gid() == "hollow"]
    assert all(line.get_markerfacecolor() == "white" for line in hollow)
    return [float(x) for line in hollow for x in line.get_xdata()]


def points_in(axes: Any) -> list[np.ndarray[Any, Any]]:
    """The small points, (n, 2) a line, in order."""
    return [np.asarray(part.get_offsets()) for part in axes.collections if isinstance(part, PathCollection)]


def corners_of(band: PolyCollection) -> set[tuple[float, ...]]:
    return {tuple(corner) for corner in np.asarray(band.get_paths()[0].vertices).round(6)}


def over_replicates(values: dict[tuple[int, str], float]) -> tuple[float, float]:
    """Mean and sd over the seeds that have both targets, targets averaged first."""
    seeds = sorted({seed for seed, _ in values if all((seed, target) in values for target in TARGETS)})
    means = [sum(values[seed, target] for target in TARGETS) / len(TARGETS) for seed in seeds]
    mean = sum(means) / len(means)
    return mean, (sum((one - mean) ** 2 for one in means) / (len(means) - 1)) ** 0.5 if len(means) > 1 else np.nan


def at(runs: Runs, network: str, layer: int) -> dict[tuple[int, str], float]:
    return {(seed, target): v for (n, place, seed, target), v in runs.items() if (n, place) == (network, layer)}


def number(value: float, network: str, layer: int, **more: Any) -> Published:
    fields = {"source": "Figure 2", "paper": YOSINSKI, "context": "the data differ", **more}
    return Published(value, {"network": network, "layer": layer, **fields.pop("labels", {})}, **fields)


def test_every_run_is_a_point_beside_its_layer_and_the_line_is_their_mean(maker: Maker) -> None:
    runs = run(maker)
    [axes] = pictured(ACCURACIES, maker.results()).axes
    base, frozen = means_in(axes)
    assert base == [(0, pytest.approx(over_replicates(at(runs, "base", 0))[0]))]
    assert frozen == [(n, pytest.approx(over_replicates(at(runs, "BnB", n))[0])) for n in LAYERS]
    shifts = []
    for points, network in zip(points_in(axes), ("base", "BnB"), strict=True):
        values = sorted(value for (name, *_), value in runs.items() if name == network)
        assert sorted(points[:, 1]) == pytest.approx(values)
        layers = points[:, 0].round()
        assert sorted(set(layers)) == ([0] if network == "base" else list(LAYERS))
        shifts.append(set((points[:, 0] - layers).round(9)))
    assert all(len(shift) == 1 and 0 not in shift for shift in shifts)
    assert shifts[0] != shifts[1]


def test_a_band_is_one_sd_over_seeds_of_the_means_over_targets(maker: Maker) -> None:
    runs = run(maker)
    [axes] = pictured(ACCURACIES, maker.results()).axes
    [band] = [part for part in axes.collections if isinstance(part, PolyCollection)]
    corners = corners_of(band)
    for layer in LAYERS:
        mean, sd = over_replicates(at(runs, "BnB", layer))
        assert {(layer, round(mean - sd, 6)), (layer, round(mean + sd, 6))} <= corners
    [whisker] = [part for part in axes.collections if isinstance(part, LineCollection)]
    mean, sd = over_replicates(at(runs, "base", 0))
    assert np.allclose(whisker.get_segments(), [[(0, mean - sd), (0, mean + sd)]])


def test_a_line_at_a_single_place_is_a_dotted_reference_across_the_panel(maker: Maker) -> None:
    runs = run(maker)
    [axes] = pictured(ACCURACIES, maker.results()).axes
    [across] = [line for line in axes.lines if list(line.get_xdata()) == [0, 1] and line.get_marker() == "None"]
    assert across.get_ydata() == pytest.approx([over_replicates(at(runs, "base", 0))[0]] * 2)
    assert across.get_color() == COLOURS[NETWORKS["base"]]
    assert [tick.get_text() for tick in axes.get_xticklabels()] == list("01234")
    assert axes.get_xlabel() == "layer n"


def test_a_line_of_which_one_layer_was_measured_is_no_reference(maker: Maker) -> None:
    runs = run(maker, lacks=lambda network, layer, *_: network == "AnB" and layer != 2)
    view = Layers("Accuracy", (*ACCURACIES.lines, Line("AnB", {"network": "AnB"})))
    [axes] = pictured(view, maker.results()).axes
    across = [line.get_color() for line in axes.lines if line.get_marker() == "None"]
    assert across == [COLOURS[NETWORKS["base"]]]
    mean, sd = over_replicates(at(runs, "AnB", 2))
    whiskers = [part.get_segments() for part in axes.collections if isinstance(part, LineCollection)]
    assert np.allclose(whiskers[1], [[(2, mean - sd), (2, mean + sd)]])


def test_differences_are_taken_within_a_seed_and_a_target(maker: Maker) -> None:
    """Seeds and targets differ by 9 points, the paired differences by 1.4: any other pairing gives other points."""
    lacking = {("base", 0, 201, "half B"), ("BnB", 2, 200, "half A")}
    runs = run(maker, lacks=lambda *cell: cell in lacking)
    [axes] = pictured(DIFFERENCES, maker.results()).axes
    expected: list[dict[int, dict[tuple[int, str], float]]] = [{}, {}]
    for layer in LAYERS:
        base, frozen, transferred = at(runs, "base", 0), at(runs, "BnB", layer), at(runs, "AnB", layer)
        expected[0][layer] = {which: frozen[which] - base[which] for which in frozen if which in base}
        expected[1][layer] = {which: transferred[which] - frozen[which] for which in transferred if which in frozen}
    assert [len(values) for values in expected[0].values()] == [5, 4, 5]
    for points, means, by_layer in zip(points_in(axes), means_in(axes), expected, strict=True):
        found = sorted(zip(points[:, 0].round().tolist(), points[:, 1], strict=True))
        wanted = sorted((layer, value) for layer, values in by_layer.items() for value in values.values())
        assert np.allclose(found, wanted)
        assert means == [(layer, pytest.approx(over_replicates(values)[0])) for layer, values in by_layer.items()]
    assert any(list(line.get_ydata()) == [0, 0] for line in axes.lines), "there is a line at zero"
    assert axes.get_ylabel() == "difference in accuracy (points)"


def test_seeds_are_never_paired_across_devices(maker: Maker) -> None:
    maker.cell([40.0, 41.0], network="base", layer=0)
    maker.cell([45.0, 45.0], network="BnB", layer=1, device="cuda")
    assert pictured(DIFFERENCES, maker.results()) is None
    maker.cell([43.0], network="base", layer=0, device="cuda")
    [axes] = pictured(DIFFERENCES, maker.results()).axes
    assert means_in(axes) == [[(1, 2)]]
    maker.cell([30.0], network="BnB", layer=1)
    [axes] = pictured(ACCURACIES, maker.results()).axes
    assert means_in(axes)[1] == [(1, 40)], "equal seeds on two devices are two replicates"


def test_a_replicate_without_all_targets_is_a_point_but_not_in_the_mean(maker: Maker) -> None:
    runs = run(maker, lacks=lambda network, layer, seed, target: seed == 202 and target == "half B" and layer == 4)
    [axes] = pictured(ACCURACIES, maker.results()).axes
    whole = {which: value for which, value in at(runs, "BnB", 4).items() if which[0] != 202}
    assert means_in(axes)[1][-1] == (4, pytest.approx(np.mean(list(whole.values()))))
    assert len(points_in(axes)[1]) == 17


@pytest.mark.slow
@pytest.mark.parametrize("view", [ACCURACIES, DIFFERENCES])
def test_one_seed_has_no_band_and_an_unfinished_study_is_drawn(maker: Maker, view: Layers) -> None:
    runs = run(maker, seeds=[200], lacks=lambda network, *_: network == "AnB")
    study = make_study(published=())
    assert saved(view, study, maker.results(), maker.folder / "figure")
    figure = pictured(view, maker.results())
    [axes] = figure.axes
    assert not any(isinstance(part, PolyCollection | LineCollection) and part.get_paths() for part in axes.collections)
    assert [len(points) for points in points_in(axes)] == ([2, 6] if view is ACCURACIES else [6])
    *names, last = [text.get_text() for text in figure.legends[0].get_texts()]
    assert names == (["base", "BnB"] if view is ACCURACIES else ["BnB − base"])
    assert last == "hollow: fewer than three runs (n < 3)"
    assert len(hollow_in(axes)) == (4 if view is ACCURACIES else 3)
    assert means_in(axes)[-1][0][1] == pytest.approx(
        np.mean(list(at(runs, "BnB", 1).values())) - (view is DIFFERENCES) * np.mean(list(at(runs, "base", 0).values()))
    )


def test_published_context_has_a_panel_of_its_own(maker: Maker) -> None:
    run(maker)
    values = {1: 62.7, 2: 62.4, 3: 62.1, 4: 60.5}  # the third layer was not measured
    published = [number(62.5, "base", 0, sd=0.5), *(number(v, "BnB", n, sd=n / 10) for n, v in values.items())]
    figure = pictured(ACCURACIES, maker.results(), published)
    own, paper = figure.axes
    assert figure.get_figwidth() == TWO_COLUMNS
    assert paper.get_title(loc="left") == f"published: {YOSINSKI} (Figure 2)"
    assert means_in(paper, published=True) == [[(0, 62.5)], list(values.items())]
    assert not means_in(own, published=True)
    assert not means_in(paper)
    assert not own.get_shared_y_axes().joined(own, paper)
    assert [tick.get_text() for axes in figure.axes for tick in axes.get_xticklabels()] == 2 * list("01234")
    [band] = [part for part in paper.collections if isinstance(part, PolyCollection)]
    corners = corners_of(band)
    assert {(4, 60.1), (4, 60.9), (1, 62.6), (1, 62.8)} <= corners


@pytest.mark.slow
def test_a_published_band_does_not_cross_a_layer_without_an_sd(maker: Maker) -> None:
    run(maker)
    published = [number(60.0, "BnB", n, sd=sd) for n, sd in ((1, 0.5), (2, 0.5), (3, None), (4, 0.7))]
    _, axes = pictured(ACCURACIES, maker.results(), published).axes
    [band] = [part for part in axes.collections if isinstance(part, PolyCollection)]
    assert {corner[0] for corner in corners_of(band)} == {1, 2}
    [whisker] = [part for part in axes.collections if isinstance(part, LineCollection)]
    assert np.allclose(whisker.get_segments(), [[(4, 59.3), (4, 60.7)]])


def test_numbers_that_are_compared_stand_in_the_same_panel_in_the_lines_colours(maker: Maker) -> None:
    run(maker)
    published = [number(50.0 + n, "BnB", n, context="") for n in LAYERS]
    figure = pictured(ACCURACIES, maker.results(), published)
    [axes] = figure.axes
    assert means_in(axes, published=True) == [[(n, 50.0 + n) for n in LAYERS]]
    [line] = [line for line in axes.lines if line.get_gid() == "published"]
    assert (line.get_color(), line.get_markeredgecolor()) == (COLOURS[NETWORKS["BnB"]], "black")
    assert [text.get_text() for text in figure.legends[1].get_texts()] == [f"published: {YOSINSKI} (Figure 2)"]


def test_published_differences_are_those_of_one_table(maker: Maker) -> None:
    run(maker)
    elsewhere = [number(90.0, "base", 0, source="Figure 3")]
    frozen = [number(v, "BnB", n, sd=0.5) for n, v in ((1, 62.7), (2, 62.4))]
    transferred = [number(57.8, "AnB", 2)]
    assert len(pictured(DIFFERENCES, maker.results(), [*elsewhere, *frozen]).axes) == 1
    _, axes = pictured(DIFFERENCES, maker.results(), [*elsewhere, number(62.5, "base", 0), *frozen, *transferred]).axes
    expected = [[(1, 0.2), (2, -0.1)], [(2, -4.6)]]
    assert [[(n, round(v, 9)) for n, v in line] for line in means_in(axes, published=True)] == expected
    assert not any(isinstance(part, PolyCollection) for part in axes.collections), "their sd is not known"


def test_the_lines_of_a_panel_come_from_one_table_where_it_has_them(maker: Maker) -> None:
    run(maker)
    published = [number(10.0, "base", 0), number(57.6, "base", 0, source="Figure 3"), number(
        49.2, "BnB", 1, source="Figure 3"), number(40.3, "BnB", 2, source="Figure 3")]  # fmt: skip
    _, axes = pictured(ACCURACIES, maker.results(), published).axes
    assert means_in(axes, published=True) == [[(0, 57.6)], [(1, 49.2), (2, 40.3)]]
    assert axes.get_title(loc="left") == f"published: {YOSINSKI} (Figure 3)"
    assert len(pictured(ACCURACIES, maker.results(), published[:1]).axes) == 1, "a lone reference needs no panel"


def test_numbers_of_single_targets_are_averaged_if_all_are_there(maker: Maker) -> None:
    run(maker)
    published = [
        number(value, "BnB", layer, labels={"target": target})
        for layer, pair in ((1, (60.0, 66.0)), (2, (61.0, 66.0)))
        for target, value in zip(TARGETS, pair, strict=True)
    ]
    _, axes = pictured(ACCURACIES, maker.results(), published).axes
    assert means_in(axes, published=True) == [[(1, 63.0), (2, 63.5)]]
    _, axes = pictured(ACCURACIES, maker.results(), [*published[:2], published[2], number(50.0, "BnB", 4)]).axes
    assert means_in(axes, published=True) == [[(1, 63.0), (4, 50.0)]]


def test_what_cannot_be_drawn_is_refused_or_left_out(maker: Maker) -> None:
    with pytest.raises(ValueError, match="“Both” mixes values and differences; give all lines `against`, or none"):
        Layers("Both", (*ACCURACIES.lines, *DIFFERENCES.lines))
    run(maker, seeds=[200])
    study = make_study(published=())
    absent = Layers("None", (Line("never", {"network": "never run"}),))
    assert not saved(absent, study, maker.results(), maker.folder / "figure")
    maker.cell([1.0], network="BnB", layer="all")
    with pytest.raises(ResultsError, match="“Accuracy” needs numbers along layer, and a cell has 'all'"):
        pictured(ACCURACIES, maker.results())


def test_points_of_many_lines_stay_beside_their_own_layer(maker: Maker) -> None:
    run(maker, seeds=[200])
    bases = tuple(Line(f"base {i}", {"network": "base"}) for i in range(9))
    [axes] = pictured(Layers("Many", (*bases, Line("BnB", {"network": "BnB"}))), maker.results()).axes
    shifts = [float(points[0, 0] - points[0, 0].round()) for points in points_in(axes)]
    assert len(shifts) == 10
    assert all(-0.5 < left < right < 0.5 for left, right in pairwise(shifts))


def test_more_than_two_lines_have_a_panel_each_with_the_base_across(maker: Maker) -> None:
    runs = run(maker)
    named = ("BnB", "AnB", "BnB again", "AnB again", "and again")
    lines = tuple(
        Line(name, {"network": "BnB" if "B" in name[:1] else "AnB"}, meaning=f"this is {name}") for name in named
    )
    published = [number(62.5, "base", 0), *(number(v, "BnB", n) for n, v in ((1, 62.7), (2, 60.0)))]
    figure = pictured(Layers("Many", (*ACCURACIES.lines[:1], *lines)), maker.results(), published)
    panels = [axes for axes in figure.axes if axes.get_visible()]
    titles = [axes.get_title(loc="left") for axes in panels]
    assert (
        titles[:4] == [f"{name}\nthis is {name}" for name in named[:4]] and titles[8] == "and again\nthis is and again"
    )
    assert len(panels) == 10, "five measured, and below each what was published"
    base = over_replicates(at(runs, "base", 0))[0]
    measured, papers = [*panels[:4], panels[8]], [*panels[4:8], panels[9]]
    for axes in measured:
        assert [len(means) for means in means_in(axes)] == [1, len(LAYERS)]
        assert means_in(axes)[0] == [(0, pytest.approx(base))]
    assert means_in(papers[0], published=True) == [[(0, 62.5)], [(1, 62.7), (2, 60.0)]]
    assert means_in(papers[1], published=True) == [[(0, 62.5)]]
    assert [text.get_text() for text in figure.legends[0].get_texts()] == ["base"]
    assert [text.get_text() for text in figure.legends[1].get_texts()] == [f"published: {YOSINSKI} (Figure 2)"]


@pytest.mark.parametrize("view", [ACCURACIES, DIFFERENCES])
def test_measured_and_published_axes_span_the_same_points(maker: Maker, view: Layers) -> None:
    run(maker)
    published = [number(62.5, "base", 0), *(number(62.0 - n * n, "BnB", n) for n in LAYERS)]
    own, paper = pictured(view, maker.results(), published).axes
    (low, high), (left, right) = own.get_ylim(), paper.get_ylim()
    assert high - low == pytest.approx(right - left)
    assert ((low, high) == (left, right)) == (view is DIFFERENCES), "differences share their zero"
    for axes in (own, paper):
        bottom, top = axes.get_ylim()
        drawn_at = [y for part in (*means_in(axes), *means_in(axes, published=True)) for _, y in part]
        assert all(bottom <= y <= top for y in drawn_at)


def test_marks_of_fewer_than_three_replicates_are_hollow_without_a_band(maker: Maker) -> None:
    run(maker, lacks=lambda network, layer, seed, _: network == "BnB" and layer == 2 and seed == 202)
    figure = pictured(ACCURACIES, maker.results())
    [axes] = figure.axes
    assert hollow_in(axes) == [2]
    bands = [part for part in axes.collections if isinstance(part, PolyCollection)]
    assert not any(corner[0] == 2 for band in bands for corner in corners_of(band))
    assert figure.legends[0].get_texts()[-1].get_text() == "hollow: fewer than three runs (n < 3)"


@pytest.mark.slow
def test_a_page_shows_the_figures_and_equal_results_give_equal_bytes(maker: Maker, tmp_path: Path) -> None:
    run(maker)
    published = tuple(number(62.7 - n, "BnB", n) for n in LAYERS)
    study: Study = make_study(published=published, claims=(), gates=(), views=(ACCURACIES, DIFFERENCES))
    pages = []
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        pages.append(write("layers", frame_of(study, maker.results()), tmp_path / name))
    assert all(
        "a difference is taken within a replicate and a target" in page.read_text(encoding="utf-8") for page in pages
    )
    for file in ("figure-1.png", "figure-1.pdf", "figure-2.png", "figure-2.pdf"):
        one, two = ((page.parent / "layers.laptop" / file).read_bytes() for page in pages)
        assert one == two
