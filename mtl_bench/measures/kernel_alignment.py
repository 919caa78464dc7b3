"""Centred kernel alignment: how alike two representations of the same rows are (Kornblith et al., ICML 2019)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, get_args

import torch
from jaxtyping import Float, Float64
from torch import Tensor

Kernel = Literal["linear", "rbf"]
ROUNDING = 8  # units in the last place by which equal rows may differ from their mean
FEWEST = 4  # rows, of which the debiased estimate is a mean over different quadruples


def cka(
    x: Float[Tensor, "n ..."],
    y: Float[Tensor, "n ..."],
    *,
    kernel: Kernel = "linear",
    debiased: bool = True,
    bandwidth: float = 1.0,
) -> Float64[Tensor, ""]:
    """HSIC(x, y) / sqrt(HSIC(x, x) HSIC(y, y)) of the same rows in two representations, of any widths (equation 4).

    Debiased, HSIC is the unbiased estimate of Song et al. (JMLR 2012, equation 5), about 0 for independent
    representations and perhaps below; biased (equation 4 there), it rises to 1 with the width over the rows whatever
    they hold: with 64 rows of 1,000 features each it is above .9 for noise. The RBF kernel's deviation is `bandwidth`
    times the median distance between different rows. What is not a vector, as a convolution's maps, is taken as one.
    Differentiable; in double precision. Raises ValueError for too few rows or a representation that is constant.
    """
    if kernel not in get_args(Kernel):
        raise ValueError(f"there is no kernel {kernel!r}; choose one of {' | '.join(get_args(Kernel))}")
    if len(x) != len(y):
        raise ValueError(f"x has {len(x)} rows and y {len(y)}; give the same rows in both representations")
    a, b = (centred(one.to(torch.float64)) for one in (x, y))
    if kernel == "linear" and max(a.shape[1], b.shape[1]) < len(a):  # products of features are smaller
        both, one, other = (_of_features(*pair, debiased) for pair in ((a, b), (a, a), (b, b)))
    else:
        k, m = (gram(one, kernel, bandwidth)[None] for one in (a, b))
        both, one, other = (hsic(*pair, debiased=debiased).squeeze() for pair in ((k, m), (k, k), (m, m)))
    return _ratio(both, one, other)


class StreamingCKA:
    """CKA of every layer of one network with every layer of another, over mini-batches, each of which is seen once.

    HSIC is summed over the batches before the ratio is taken (Nguyen, Raghu and Kornblith, ICLR 2021, equation 3); each
    batch counts as many times as it has rows. Of one batch it is `cka` of its rows; of several it is no mean of their
    CKA. Debiased it estimates the same value whatever the batches' size and order; biased it depends on their size.
    """

    def __init__(self, *, debiased: bool = True) -> None:
        self.debiased = debiased
        self.rows = 0
        self._names: tuple[tuple[str, ...], tuple[str, ...]] | None = None

    def update(self, a: Mapping[str, Float[Tensor, "n ..."]], b: Mapping[str, Float[Tensor, "n ..."]]) -> None:
        """Count a batch of the same rows in the layers of both networks, by name.

        Raises ValueError for a batch of fewer than four rows, and for other layers than before.
        """
        names = (tuple(a), tuple(b))
        if self._names not in (None, names):
            raise ValueError("the layers differ from those of the batches before; give the same ones each time")
        k, m = (torch.stack([gram(centred(layer)) for layer in layers.values()]) for layers in (a, b))
        if k.shape[1:] != m.shape[1:]:
            raise ValueError(f"one network has {k.shape[1]} rows and the other {m.shape[1]}; give both the same")
        found = [hsic(k, m, self.debiased), *(hsic_of_itself(one, self.debiased) for one in (k, m))]
        count = k.shape[1]
        if self._names is None:
            self._names, self._sums = names, [torch.zeros_like(one) for one in found]
        for total, one in zip(self._sums, found, strict=True):
            total += count * one
        self.rows += count

    def value(self) -> Float64[Tensor, "a b"]:
        """One row per layer of the first network, one column per layer of the second."""
        if self._names is None:
            raise ValueError("no batch was counted; update with one first")
        both, one, other = self._sums
        return _ratio(both, one[:, None], other[None], *self._names)


def centred(x: Float[Tensor, "n ..."]) -> Float[Tensor, "n d"]:
    """Rows as vectors about their mean, 0 where they differ by rounding alone; raises ValueError of fewer than four."""
    if len(x) < FEWEST:
        raise ValueError(f"CKA needs {FEWEST} rows at a time, not {len(x)}; give larger batches, or drop the last one")
    flat = x.flatten(1)
    found = flat - flat.mean(0)
    rounding = ROUNDING * torch.finfo(flat.dtype).eps * flat.abs().max()
    return torch.zeros_like(found) if found.abs().max() <= rounding else found


def gram(x: Float[Tensor, "n d"], kernel: Kernel = "linear", bandwidth: float = 1.0) -> Float64[Tensor, "n n"]:
    """The kernel of all pairs of centred rows, centred, so that its rows sum to 0."""
    if kernel == "linear":
        return (x @ x.T).to(torch.float64)
    distances = torch.cdist(x, x).square()
    different = distances[~torch.eye(len(x), dtype=torch.bool, device=x.device)]
    values = torch.exp(distances / (-2 * bandwidth**2 * different.detach().sqrt().median().square())).to(torch.float64)
    return values - values.mean(0) - values.mean(1, keepdim=True) + values.mean()


def hsic(k: Float64[Tensor, "a n n"], m: Float64[Tensor, "b n n"], debiased: bool) -> Float64[Tensor, "a b"]:
    """Of every centred Gram matrix of one stack with every one of another, on the same rows."""
    products = k.flatten(1) @ m.flatten(1).T
    one, other = (matrices.diagonal(dim1=1, dim2=2) for matrices in (k, m))
    return _estimate(products, one @ other.T, torch.outer(one.sum(1), other.sum(1)), k.shape[1], debiased)


def hsic_of_itself(k: Float64[Tensor, "a n n"], debiased: bool) -> Float64[Tensor, " a"]:
    """Of every centred Gram matrix with itself."""
    diagonal = k.diagonal(dim1=1, dim2=2)
    return _estimate(k.square().sum((1, 2)), diagonal.square().sum(1), diagonal.sum(1).square(), k.shape[1], debiased)


def _of_features(x: Float64[Tensor, "n d"], y: Float64[Tensor, "n e"], debiased: bool) -> Float64[Tensor, ""]:
    """HSIC by products of centred features, where they are fewer than rows: <XX', YY'> = ||X'Y||^2."""
    one, other = (features.square().sum(1) for features in (x, y))
    return _estimate((x.T @ y).square().sum(), one @ other, one.sum() * other.sum(), len(x), debiased)


def _estimate(products: Tensor, diagonals: Tensor, traces: Tensor, n: int, debiased: bool) -> Tensor:
    """HSIC from <K, L>, the product of their diagonals and that of their traces, of centred K and L.

    With rows that sum to 0, Song's three terms, which leave out the diagonals, come down to these.
    """
    if not debiased:
        return products / (n - 1) ** 2
    return (products - n / (n - 2) * diagonals + traces / ((n - 1) * (n - 2))) / (n * (n - 3))


def _ratio(both: Tensor, one: Tensor, other: Tensor, *names: tuple[str, ...]) -> Tensor:
    for place, terms in enumerate((one, other)):
        if (constant := ~(terms > 0)).any():
            layer = names[place][int(constant.flatten().nonzero()[0])] if names else "xy"[place]
            raise ValueError(
                f"{layer} is the same for all rows or for all but one or two, or not finite, and resembles nothing; "
                "leave it out, or give larger batches"
            )
    return both / (one.sqrt() * other.sqrt())
