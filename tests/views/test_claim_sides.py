"""The figure of the claims: its two sides are the claim's own cells, seed by seed."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.collections import PathCollection

from mtl_bench.study import Claim, accuracy
from mtl_bench.views.claim_sides import ClaimSides
from tests.results.measured import PAPER, Maker, drawn, make_study

GAIN = accuracy(method="DANN") - accuracy(method="source only")


def test_each_row_has_both_sides_of_a_claim_by_the_seeds_that_both_have(maker: Maker) -> None:
    maker.cell([40.0, 41.0, 42.0, 43.0], method="source only")
    maker.cell([50.0, 52.0, 48.0], method="DANN")
    study = make_study(claims=(Claim("DANN helps", (GAIN,), PAPER), Claim("Else", (GAIN,), PAPER, primary=False)))
    figure = drawn(ClaimSides("Claims"), study, maker.results())
    assert figure is not None
    [axes] = figure.axes
    assert [label.get_text() for label in axes.get_yticklabels()] == ["DANN helps\n● DANN   ■ source only"]
    pairs = [line.get_xdata().tolist() for line in axes.lines]
    assert pairs == [[40.0, 50.0], [41.0, 52.0], [42.0, 48.0]]  # from the other side to the better one
    scattered: list[Any] = [part for part in axes.collections if isinstance(part, PathCollection)]
    means = [part.get_offsets()[0, 0] for part in scattered if len(part.get_offsets()) == 1]
    assert np.allclose(sorted(means), [41.0, 50.0])


def test_a_number_among_the_sides_says_what_it_is(maker: Maker) -> None:
    for layer in (0, 2):
        for network in ("base", "base, drawn again") if layer == 0 else ("AnB",):
            maker.cell([40.0, 41.0, 42.0], method="source only", layer=layer, network=network)
    base = 0.5 * (accuracy(layer=0, network="base") + accuracy(layer=0, network="base, drawn again"))
    study = make_study(claims=(Claim("Worse", (base - accuracy(layer=2, network="AnB"),), PAPER),))
    figure = drawn(ClaimSides("Claims"), study, maker.results())
    assert figure is not None
    text = figure.axes[0].get_yticklabels()[0].get_text()
    assert text == "Worse\n● layer 0; base / base, drawn again   ■ layer 2; AnB"


def test_without_primary_claims_exploratory_ones_are_shown(maker: Maker) -> None:
    for method in ("source only", "DANN"):
        maker.cell([40.0, 41.0], method=method)
    study = make_study(claims=(Claim("Else", (GAIN,), PAPER, primary=False),))
    figure = drawn(ClaimSides("Claims"), study, maker.results())
    assert figure is not None
    assert "Else" in figure.axes[0].get_yticklabels()[0].get_text()


def test_a_difference_of_gains_has_no_sides_that_are_means(maker: Maker) -> None:
    for method in ("source only", "DANN"):
        for target in ("photos", "sketches"):
            maker.cell([40.0, 41.0], method=method, target=target)
    both = [
        accuracy(method="DANN", target=target) - accuracy(method="source only", target=target)
        for target in ("photos", "sketches")
    ]
    study = make_study(claims=(Claim("More on photos", (both[0] - both[1],), PAPER),))
    assert drawn(ClaimSides("Claims"), study, maker.results()) is None
    over_both = make_study(claims=(Claim("On both", (0.5 * (both[0] + both[1]),), PAPER),))
    assert drawn(ClaimSides("Claims"), over_both, maker.results()) is not None


def test_a_claim_that_lacks_a_side_has_no_row(maker: Maker) -> None:
    maker.cell([40.0, 41.0], method="DANN")
    study = make_study(claims=(Claim("DANN helps", (GAIN,), PAPER),))
    assert drawn(ClaimSides("Claims"), study, maker.results()) is None
