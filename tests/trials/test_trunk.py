"""Features of images by a network that stands still, whatever stops it on the way."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from mtl_bench.core.trial import Work, key
from mtl_bench.datasets.synthetic import SyntheticImages
from mtl_bench.inputs.rows import Array, digest
from mtl_bench.methods.deep.source_only import SourceOnly
from mtl_bench.models.pretrained import Pretrained
from mtl_bench.trials import trunk
from mtl_bench.trials.trunk import OfPretrained, Trunk
from mtl_bench.trials.weights import Weights
from tests.trials.domains import SOURCE, Poisoned, adaptation, run

DOMAIN = SyntheticImages(tint=0.4, train=11, test=3)


def features(trial: Trunk, folder: Path) -> Array:
    folder.mkdir(exist_ok=True)
    assert trial.run(Work(folder, "cpu")) == {"rows": 11, "width": 1280}
    assert [path.name for path in folder.iterdir()] == ["train.npy"]
    return np.asarray(np.load(folder / "train.npy", allow_pickle=False))


@pytest.mark.slow
def test_each_row_is_the_networks_output_for_that_image(tmp_path: Path) -> None:
    found = features(Trunk(DOMAIN, splits=("train",)), tmp_path)
    assert found.dtype == np.float32
    net, transform = Pretrained().network()
    for i in (0, 7, 10):
        image = Image.fromarray(np.moveaxis(DOMAIN.inputs("train")[i], 0, -1))
        with torch.inference_mode():
            expected = net(transform(image)[None])[0].numpy()
        assert found[i] == pytest.approx(expected, abs=1e-4)


@pytest.mark.slow
def test_each_split_is_a_file_and_the_record_names_what_was_read(tmp_path: Path) -> None:
    work = Work(tmp_path, "cpu")
    assert Trunk(DOMAIN, splits=("train", "test")).run(work) == {"rows": 14, "width": 1280}
    assert sorted(path.name for path in tmp_path.iterdir()) == ["test.npy", "train.npy"]
    assert np.load(tmp_path / "test.npy", allow_pickle=False).shape == (3, 1280)
    assert work.data == {f"{DOMAIN.name} {s} inputs": digest(DOMAIN.inputs(s)) for s in ("train", "test")}


@pytest.mark.slow
def test_labels_are_not_read(tmp_path: Path) -> None:
    trial = Trunk(Poisoned(DOMAIN), splits=("train",))
    assert features(trial, tmp_path).shape == (11, 1280)
    assert Trunk(DOMAIN, splits=("train",)).labels("train").tolist() == DOMAIN.labels("train").tolist()


@pytest.mark.slow
def test_a_stopped_run_goes_on_after_its_last_chunk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trunk, "CHUNK", 4)
    whole = features(Trunk(DOMAIN, splits=("train",)), tmp_path / "whole")
    folder = tmp_path / "stopped"
    folder.mkdir()
    calls = 0

    def stop(fraction: float, text: str) -> None:
        nonlocal calls
        calls += 1
        if calls == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        Trunk(DOMAIN, splits=("train",)).run(replace(Work(folder, "cpu"), progress=stop))
    assert sorted(path.name for path in folder.iterdir()) == ["chunk-train-0", "chunk-train-4"]
    seen: list[int] = []
    original = OfPretrained.__call__

    def noted(extract: OfPretrained, images: Array) -> Array:
        seen.append(len(images))
        return original(extract, images)

    monkeypatch.setattr(OfPretrained, "__call__", noted)
    damaged = tmp_path / "damaged"
    shutil.copytree(folder, damaged)
    assert np.array_equal(features(Trunk(DOMAIN, splits=("train",)), folder), whole)
    assert seen == [3]
    content = bytearray((damaged / "chunk-train-0").read_bytes())
    content[-5] ^= 1
    (damaged / "chunk-train-0").write_bytes(content)
    with pytest.warns(UserWarning, match="chunk-train-0 was damaged and is removed; what it held is computed again"):
        assert np.array_equal(features(Trunk(DOMAIN, splits=("train",)), damaged), whole)
    assert seen == [3, 4, 3]


def test_grey_images_are_as_good_as_colour(tmp_path: Path) -> None:
    extract = OfPretrained(Pretrained(), "cpu")
    grey = DOMAIN.inputs("train")[:2, :1]
    colour = np.repeat(grey, 3, 1)
    one, other = (extract(x) for x in (grey, colour))
    assert np.array_equal(one, other)


def test_the_backbone_and_the_split_are_in_the_key() -> None:
    trials = (Trunk(DOMAIN), Trunk(DOMAIN, Pretrained("resnet18")), Trunk(DOMAIN, splits=("train",)))
    assert len({key(trial) for trial in trials}) == 3


def test_the_last_hidden_layer_is_what_the_logits_are_made_of(tmp_path: Path) -> None:
    learnt = replace(adaptation(), method=SourceOnly())
    run(learnt, tmp_path / "learnt")
    work = Work(tmp_path, "cpu", artifact_of=lambda trial, name: tmp_path / "learnt" / name)
    trial = Trunk(SOURCE, Weights(learnt), ("test",), layer="last hidden")
    assert trial.run(work) == {"rows": 12, "width": 100}
    hidden = torch.from_numpy(np.load(tmp_path / "test.npy", allow_pickle=False))
    learner = Weights(learnt).learner(work)
    with torch.no_grad():
        logits = learner.predict(torch.from_numpy(SOURCE.inputs("test")), SOURCE.name)
        last = list(learner.classifier.children())[-1]
        torch.testing.assert_close(last(hidden), logits, rtol=1e-4, atol=1e-5)


def test_the_features_keep_their_key_and_the_layers_have_two() -> None:
    plain = Trunk(SOURCE, Weights(adaptation()), ("test",))
    assert key(plain) == key(replace(plain, layer="features"))
    assert key(plain) != key(replace(plain, layer="last hidden"))


def test_a_layer_that_a_network_has_not_is_refused() -> None:
    with pytest.raises(ValueError, match='has no classifier here; take layer="features"'):
        Trunk(DOMAIN, layer="last hidden")
    with pytest.raises(ValueError, match=r"there is no layer 'fc7'; choose one of features \| last hidden"):
        Trunk(DOMAIN, Weights(adaptation()), layer="fc7")  # type: ignore[arg-type]
