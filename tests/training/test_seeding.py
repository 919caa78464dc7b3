"""Random numbers: one named stream per purpose. (That they are the same in every process, test_kill.py proves.)"""

from __future__ import annotations

import torch

from mtl_bench.training.seeding import derive, random_state, restore_random_state, seed_everything


def test_each_purpose_has_a_seed_of_its_own() -> None:
    names = [(seed, "order", domain, epoch) for seed in (0, 1) for domain in ("a", "b") for epoch in (0, 1)]
    seeds = {derive(seed, order, domain, epoch) for seed, order, domain, epoch in names}
    assert len(seeds) == len(names)
    assert all(0 <= seed < 2**63 for seed in seeds)


def test_weights_follow_the_seed() -> None:
    def drawn(seed: int, *purpose: str) -> torch.Tensor:
        seed_everything(seed, *purpose)
        return torch.nn.Linear(3, 3).weight

    assert torch.equal(drawn(1, "weights"), drawn(1, "weights"))
    assert not torch.equal(drawn(1, "weights"), drawn(2, "weights"))
    assert not torch.equal(drawn(1, "weights"), drawn(1, "others"))
    assert torch.are_deterministic_algorithms_enabled()


def test_the_saved_state_continues_the_sequence() -> None:
    seed_everything(4)
    torch.rand(5)
    state = random_state()
    following = torch.rand(5)
    torch.rand(100)
    restore_random_state(state)
    assert torch.equal(torch.rand(5), following)
