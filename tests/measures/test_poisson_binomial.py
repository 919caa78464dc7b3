"""The Poisson binomial test against enumeration, SciPy's distributions and simulation."""

from __future__ import annotations

from itertools import product
from math import prod

import numpy as np
import pytest
import scipy.stats

from mtl_bench.measures.poisson_binomial import probability_of_lower_risk, probability_of_majority

DRAWS = np.random.default_rng(0).random((6, 5))


@pytest.mark.parametrize("probabilities", [row[:n].tolist() for row in DRAWS for n in (1, 2, 4, 5)])
def test_a_majority_is_what_all_outcomes_together_say(probabilities: list[float]) -> None:
    total = 0.0
    for outcome in product((0, 1), repeat=len(probabilities)):
        chance = prod(p if happened else 1 - p for p, happened in zip(probabilities, outcome, strict=True))
        share = sum(outcome) / len(outcome)
        total += chance * (1.0 if share > 0.5 else 0.5 if share == 0.5 else 0.0)
    assert probability_of_majority(probabilities) == pytest.approx(total)


def test_equal_probabilities_are_a_binomial() -> None:
    more, half = scipy.stats.binom.sf(6, 12, 0.6), scipy.stats.binom.pmf(6, 12, 0.6)
    assert probability_of_majority([0.6] * 12) == pytest.approx(more + half / 2)


def test_either_is_better() -> None:
    probabilities = DRAWS.ravel().tolist()
    back = probability_of_majority([1 - p for p in probabilities])
    assert probability_of_majority(probabilities) + back == pytest.approx(1)


def test_one_data_set_is_the_posterior_of_who_wins_where_they_differ() -> None:
    one = np.repeat([1, 1, 0, 0], [50, 12, 5, 9])
    other = np.repeat([1, 0, 1, 0], [50, 12, 5, 9])
    assert probability_of_lower_risk(one, other) == pytest.approx(scipy.stats.beta(13, 6).sf(0.5))
    wins = np.random.default_rng(0).beta(13, 6, 100_000) > 0.5
    assert probability_of_lower_risk(one, other) == pytest.approx(wins.mean(), abs=0.005)
    assert probability_of_lower_risk(other, one) == pytest.approx(1 - probability_of_lower_risk(one, other))
    assert probability_of_lower_risk(one, one) == 0.5


def test_a_mean_over_runs_is_refused_in_a_sentence() -> None:
    with pytest.raises(ValueError, match="items are right or wrong, 1 or 0; give one run"):
        probability_of_lower_risk(np.array([0.5, 1.0]), np.array([1.0, 1.0]))
