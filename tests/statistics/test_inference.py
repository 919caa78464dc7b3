"""The statistics against independent implementations and against simulation."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy import stats
from statsmodels.stats.multitest import multipletests
from statsmodels.stats.power import TTestPower

from mtl_bench.statistics.inference import (
    Array,
    detectable_effect,
    holm,
    interval,
    items_se,
    pooled_sd,
    sign_flip,
    spread,
    t_tail,
)


def test_interval_and_p_are_those_of_scipy() -> None:
    values = np.array([1.2, 3.1, -0.4, 2.2, 2.9])
    se, df = stats.sem(values), 4
    reference = stats.ttest_1samp(values, 0)
    assert t_tail(values.mean(), se, df) == pytest.approx(reference.pvalue)
    assert t_tail(values.mean(), se, df, "less") == pytest.approx(
        stats.ttest_1samp(values, 0, alternative="less").pvalue
    )
    assert interval(values.mean(), se, df, 0.9) == pytest.approx(tuple(reference.confidence_interval(0.9)))


def test_pooled_sd_is_that_of_an_analysis_of_variance() -> None:
    samples = [np.array(s) for s in ([1.0, 2.0, 4.0], [0.5, 0.1, 2.0, 3.0], [9.0, 9.5])]
    residual = sum(((s - s.mean()) ** 2).sum() for s in samples)
    sd, df = pooled_sd([s.std(ddof=1) for s in samples], [len(s) for s in samples])
    assert df == 6
    assert sd == pytest.approx(np.sqrt(residual / 6))


def test_spread_is_pooled_for_few_similar_replicates_and_never_below_the_own() -> None:
    narrow, wide, wider = (np.array([-1.0, 0.0, 1.0]) * sd for sd in (1, 2, 3.1))
    expected = [
        (spread(narrow, [narrow, wide]), (np.sqrt(2.5), 4, 2)),
        (spread(wide, [narrow, wide]), (2, 4, 2)),
        (spread(narrow, [narrow, wider]), (1, 2, 1)),
        (spread(narrow * 0, [narrow * 0, narrow]), (0, 2, 1)),
        (spread(np.tile(narrow, 3), [np.tile(narrow, 3), wide]), (np.sqrt(6 / 8), 8, 1)),
        (spread(narrow[:1], []), (0, 0, 1)),
    ]
    for found, wanted in expected:
        assert found == pytest.approx(wanted)


def test_detectable_effect_is_that_of_statsmodels() -> None:
    for n, alpha in [(3, 0.05), (5, 0.05), (5, 0.05 / 6), (20, 0.025)]:
        reference = TTestPower().solve_power(nobs=n, alpha=alpha, power=0.8)
        assert detectable_effect(2 / np.sqrt(n), n - 1, alpha) == pytest.approx(2 * reference, rel=1e-4)


def test_items_se_is_the_limit_of_a_bootstrap_within_strata() -> None:
    rng = np.random.default_rng(0)
    strata = [100 * rng.choice([-0.4, 0.0, 0.6, 1.0], size) for size in (150, 60)]

    def total(a: Array, b: Array, axis: int) -> Any:
        return a.mean(axis=axis) + b.mean(axis=axis)

    drawn = stats.bootstrap(strata, total, n_resamples=20_000, method="basic", rng=rng, batch=2_000)
    assert items_se(strata) == pytest.approx(drawn.standard_error, rel=0.02)


def test_sign_flip_counts_all_assignments_of_signs() -> None:
    assert sign_flip([1, 2, 3, 4, 5, 6]) == pytest.approx(2 / 64)
    assert sign_flip([1, 2, 3, 4, 5, 6], "greater") == pytest.approx(1 / 64)
    assert sign_flip([1, 2, 3, 4, 5, 6], "less") == 1
    # An outlier that ruins a t-test leaves the count of signs as it is.
    assert sign_flip([1, 2, 3, 4, 5, 600]) == pytest.approx(2 / 64)


def test_holm_controls_and_orders() -> None:
    adjusted = holm([0.01, 0.04, 0.03])
    assert adjusted == pytest.approx([0.03, 0.06, 0.06])
    assert holm([]) == []


@pytest.mark.slow
def test_holm_is_that_of_statsmodels() -> None:
    rng = np.random.default_rng(0)
    for m in (1, 2, 6):
        p = np.round(rng.uniform(0, 0.4, m), 2)  # ties among them
        assert holm(p.tolist()) == pytest.approx(multipletests(p, method="holm")[1])
