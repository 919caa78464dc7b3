"""Batch normalisation whose statistics belong to a domain."""

from __future__ import annotations

from torch import Tensor, nn

PLAIN = (nn.BatchNorm1d, nn.BatchNorm2d)


class DomainBatchNorm(nn.Module):
    """Batch normalisation with the statistics of one domain each, and one shared scale and shift."""

    def __init__(self, norm: nn.BatchNorm1d | nn.BatchNorm2d, domains: tuple[str, ...]) -> None:
        super().__init__()
        self.domain = domains[0]
        kind = nn.BatchNorm2d if isinstance(norm, nn.BatchNorm2d) else nn.BatchNorm1d
        self.statistics = nn.ModuleDict(
            {d: kind(norm.num_features, norm.eps, norm.momentum, affine=False) for d in domains}
        )
        for statistics in self.statistics.values():  # a pre-trained network's running averages are every domain's start
            statistics.load_state_dict(dict(norm.named_buffers()))
        self.weight, self.bias = norm.weight, norm.bias

    def forward(self, x: Tensor) -> Tensor:
        normalised: Tensor = self.statistics[self.domain](x)
        shape = (-1, *(1,) * (x.ndim - 2))
        return normalised * self.weight.view(shape) + self.bias.view(shape)


def has_batch_norm(module: nn.Module) -> bool:
    """Whether any part normalises by its batch."""
    return any(isinstance(part, PLAIN) for part in module.modules())


def split_batch_norm(module: nn.Module, domains: tuple[str, ...]) -> None:
    """Give every BatchNorm inside `module` the statistics of each domain."""
    for name, child in module.named_children():
        if isinstance(child, PLAIN):
            setattr(module, name, DomainBatchNorm(child, domains))
        else:
            split_batch_norm(child, domains)
