"""The lines that load a network of texts: with the encoder below it that the comparison had."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import save_file
from torch import nn

from mtl_bench.datasets.minilm import MiniLM
from mtl_bench.datasets.synthetic import SyntheticTexts
from mtl_bench.datasets.text_table import TextTable
from mtl_bench.datasets.wrappers.bag_of_words import LENGTH
from mtl_bench.datasets.wrappers.transductive import Transductive
from mtl_bench.execution.deliver_texts import loading
from mtl_bench.plans.comparison import MethodComparison
from mtl_bench.trials.encoded import Encoded, encoded, network_of
from tests.trials.test_encoded import package  # noqa: F401

TEXTS = ["word by word", "a wording!"]


@pytest.mark.slow
def test_a_network_above_a_published_encoder(
    package: Path,  # noqa: F811
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    head = nn.Sequential(nn.Linear(12, 4), nn.ReLU(), nn.Linear(4, 2))
    code, about, more = loading(
        Transductive(Encoded(SyntheticTexts(), MiniLM(), norm=10.0), "all"), "model.safetensors"
    )
    told = {**about, "head": [["Linear", 12, 4], ["ReLU"], ["Linear", 4, 2]], "classes": ["bad", "good"]}
    save_file({**head.state_dict(), **more}, "model.safetensors", {name: json.dumps(v) for name, v in told.items()})
    loaded: dict[str, Any] = {}
    exec(code, loaded)
    tokens = MiniLM().tokens(TEXTS)
    net = network_of(MiniLM())
    with torch.no_grad():
        expected = head(10 * torch.from_numpy(encoded(net, tokens, np.arange(2), "cpu")))
    assert torch.allclose(loaded["logits"](TEXTS), expected, atol=1e-5)
    assert loaded["classes"] == ["bad", "good"]


def test_a_comparison_by_an_encoder_learns_from_its_vectors() -> None:
    one, other = (TextTable(name, ("bad", "good"), "0" * 64, f"{name}.csv") for name in ("books", "kitchen"))
    [run] = MethodComparison(one, other, MiniLM(), 384).runs("DANN", (200,))
    for data in (*run.sources, run.target):
        assert isinstance(data, Transductive) and isinstance(data.of, Encoded)
        assert data.of.encoder == MiniLM()
        assert data.of.norm == LENGTH  # a network learns nothing of rows of length 1 in so many steps
