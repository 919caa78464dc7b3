"""MK-MMD, forward and backward, beside PyTorch Adapt's with the same five kernels."""

from __future__ import annotations

from functools import partial
from importlib import import_module
from typing import Any

from speed.row import Peer, Row
from speed.timing import Work, largest_allocation

OCTAVES = (0.25, 0.5, 1.0, 2.0, 4.0)


def batches(size: int, width: int) -> Any:
    """A batch of each domain, which want gradients, and a bandwidth: the mean squared distance, a number."""
    import torch

    from mtl_bench.training.seeding import generator

    drawn = generator(0, "speed", "mmd", size, width).standard_normal((2, size, width), dtype="float32")
    source, target = torch.from_numpy(drawn[0]), torch.from_numpy(drawn[1]) + 0.1
    pooled = torch.cat([source, target])
    bandwidth = float(2 * (pooled - pooled.mean(0)).square().sum() / (len(pooled) - 1))
    return source.requires_grad_(), target.requires_grad_(), bandwidth


def ours(inputs: Any) -> Work:
    from mtl_bench.measures.mmd import squared_mmd

    source, target, bandwidth = inputs
    widths = tuple(octave * bandwidth for octave in OCTAVES)
    return partial(_step, lambda: squared_mmd(source, target, widths, relative=False), source, target)


def pytorch_adapt(inputs: Any) -> Work:
    import torch

    source, target, bandwidth = inputs
    scales = torch.tensor([1 / octave for octave in OCTAVES])
    loss = import_module("pytorch_adapt.layers").MMDLoss(scales, mmd_type="quadratic", bandwidth=bandwidth)
    return partial(_step, lambda: loss(source, target), source, target)


def _step(loss: Work, source: Any, target: Any) -> tuple[Any, Any]:
    """The loss and its gradients."""
    import torch

    value = loss()
    return value.detach(), torch.cat(torch.autograd.grad(value, (source, target)))


def difference(a: Any, b: Any) -> float:
    """The larger of the relative differences of loss and gradient, in the Euclidean norm."""
    return max(float((x - y).norm() / x.norm()) for x, y in zip(a, b, strict=True))


def memory(inputs: Any) -> str:
    """Our largest tensor beside one of N × N × d; raises MemoryError where it exceeds both the inputs and a kernel."""
    source, target, _ = inputs
    points, width = len(source) + len(target), source.shape[1]
    allocated = largest_allocation(ours(inputs))
    allowed = 4 * points * max(points, width)
    if allocated > allowed:
        raise MemoryError(f"a tensor of {allocated:,} bytes, where {allowed:,} are enough; never make N × N × d")
    ours_mib, cubic_mib = allocated / 2**20, 4 * points**2 * width / 2**20
    return f"our largest tensor has {ours_mib:.2g} MiB; one of N × N × d would have {cubic_mib:,.0f}"


ROWS = tuple(
    Row(
        name=f"mmd-{size}x{width}",
        sentence=f"MK-MMD, forward and backward, 2 × {size} points of {width} dimensions",
        inputs=partial(batches, size, width),
        ours=ours,
        peers=(Peer("pytorch-adapt", pytorch_adapt, "pytorch_adapt", "pytorch-adapt"),),
        goal=0.75,
        distance=difference,
        measure="relative difference of loss and gradient",
        tolerance=1e-3,
        note=memory,
        rounds=15,
    )
    for size in (64, 256)
    for width in (256, 4096)
)
