"""Every claim of every study, at all its scales: its two sides differ in what it declares, and in that."""

from __future__ import annotations

import pytest

from mtl_bench import workspace
from mtl_bench.statistics.like_for_like import sides
from tests.test_studies import STUDIES


@pytest.mark.slow
@pytest.mark.parametrize("name", STUDIES)
def test_the_sides_of_a_claim_differ_in_what_it_declares_and_in_nothing_else(name: str) -> None:
    _, study = workspace.load(name)
    differ: dict[str, set[str]] = {claim.text: set() for claim in study.claims}
    compared = dict.fromkeys(differ, False)
    for scale in study.seeds:
        # Two replicates: how difficult an image is, other replicates say.
        cells = study.cells(study.scale(scale, seeds=2))
        for claim in study.claims:
            found = sides(claim, cells)
            assert found.undeclared == (), f"{claim.text}, at {scale} scale: declare it, or make the sides alike"
            differ[claim.text] |= set(found.declared)
            compared[claim.text] |= found.compared
    for claim in study.claims:
        # A barrier is a difference by itself, along one line: it has no other side.
        if any(contrast.is_margin for contrast in claim.contrasts):
            assert compared[claim.text], f"{claim.text}: no cells of two sides"
        assert differ[claim.text] == set(claim.varies), f"{claim.text}: what it declares does not differ"
