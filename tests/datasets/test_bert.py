"""BERT's files as its authors' library wrote them: names of the whole network, and old ones of layer norms."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import save_file

from mtl_bench.datasets.bert import BERT, FILES
from tests.trials.test_encoded import random_weights

OLD = {"weight": "gamma", "bias": "beta"}


def published(name: str) -> str:
    """As in the file on the hub."""
    below, _, last = name.rpartition(".")
    return f"bert.{below}.{OLD[last]}" if "LayerNorm" in below else f"bert.{name}"


def test_weights_have_the_names_of_an_encoder_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    weights = random_weights()
    path = tmp_path / "model.safetensors"
    save_file({published(name): value for name, value in weights.items()} | {"cls.predictions.bias": np.ones(3)}, path)
    monkeypatch.setattr(BERT, "place", lambda self, name: path)
    found = BERT().weights()
    assert set(found) == {*weights, "cls.predictions.bias"}
    assert all(np.array_equal(found[name], value) for name, value in weights.items())


def test_each_file_is_of_one_commit_and_trusted_by_its_digest() -> None:
    assert set(FILES) == {"model.safetensors", "vocab.txt", "config.json"}
    for name, file in FILES.items():
        [source] = file.sources
        assert source.endswith(f"/{name}") and "86b5e0934494bd15c9632b12f734a8a67f723594" in source
        assert file.trust(source) == "sha256"
