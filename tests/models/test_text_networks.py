"""Networks of words: what only fills has no influence, and features are those of plain loops over the words."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.nn.utils.rnn import pack_padded_sequence

from mtl_bench.models.memory_network import MemoryNetwork, WordAttention
from mtl_bench.models.network import Network
from mtl_bench.models.text_cnn import TextCNN
from mtl_bench.models.text_lstm import TextLSTM
from mtl_bench.models.word_embedding import WordEmbedding
from mtl_bench.training.seeding import seed_everything

BACKBONES = (
    TextCNN(words=50, width=6, filters=5),
    TextLSTM(words=50, width=6, units=7),
    MemoryNetwork(words=50, width=6, hidden=7, hops=3),
)
every_backbone = pytest.mark.parametrize("backbone", BACKBONES, ids=lambda backbone: backbone.name)
TEXTS = [[7], [3, 1], [4, 9, 51, 2, 8, 8, 30], [5, 6, 7, 8, 9, 10]]


def network(backbone: Any) -> Network:
    """With biases that a filter of filling alone would show."""
    seed_everything(0, "weights")
    net = Network(backbone, ("a",))
    with torch.no_grad():
        for name, value in net.named_parameters():
            if "bias" in name:
                value.uniform_(0.5, 1.0)
    return net


def filled(texts: list[list[int]], length: int) -> Tensor:
    return torch.tensor([text + [0] * (length - len(text)) for text in texts])


def features(net: Network, tokens: Tensor) -> Tensor:
    found: Tensor = net({"a": tokens})["a"]["hidden"]
    return found


@every_backbone
def test_filling_has_no_influence(backbone: Any) -> None:
    net = network(backbone)
    alone = torch.cat([features(net, filled([text], len(text))) for text in TEXTS])
    for length in (7, 8, 30):
        torch.testing.assert_close(features(net, filled(TEXTS, length)), alone)
    assert alone.shape == (4, net.width)


@every_backbone
def test_filling_learns_nothing(backbone: Any) -> None:
    net = network(backbone)
    features(net, filled(TEXTS, 12)).square().sum().backward()
    weight = net.get_parameter("stages.embedding.vectors.weight")
    assert weight.grad is not None
    assert not weight[0].any() and not weight.grad[0].any()
    assert set(weight.grad.any(1).nonzero()[:, 0].tolist()) == {token for text in TEXTS for token in text}


@pytest.mark.parametrize("backbone", BACKBONES[:2], ids=lambda backbone: backbone.name)
def test_the_order_of_words_counts(backbone: Any) -> None:
    net = network(backbone)
    one, other = features(net, torch.tensor([[4, 9, 2, 8]])), features(net, torch.tensor([[9, 4, 8, 2]]))
    assert not torch.allclose(one, other)


@every_backbone
def test_a_token_beyond_the_vocabulary_is_one_sentence(backbone: Any) -> None:
    with pytest.raises(ValueError, match=r"^token 52 has no vector in a network of 50 words; give it as many as"):
        features(network(backbone), torch.tensor([[51, 52]]))


def test_the_cnn_takes_the_largest_over_every_window_that_holds_a_word() -> None:
    net = network(BACKBONES[0])
    found = features(net, filled(TEXTS, 9))
    vectors = net.get_parameter("stages.embedding.vectors.weight")
    for i, text in enumerate(TEXTS):
        expected = []
        for k, size in enumerate((3, 4, 5)):
            weight = net.get_parameter(f"stages.hidden.filters.{k}.weight")
            bias = net.get_parameter(f"stages.hidden.filters.{k}.bias")
            padded = [0] * (size - 1) + text + [0] * (size - 1)
            windows = [vectors[padded[p : p + size]].T for p in range(len(text) + size - 1)]
            values = torch.stack([(weight * window).sum((1, 2)) + bias for window in windows])
            expected.append(values.relu().amax(0))
        torch.testing.assert_close(found[i], torch.cat(expected))


def test_the_lstm_gives_the_state_after_the_last_word() -> None:
    net = network(BACKBONES[1])
    hidden = net.stages["hidden"]
    lstm = hidden.get_submodule("lstm")
    assert isinstance(lstm, nn.LSTM)
    tokens, lengths = filled(TEXTS, 9), torch.tensor([len(text) for text in TEXTS])
    vectors = net.get_parameter("stages.embedding.vectors.weight")[tokens]
    _, (last, _) = lstm(pack_padded_sequence(vectors, lengths, batch_first=True, enforce_sorted=False))
    torch.testing.assert_close(features(net, tokens), last[0])


def test_the_memory_network_reads_by_attention_text_by_text() -> None:
    net = network(BACKBONES[2])
    hidden = net.stages["hidden"]
    assert isinstance(hidden, WordAttention)
    with torch.no_grad():
        hidden.query.uniform_(-2, 2)
    found, weights = hidden.read(net.stages["embedding"](filled(TEXTS, 9)))
    vectors, (weight, bias) = net.get_parameter("stages.embedding.vectors.weight"), hidden.project.parameters()
    for i, text in enumerate(TEXTS):
        memory = [torch.tanh(weight @ vectors[token] + bias) for token in text]
        query: Tensor = hidden.query
        for _ in range(3):
            scores = torch.stack([(one * query).sum() for one in memory]).exp()
            shares = scores / scores.sum()
            read = torch.stack([share * one for share, one in zip(shares, memory, strict=True)]).sum(0)
            query = query + read
        torch.testing.assert_close(found[i], read)
        torch.testing.assert_close(weights[i, : len(text)], shares)
        assert not weights[i, len(text) :].any()


def test_a_memory_network_reads_at_least_once() -> None:
    with pytest.raises(ValueError, match=r"^a memory network reads 0 times; give 1 hop or more$"):
        MemoryNetwork(hops=0)


def test_random_vectors_are_about_as_wide_as_published_ones() -> None:
    seed_everything(0, "weights")
    weight = WordEmbedding(1000, 100).vectors.weight.detach()
    assert weight.shape == (1002, 100)
    assert 0.24 < float(weight[1:].abs().max()) <= 0.25
