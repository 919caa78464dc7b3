"""CKA against its definitions: a mean over quadruples of rows, the formula with centring matrices."""

from __future__ import annotations

from itertools import permutations

import numpy as np
import pytest
import torch
from sklearn.metrics.pairwise import rbf_kernel
from torch import Tensor

from mtl_bench import measures
from mtl_bench.measures.kernel_alignment import StreamingCKA, centred, cka, gram, hsic

DEBIASED = pytest.mark.parametrize("debiased", [True, False], ids=["debiased", "biased"])


def rows(n: int, d: int, seed: int = 0) -> Tensor:
    return torch.randn(n, d, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def alike(n: int, d: int, e: int, seed: int = 0) -> tuple[Tensor, Tensor]:
    """Two representations with something in common."""
    x = rows(n, d, seed)
    return x, torch.tanh(x @ rows(d, e, seed + 1)) + 0.5 * rows(n, e, seed + 2)


def by_quadruples(k: np.ndarray, m: np.ndarray) -> float:
    """HSIC as its definition's mean over all ordered quadruples of different rows (Song et al., section 2)."""
    values = [k[i, j] * (m[i, j] + m[q, r] - 2 * m[i, q]) for i, j, q, r in permutations(range(len(k)), 4)]
    return float(np.mean(values))


@pytest.mark.parametrize("kernel", ["linear", "rbf"])
def test_the_debiased_estimate_is_the_mean_over_quadruples(kernel: str) -> None:
    x, y = alike(7, 3, 5)
    grams = []
    for one in (x.numpy(), y.numpy()):
        median = np.median(np.linalg.norm(one[:, None] - one[None], axis=2)[~np.eye(len(one), dtype=bool)])
        grams.append(one @ one.T if kernel == "linear" else rbf_kernel(one, gamma=1 / (2 * median**2)))
    k, m = grams
    expected = by_quadruples(k, m) / np.sqrt(by_quadruples(k, k) * by_quadruples(m, m))
    assert float(cka(x, y, kernel=kernel)) == pytest.approx(expected, rel=1e-10)  # type: ignore[arg-type]


def test_the_biased_one_is_the_papers_formula() -> None:
    x, y = alike(12, 3, 5)
    centring = np.eye(12) - 1 / 12
    k, m = (centring @ one.numpy() @ one.numpy().T @ centring for one in (x, y))
    assert float(cka(x, y, debiased=False)) == pytest.approx((k * m).sum() / np.sqrt((k * k).sum() * (m * m).sum()))


@DEBIASED
@pytest.mark.parametrize("d", [3, 40])
def test_products_of_features_and_of_rows_agree(d: int, debiased: bool) -> None:
    """Of 20 rows: 3 features are multiplied as features, 40 as rows."""
    x, y = alike(20, d, 3)
    k, m = (gram(centred(one))[None] for one in (x, y))
    expected = hsic(k, m, debiased) / (hsic(k, k, debiased) * hsic(m, m, debiased)).sqrt()
    torch.testing.assert_close(cka(x, y, debiased=debiased), expected.squeeze())


@DEBIASED
@pytest.mark.parametrize("kernel", ["linear", "rbf"])
def test_what_it_is_invariant_to(kernel: str, debiased: bool) -> None:
    x, y = alike(30, 6, 4)
    rotation = torch.linalg.qr(rows(6, 6, 9))[0]
    found = cka(x, y, kernel=kernel, debiased=debiased)  # type: ignore[arg-type]
    for other in (3 * x, x + 100, x @ rotation):
        torch.testing.assert_close(cka(other, y, kernel=kernel, debiased=debiased), found)  # type: ignore[arg-type]
    shuffled = torch.randperm(30, generator=torch.Generator().manual_seed(0))
    torch.testing.assert_close(
        cka(x[shuffled], y[shuffled], kernel=kernel, debiased=debiased),  # type: ignore[arg-type]
        found,
    )
    torch.testing.assert_close(cka(y, x, kernel=kernel, debiased=debiased), found)  # type: ignore[arg-type]
    assert float(cka(x, x, kernel=kernel, debiased=debiased)) == pytest.approx(1)  # type: ignore[arg-type]
    assert float(found) < 0.99


def test_noise_resembles_noise_by_the_biased_estimate_alone() -> None:
    pairs = [(rows(64, 1000, seed), rows(64, 1000, seed + 100)) for seed in range(20)]
    assert min(float(cka(*pair, debiased=False)) for pair in pairs) > 0.9
    found = np.array([float(cka(*pair)) for pair in pairs])
    assert abs(found.mean()) < 2 * found.std(ddof=1) / len(found) ** 0.5 + 1e-3


@DEBIASED
def test_one_batch_gives_cka_of_its_rows(debiased: bool) -> None:
    layers = {"one": rows(16, 8).float(), "maps": rows(16, 2 * 3 * 3, 1).reshape(16, 2, 3, 3).float()}
    streaming = StreamingCKA(debiased=debiased)
    streaming.update(layers, layers)
    expected = [[cka(a, b, debiased=debiased) for b in layers.values()] for a in layers.values()]
    torch.testing.assert_close(streaming.value(), torch.tensor(expected), atol=1e-5, rtol=0)
    assert streaming.rows == 16


def test_batches_and_their_order_agree_with_all_rows() -> None:
    """Debiased, within what mini-batches leave to chance; biased it rises as batches shrink."""
    x, y = alike(4000, 10, 6)
    exact = float(cka(x, y))
    orders = [torch.arange(4000), torch.randperm(4000, generator=torch.Generator().manual_seed(1))]

    def streamed(order: Tensor, size: int, debiased: bool) -> float:
        streaming = StreamingCKA(debiased=debiased)
        for part in order.split(size):
            streaming.update({"x": x[part]}, {"y": y[part]})
        return float(streaming.value())

    for order in orders:
        for size in (8, 50, 500):
            assert streamed(order, size, True) == pytest.approx(exact, abs=0.02)
        assert streamed(order, 8, False) > exact + 0.05


def test_a_network_against_itself_is_one_and_batches_of_unequal_size_count_by_rows() -> None:
    x = rows(50, 5)
    streaming = StreamingCKA()
    for part in (x[:20], x[20:24], x[24:]):
        streaming.update({"x": part}, {"x": part})
    assert float(streaming.value()) == pytest.approx(1)
    assert streaming.rows == 50


def test_it_is_differentiable() -> None:
    x, y = alike(8, 3, 4)
    assert torch.autograd.gradcheck(lambda one: cka(one, y), x.requires_grad_())


@pytest.mark.parametrize(
    ("x", "y", "said"),
    [
        (rows(3, 2), rows(3, 2), "CKA needs 4 rows at a time, not 3"),
        (rows(5, 2), rows(6, 2), "x has 5 rows and y 6"),
        (torch.ones(6, 2, dtype=torch.float64), rows(6, 2), "x is the same for all rows"),
        (rows(6, 2), torch.full((6, 2), torch.nan, dtype=torch.float64), "y is the same for all rows .* or not finite"),
    ],
)
def test_what_cannot_be_compared_is_refused(x: Tensor, y: Tensor, said: str, unchecked: None) -> None:
    with pytest.raises(ValueError, match=said):
        cka(x, y)


def test_streaming_names_the_layer_and_the_remedy(unchecked: None) -> None:
    streaming = StreamingCKA()
    with pytest.raises(ValueError, match="update with one first"):
        streaming.value()
    with pytest.raises(ValueError, match="drop the last one"):
        streaming.update({"x": rows(3, 2)}, {"x": rows(3, 2)})
    with pytest.raises(ValueError, match="one network has 5 rows and the other 6"):
        streaming.update({"x": rows(5, 2)}, {"x": rows(6, 2)})
    streaming.update({"dead": torch.zeros(5, 2), "x": rows(5, 2)}, {"x": rows(5, 2)})
    with pytest.raises(ValueError, match="the layers differ"):
        streaming.update({"x": rows(5, 2)}, {"x": rows(5, 2)})
    with pytest.raises(ValueError, match="dead is the same for all rows"):
        streaming.value()


def test_the_public_one_takes_arrays_of_any_widths() -> None:
    x, y = alike(12, 3, 5)
    expected = float(cka(x, y))
    assert measures.cka(x.numpy(), y.numpy()) == pytest.approx(expected)
    assert float(measures.cka(x, y)) == pytest.approx(expected)
    assert measures.cka(x.numpy(), y.numpy().reshape(12, 5, 1, 1)) == pytest.approx(expected)
