"""The harness, on clocks that only move when a work says so."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field

import pytest

from speed import timing
from speed.timing import Compared, Median, Timed, compare


@dataclass
class Hands:
    """A clock, and works that move it and write down that they ran."""

    now: float = 0.0
    ran: list[str] = field(default_factory=list)

    def read(self) -> float:
        return self.now

    def work(self, name: str, taken: float, result: float = 1.0) -> Callable[[], float]:
        def one() -> float:
            self.now += taken
            self.ran.append(name)
            return result

        return one


def compared(hands: Hands, rounds: int = 6, **taken: float) -> Compared:
    _, beside = compare(
        hands.work("ours", taken["ours"], taken.get("result", 1.0)),
        {"peer": hands.work("peer", taken["peer"])},
        distance=lambda a, b: abs(a - b),
        tolerance=0.01,
        rounds=rounds,
        cpu=hands.read,
        wall=hands.read,
    )
    return beside["peer"]


def test_a_peer_that_takes_twice_as_long_gives_a_ratio_of_a_half() -> None:
    estimate = compared(Hands(), ours=1.0, peer=2.0).estimate("ratio")
    assert estimate is not None
    assert (estimate.middle, estimate.low, estimate.high) == pytest.approx((0.5, 0.5, 0.5))


def test_seconds_are_what_we_take_beyond_the_peer() -> None:
    estimate = compared(Hands(), ours=5.0, peer=2.0).estimate("seconds")
    assert estimate is not None
    assert estimate.middle == pytest.approx(3.0)


def test_every_second_round_has_the_opposite_order_after_one_call_each() -> None:
    hands = Hands()
    compared(hands, rounds=3, ours=1.0, peer=2.0)
    assert hands.ran == ["ours", "peer", *["ours", "peer"], *["peer", "ours"], *["ours", "peer"]]


def test_what_is_short_is_repeated_to_fill_a_slice() -> None:
    hands = Hands()
    beside = compared(hands, rounds=1, ours=timing.SLICE / 8, peer=1.0)
    assert hands.ran.count("ours") == 2 + 8  # two to warm up
    assert beside.ours.cpu == pytest.approx((timing.SLICE / 8,))


def test_a_clock_that_stands_still_ends() -> None:
    hands = Hands()
    assert compared(hands, rounds=1, ours=0.0, peer=1.0).ours.cpu == (0.0,)


def test_a_peer_with_another_result_is_not_timed() -> None:
    hands = Hands()
    beside = compared(hands, ours=1.0, peer=2.0, result=1.5)
    assert beside.peer is None
    assert beside.disagreement == 0.5
    assert beside.estimate("ratio") is None
    assert hands.ran.count("peer") == 1


def test_a_result_that_is_not_a_number_is_no_agreement() -> None:
    assert compared(Hands(), ours=1.0, peer=2.0, result=math.nan).peer is None


def test_processor_and_wall_time_are_both_kept() -> None:
    hands, wall = Hands(), Hands()

    def work() -> None:
        hands.now += 1.0
        wall.now += 3.0

    ours, beside = compare(work, {}, distance=None, tolerance=0, rounds=2, cpu=hands.read, wall=wall.read)
    assert ours == Timed((1.0, 1.0), (3.0, 3.0))
    assert beside == {}


def test_without_a_distance_results_are_not_compared() -> None:
    hands = Hands()
    _, beside = compare(
        hands.work("a", 1.0), {"b": hands.work("b", 1.0)}, distance=None, tolerance=0, rounds=1,
        cpu=hands.read, wall=hands.read,
    )  # fmt: skip
    assert beside["b"].peer is not None
    assert math.isnan(beside["b"].disagreement)


def test_the_interval_is_of_order_statistics_and_needs_six_rounds() -> None:
    assert Median.of((0.1, 0.2, 0.3, 0.4, 0.6, 9.0)) == Median((0.3 + 0.4) / 2, 0.1, 9.0)
    assert math.isnan(Median.of((0.1, 0.2, 0.3, 0.4, 0.5)).low)


def test_one_outlier_moves_neither_the_median_nor_the_interval() -> None:
    quiet = (0.5,) * 14
    assert Median.of((*quiet, 7.0)) == Median(0.5, 0.5, 0.5)


def test_the_largest_allocation_is_of_one_tensor() -> None:
    import torch

    assert timing.largest_allocation(lambda: torch.ones(10, 10) @ torch.ones(10, 100)) == 4 * 1000


def test_the_processor_time_of_children_counts() -> None:
    import subprocess
    import sys

    before = timing.processor_seconds()
    subprocess.run([sys.executable, "-c", "sum(range(10**6))"], check=True)
    assert timing.processor_seconds() > before
