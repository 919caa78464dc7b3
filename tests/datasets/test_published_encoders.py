"""Encoders that were published: trusted files, and texts that become what their authors' networks were taught on."""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.numpy import save_file
from torch.nn import functional as F

from mtl_bench.datasets import bert
from mtl_bench.datasets.bert import BERT
from mtl_bench.datasets.elmo import ELMo
from mtl_bench.datasets.files.placed import DataError
from mtl_bench.datasets.files.published_encoder import WEIGHTS
from mtl_bench.datasets.gpt import GPT
from mtl_bench.models.sentence_encoder import SentenceEncoder
from mtl_bench.trials.encoded import network_of
from tests.trials.test_encoded import CONFIGURATION, random_weights, reference

OLD = {"weight": "gamma", "bias": "beta"}
LETTERS = ("a", "b", "c", "d", "a</w>", "b</w>", "c</w>", "d</w>")


def published(name: str) -> str:
    """As in the file on the hub: names of the whole network, and old ones of layer norms."""
    below, _, last = name.rpartition(".")
    return f"bert.{below}.{OLD[last]}" if "LayerNorm" in below else f"bert.{name}"


@pytest.mark.slow
def test_bert_is_read_from_the_file_of_its_authors_library(tmp_path: Path) -> None:
    heads = {"cls.predictions.bias": np.ones(3, np.float32)}
    save_file({published(name): value for name, value in random_weights().items()} | heads, tmp_path / WEIGHTS)
    (tmp_path / "config.json").write_text(json.dumps(CONFIGURATION))
    tokens = torch.tensor([[3, 9, 20, 4], [3, 30, 4, 0]])
    torch.testing.assert_close(SentenceEncoder(tmp_path)(tokens), reference(tokens), rtol=1e-4, atol=1e-5)


def test_berts_files_are_of_one_commit_and_trusted_by_their_digests() -> None:
    assert {file.name for file in BERT.files} == {"model.safetensors", "vocab.txt", "config.json"}
    for file in BERT.files:
        [source] = file.sources
        assert source.endswith(f"/{file.name}") and bert.COMMIT in source
        assert file.trust(source) == "sha256"


def test_weights_of_gpt_and_what_cuts_its_words_are_trusted_by_their_digests() -> None:
    trusted = {file.name for file in GPT.files if file.trust() == "sha256"}
    assert trusted == {"model.safetensors", "vocab.json", "merges.txt"}


@pytest.fixture
def small_gpt(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An encoder of the same files, of two layers and eight letters that merge once."""
    from transformers import OpenAIGPTConfig, OpenAIGPTModel

    torch.manual_seed(0)
    pieces = ["<unk>", *LETTERS, "ab</w>"]
    configuration = OpenAIGPTConfig(vocab_size=len(pieces), n_embd=12, n_layer=2, n_head=3, n_positions=16)
    OpenAIGPTModel(configuration).save_pretrained(tmp_path)
    (tmp_path / "vocab.json").write_text(json.dumps({piece: i for i, piece in enumerate(pieces)}))
    (tmp_path / "merges.txt").write_text("#version: 0.2\na b</w>\n")
    monkeypatch.setattr(GPT, "_place", lambda self: tmp_path)
    return tmp_path


@pytest.mark.slow
@pytest.mark.usefixtures("small_gpt")
def test_gpt_merges_letters_and_an_empty_text_is_one_unknown_piece() -> None:
    place = {piece: i + 1 for i, piece in enumerate(["<unk>", *LETTERS, "ab</w>"])}
    tokens = GPT().tokens(["AB cab", "", "dad"])
    assert tokens[0:1].tolist() == [[place[piece] for piece in ("ab</w>", "c", "ab</w>")]]
    assert tokens[1:2].tolist() == [[place["<unk>"]]]
    assert len(GPT(length=2).tokens(["a b c d"])[0:1][0]) == 2


@pytest.mark.slow
def test_gpt_reads_from_the_left_to_the_right_and_a_sentence_is_the_mean_of_its_pieces(small_gpt: Path) -> None:
    from transformers import AutoModel

    net, tokens = network_of(GPT()), torch.tensor([[10, 4, 10, 2], [4, 3, 0, 0]])
    found, one = net(tokens), AutoModel.from_pretrained(small_gpt)
    for text, vector in zip(tokens, found, strict=True):
        said = one(input_ids=text[text > 0][None] - 1).last_hidden_state[0]
        torch.testing.assert_close(vector, F.normalize(said.mean(0), dim=0))
    shorter = one(input_ids=tokens[:1, :3] - 1).last_hidden_state
    torch.testing.assert_close(shorter, one(input_ids=tokens[:1] - 1).last_hidden_state[:, :3])


def test_elmo_reads_bytes_of_words_between_marks() -> None:
    [row] = ELMo(length=2).tokens(["Né! and more"])[:].reshape(1, 4, 50)
    begin, word, mark, end = (row[i] - 1 for i in range(4))
    assert begin.tolist() == [258, 256, 259, *[260] * 47]
    assert word.tolist() == [258, *"Né".encode(), 259, *[260] * 45]
    assert mark.tolist() == [258, ord("!"), 259, *[260] * 47]
    assert end.tolist() == [258, 257, 259, *[260] * 47]
    assert ELMo().tokens([" "])[:].reshape(3, 50)[1].tolist() == [259, 260, *[261] * 48]
    long = ELMo().tokens(["x" * 60])[:].reshape(3, 50)[1] - 1
    assert long.tolist() == [258, *[ord("x")] * 48, 259]


@pytest.mark.parametrize(("encoder", "library", "extra"), [(BERT(), "transformers", "hub"), (ELMo(), "h5py", "h5")])
def test_without_the_library_it_says_how_to_have_it(
    encoder: BERT | ELMo, library: str, extra: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, library, None)
    sentence = f"{encoder.name} is read by the library {library}, which is not installed; "
    sentence += f"pip install 'mtl-bench[{extra}]'"
    with pytest.raises(DataError, match=f"^{re.escape(sentence)}$"):
        encoder.place()
