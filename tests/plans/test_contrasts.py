"""Claims about an adaptation table: which cells their sides are."""

from __future__ import annotations

import pytest

from mtl_bench.plans.adaptation import Pair
from mtl_bench.plans.contrasts import MeansOverPairs, claim
from mtl_bench.plans.standard import DAN_2015, SOURCE_ONLY, TCA_2011
from mtl_bench.study import accuracy

TWO: tuple[Pair, ...] = (("a", "b"), ("b", "a"))
MEANS = MeansOverPairs(TWO, {"images": "original"})


def test_a_side_is_a_line_on_all_pairs_alike_with_the_tables_labels() -> None:
    terms = MEANS.by(DAN_2015).terms
    assert [term.weight for term in terms] == [0.5, 0.5]
    for term, (source, target) in zip(terms, TWO, strict=True):
        assert dict(term.labels) == {
            "method": "DAN",
            "classifier": "bottleneck",
            "images": "original",
            "protocol": "full",
            "selection": "last",
            "source": source,
            "target": target,
        }


def test_other_pairs_protocols_and_rules_are_named() -> None:
    [term] = MEANS.by(DAN_2015, TWO[:1], "few", "oracle").terms
    assert {("protocol", "few"), ("selection", "oracle"), ("source", "a")} <= {*term.labels}
    [fitted] = MEANS.fitted(TCA_2011, "few", TWO[1:]).terms
    assert {("protocol", "few"), ("method", "TCA"), ("source", "b")} <= {*fitted.labels}
    assert "selection" not in dict(fitted.labels)


def test_a_family_is_the_mean_of_its_lines() -> None:
    terms = MEANS.family((DAN_2015, SOURCE_ONLY)).terms
    assert [term.weight for term in terms] == [0.25] * 4
    assert {dict(term.labels)["method"] for term in terms} == {"DAN", "no adaptation"}


@pytest.mark.parametrize(
    ("published", "primary", "smallest"), [(4.0, True, 2.0), (4.0, False, None), (None, True, None)]
)
def test_half_of_a_published_size_counts_where_it_is_judged(
    published: float | None, primary: bool, smallest: float | None
) -> None:
    made = claim("a beats b", accuracy(method="a") - accuracy(method="b"), "a paper", published, primary=primary)
    assert (made.smallest_effect, made.primary, made.published) == (smallest, primary, published)
    told = claim("a beats b", accuracy(method="a") - accuracy(method="b"), "a paper", published, smallest=1.0)
    assert told.smallest_effect == 1.0
