"""Timelines: the mean over the pairs, and of one rule of selection alone."""

from __future__ import annotations

from mtl_bench.views.timeline import Timeline
from tests.results.measured import Maker, frame_of, make_study


def test_a_networks_point_is_of_one_rule_and_a_classifiers_of_none(maker: Maker) -> None:
    for target, low in (("photos", 40.0), ("sketches", 60.0)):
        maker.cell([low], method="DAN", target=target, selection="last", protocol="full")
        maker.cell([low + 30], method="DAN", target=target, selection="oracle", protocol="full")
        maker.cell([low - 10], method="TCA", target=target, selection="", protocol="full")
    frame = frame_of(make_study(), maker.results())
    view = Timeline("Years", where={"protocol": "full"})
    points = view._points(frame, view._cells(frame))
    assert {name: (point.values, point.pairs) for name, point in points.items()} == {
        "DAN": ((50.0,), 2),
        "TCA": ((40.0,), 2),
    }
