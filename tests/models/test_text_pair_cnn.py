"""A network of pairs: both texts by the same filters, and what only fills or separates has no influence."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

from mtl_bench.datasets.synthetic import SyntheticTexts
from mtl_bench.datasets.wrappers.words import Words
from mtl_bench.inputs.texts import BETWEEN, SEPARATOR, most_frequent, words_of
from mtl_bench.models.network import Network
from mtl_bench.models.text_cnn import TextCNN
from mtl_bench.models.text_pair_cnn import FIRST, SECOND, PairEmbedding, TextPairCNN, text
from mtl_bench.training.seeding import seed_everything

NET = TextPairCNN(words=50, width=6, sizes=(2, 3), filters=5, units=7)
PAIRS = [[[7, 5], [3, 1, 9]], [[4, 9, 51, 8, 8, 30], [10]], [[5], [6, 7, 8, 9, 10, 11, 12]]]


def network() -> Network:
    """With biases that a filter of filling alone would show."""
    seed_everything(0, "weights")
    net = Network(NET, ("a",))
    with torch.no_grad():
        for name, value in net.named_parameters():
            if "bias" in name:
                value.uniform_(0.5, 1.0)
    return net


def tokens(pairs: list[list[list[int]]], length: int) -> Tensor:
    rows = [[*one, BETWEEN, *other] for one, other in pairs]
    return torch.tensor([row + [0] * (length - len(row)) for row in rows])


def hidden(net: Network, x: Tensor) -> Tensor:
    found: Tensor = net({"a": x})["a"]["hidden"]
    return found


def test_features_are_those_of_each_text_by_itself() -> None:
    net = network()
    stage = net.stages["hidden"]
    assert isinstance(stage, nn.Sequential)
    alone = TextCNN(words=50, width=6, sizes=(2, 3), filters=5).stages()
    alone["embedding"].load_state_dict(net.stages["embedding"].state_dict())
    alone["hidden"].load_state_dict(stage[0].encoder.state_dict())  # type: ignore[union-attr]
    linear = stage[1]
    for pair, found in zip(PAIRS, hidden(net, tokens(PAIRS, 12)), strict=True):
        u, v = (alone["hidden"](alone["embedding"](torch.tensor([one])))[0] for one in pair)
        expected = linear(torch.cat([u, v, (u - v).abs(), u * v])).relu()
        torch.testing.assert_close(found, expected)


def test_what_fills_has_no_influence_and_learns_nothing() -> None:
    net = network()
    alone = torch.cat([hidden(net, tokens([pair], 3 + sum(map(len, pair)) - 2)) for pair in PAIRS])
    for length in (9, 12, 30):
        torch.testing.assert_close(hidden(net, tokens(PAIRS, length)), alone)
    alone.square().sum().backward()
    weight = net.get_parameter("stages.embedding.vectors.weight")
    assert weight.grad is not None
    assert not weight.grad[0].any() and not weight.grad[BETWEEN].any()


def test_which_text_is_first_counts() -> None:
    net = network()
    swapped = [[other, one] for one, other in PAIRS]
    assert not torch.allclose(hidden(net, tokens(PAIRS, 12)), hidden(net, tokens(swapped, 12)))


def test_texts_come_apart_with_their_words_in_order() -> None:
    embedding = PairEmbedding(50, 4)
    found = embedding(tokens(PAIRS, 12))
    for mark, place in ((FIRST, 0), (SECOND, 1)):
        own = text(found, mark)
        assert own.shape[1] == max(len(pair[place]) for pair in PAIRS)
        for row, pair in zip(own, PAIRS, strict=True):
            count = len(pair[place])
            torch.testing.assert_close(row[:count, :-1], embedding.vectors(torch.tensor(pair[place])))
            assert row[:, -1].tolist() == [1.0] * count + [0.0] * (len(row) - count)


def test_a_text_without_another_is_a_first_one_alone() -> None:
    net = network()
    found = hidden(net, torch.tensor([[4, 9, 8], [4, 9, BETWEEN]]))
    assert found.shape == (2, 7) and bool(found.isfinite().all())


def test_words_of_pairs_have_the_separator_at_the_token_that_it_knows() -> None:
    data = SyntheticTexts(pairs=True)
    words = Words(data, (data,), most_words=20)
    assert words.words()[BETWEEN - 2] == SEPARATOR
    assert bool(((words.inputs("train")[:] == BETWEEN).sum(1) == 1).all())
    assert most_frequent([["a", "a", "b"]], 2) == ("a", "b")
    assert most_frequent(map(words_of, [f"a a a{SEPARATOR}a b"]), 2) == (SEPARATOR, "a")


@pytest.mark.parametrize("words", [10])
def test_a_token_beyond_the_vocabulary_is_one_sentence(words: int) -> None:
    with pytest.raises(ValueError, match=r"^token 12 has no vector in a network of 10 words; give it as many as"):
        PairEmbedding(words, 4)(torch.tensor([[3, 12]]))
