"""What a comparison of texts leaves: the lines that load its network, and texts that it is sure of or not."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd
import torch
from torch import Tensor

from mtl_bench.datasets.text_table import TextTable
from mtl_bench.datasets.wrappers.bag_of_words import LENGTH, BagOfWords
from mtl_bench.datasets.wrappers.part import Part
from mtl_bench.disk import write_atomically
from mtl_bench.trials.contracts import DataSet
from mtl_bench.trials.encoded import Encoded

WORDS_CODE = """import torch
from safetensors import safe_open
from sklearn.feature_extraction.text import TfidfVectorizer

with safe_open("{model}", "pt") as file:
    about = {{name: json.loads(text) for name, text in file.metadata().items()}}
    weights = {{name: file.get_tensor(name) for name in file.keys()}}
vectorizer = TfidfVectorizer(
    vocabulary=about["words"], token_pattern=about["pattern"], ngram_range=(1, 2), sublinear_tf=True
)
vectorizer.idf_ = weights.pop("idf").numpy()


def features(texts):
    return torch.from_numpy({length} * vectorizer.transform(texts).toarray()).float()
"""
ENCODER_CODE = """import numpy as np
import torch
from {module} import {kind}
from mtl_bench.trials.encoded import encoded, network_of
from safetensors import safe_open

with safe_open("{model}", "pt") as file:
    about = {{name: json.loads(text) for name, text in file.metadata().items()}}
    weights = {{name: file.get_tensor(name) for name in file.keys()}}
encoder = network_of({kind}())


def features(texts):
    tokens = {kind}().tokens(texts)
    return torch.from_numpy({length} * encoded(encoder, tokens, np.arange(len(tokens)), "cpu"))
"""
LOADING_CODE = '''"""The chosen network: texts to logits, in the order of `classes`."""

import json

{features}

head = torch.nn.Sequential(*(getattr(torch.nn, kind)(*sizes) for kind, *sizes in about["head"])).eval()
head.load_state_dict(weights)
classes = about["classes"]


def logits(texts):  # a list of str
    with torch.inference_mode():
        return head(features(texts))
'''


def loading(target: DataSet, model: str) -> tuple[str, dict[str, Any], dict[str, Tensor]]:
    """The code that loads the network above this domain, and what it needs: by name, and tensors by name."""
    while isinstance(target, Part):
        target = target.of
    if isinstance(target, Encoded):
        kind = type(target.encoder)
        features = ENCODER_CODE.format(model=model, length=target.norm, module=kind.__module__, kind=kind.__name__)
        return LOADING_CODE.format(features=features), {}, {}
    if not isinstance(target, BagOfWords):
        raise ValueError(f"{type(target).__name__} has no lines that load a network above it")
    made = target.vectorizer()
    code = LOADING_CODE.format(features=WORDS_CODE.format(model=model, length=LENGTH))
    about = {"words": made.get_feature_names_out().tolist(), "pattern": made.token_pattern}
    return code, about, {"idf": torch.from_numpy(made.idf_)}


def write_texts(path: Path, data: TextTable, shown: pd.DataFrame) -> None:
    """A table of these rows with their texts as they stand in the file."""
    texts = data.texts("all")
    table = shown.assign(text=[texts[row] for row in shown["row"]])
    write_atomically(path, table.to_csv(index=False, lineterminator="\n"))
