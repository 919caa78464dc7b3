"""ELMo's network beside PyTorch's own LSTM and filters that are moved by hand."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from mtl_bench.datasets.elmo import ELMo
from mtl_bench.models.elmo import FORGET, OPTIONS, WEIGHTS, BidirectionalLanguageModel, reversed_to

h5py = pytest.importorskip("h5py")

FILTERS, CHARACTER, CELL, WIDTH = [[1, 3], [2, 4], [3, 5]], 4, 10, 6
TEXTS = ["the cat, sat", "a dog", "quite a lot of words here"]


def written(folder: Path, skip: bool, clip: float = 3.0) -> BidirectionalLanguageModel:
    """A small network of the same form, whose weights are random."""
    random = np.random.default_rng(0)
    features = sum(count for _, count in FILTERS)
    shapes: dict[str, tuple[int, ...]] = {"char_embed": (261, CHARACTER)}
    for i, (width, count) in enumerate(FILTERS):
        shapes |= {f"CNN/W_cnn_{i}": (1, width, CHARACTER, count), f"CNN/b_cnn_{i}": (count,)}
    for part in ("carry", "transform"):
        shapes |= {f"CNN_high_0/W_{part}": (features, features), f"CNN_high_0/b_{part}": (features,)}
    shapes |= {"CNN_proj/W_proj": (features, WIDTH), "CNN_proj/b_proj": (WIDTH,)}
    for direction in range(2):
        for layer in range(2):
            name = f"RNN_{direction}/RNN/MultiRNNCell/Cell{layer}/LSTMCell"
            shapes |= {f"{name}/W_0": (2 * WIDTH, 4 * CELL), f"{name}/B": (4 * CELL,), f"{name}/W_P_0": (CELL, WIDTH)}
    with h5py.File(folder / WEIGHTS, "w") as file:
        for name, shape in shapes.items():
            file[name] = random.normal(0, 0.6, shape).astype(np.float32)
    lstm = {"cell_clip": clip, "proj_clip": clip, "use_skip_connections": skip, "n_layers": 2}
    characters = {"filters": FILTERS, "n_highway": 1, "max_characters_per_token": 50, "activation": "relu"}
    options = {"lstm": {**lstm, "projection_dim": WIDTH, "dim": CELL}, "char_cnn": characters}
    (folder / OPTIONS).write_text(json.dumps(options))
    return BidirectionalLanguageModel(folder)


def by_hand(net: BidirectionalLanguageModel, characters: Tensor) -> Tensor:
    """(width,): a word's vector, its filters moved character by character."""
    table = torch.cat([torch.zeros(1, CHARACTER), net.get_buffer("char_embed")])
    found = []
    for i, (width, _) in enumerate(FILTERS):
        weight, bias = net.get_buffer(f"CNN-W_cnn_{i}")[0], net.get_buffer(f"CNN-b_cnn_{i}")
        windows = [table[characters[at : at + width]] for at in range(50 - width + 1)]
        values = torch.stack([torch.einsum("wc,wcf->f", window, weight) + bias for window in windows])
        found.append(values.max(0).values.relu())
    x = torch.cat(found)
    kept = torch.sigmoid(x @ net.get_buffer("CNN_high_0-W_carry") + net.get_buffer("CNN_high_0-b_carry"))
    new = torch.relu(x @ net.get_buffer("CNN_high_0-W_transform") + net.get_buffer("CNN_high_0-b_transform"))
    return (kept * new + (1 - kept) * x) @ net.get_buffer("CNN_proj-W_proj") + net.get_buffer("CNN_proj-b_proj")


def lstm_of(net: BidirectionalLanguageModel, direction: int, layer: int) -> nn.LSTM:
    """PyTorch's, whose gates come in another order."""
    name = f"RNN_{direction}-RNN-MultiRNNCell-Cell{layer}-LSTMCell-"

    def sorted_gates(x: Tensor) -> Tensor:
        enter, new, forget, leave = x.chunk(4, -1)
        return torch.cat([enter, forget, new, leave], -1)

    made: Any = nn.LSTM(WIDTH, CELL, proj_size=WIDTH, batch_first=True)
    weight, bias = sorted_gates(net.get_buffer(f"{name}W_0")), sorted_gates(net.get_buffer(f"{name}B")).clone()
    bias[CELL : 2 * CELL] += FORGET
    with torch.no_grad():
        made.weight_ih_l0.copy_(weight[:WIDTH].T)
        made.weight_hh_l0.copy_(weight[WIDTH:].T)
        made.bias_ih_l0.copy_(bias)
        made.bias_hh_l0.zero_()
        made.weight_hr_l0.copy_(net.get_buffer(f"{name}W_P_0").T)
    return made  # type: ignore[no-any-return]


@pytest.mark.filterwarnings("ignore:LSTM with projections")
@pytest.mark.parametrize("skip", [False, True])
@torch.no_grad()
def test_layers_are_pytorch_s_text_by_text_and_filling_has_no_influence(tmp_path: Path, skip: bool) -> None:
    net = written(tmp_path, skip, clip=50.0)  # PyTorch's cells are not clipped
    tokens = ELMo().tokens(TEXTS)
    layers, vectors = net.layers(torch.from_numpy(tokens[:])), net(torch.from_numpy(tokens[:]))
    for i in range(len(TEXTS)):
        characters = torch.from_numpy(tokens[i : i + 1]).reshape(-1, 50)
        own = torch.stack([by_hand(net, word) for word in characters])
        expected, ahead, back = [torch.cat([own, own], 1)], own, own.flip(0)
        for layer in range(2):
            said, heard = lstm_of(net, 0, layer)(ahead[None])[0][0], lstm_of(net, 1, layer)(back[None])[0][0]
            ahead, back = (said + ahead, heard + back) if skip and layer else (said, heard)
            expected.append(torch.cat([ahead, back.flip(0)], 1))
        wanted = torch.stack(expected)
        torch.testing.assert_close(layers[i, :, : len(characters)], wanted, rtol=1e-4, atol=1e-5)
        inside = wanted[:, 1:-1].mean((0, 1))
        torch.testing.assert_close(vectors[i], F.normalize(inside, dim=0), rtol=1e-4, atol=1e-5)


@torch.no_grad()
def test_an_empty_text_has_a_vector(tmp_path: Path) -> None:
    found = written(tmp_path, skip=True)(torch.from_numpy(ELMo().tokens(["", "a dog"])[:]))
    torch.testing.assert_close(found.norm(dim=1), torch.ones(2))


@torch.no_grad()
def test_cells_and_what_they_say_are_clipped(tmp_path: Path) -> None:
    net = written(tmp_path, skip=False, clip=0.05)
    layers = net.layers(torch.from_numpy(ELMo().tokens(TEXTS)[:]))
    assert layers[:, 1:].abs().max() == pytest.approx(0.05)


def test_each_text_is_turned_and_what_fills_stays() -> None:
    x = torch.arange(8.0).reshape(2, 4, 1)
    assert reversed_to(x, torch.tensor([4, 2]))[:, :, 0].tolist() == [[3, 2, 1, 0], [5, 4, 6, 7]]
