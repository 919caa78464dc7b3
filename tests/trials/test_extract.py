"""Features of images by a network with published weights, whatever stops it on the way."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from mtl_bench.trials.extract import Extract
from PIL import Image

from mtl_bench.core.trial import Work, key
from mtl_bench.datasets.synthetic import Array, SyntheticImages
from mtl_bench.models.pretrained import Pretrained
from mtl_bench.trials import extract
from tests.trials.domains import Poisoned

DOMAIN = SyntheticImages(tint=0.4, train=11, test=3)


def features(trial: Extract, folder: Path) -> Array:
    folder.mkdir(exist_ok=True)
    assert trial.run(Work(folder, "cpu")) == {"images": 11, "width": 1280}
    assert [path.name for path in folder.iterdir()] == ["features.npz"]
    with np.load(folder / "features.npz", allow_pickle=False) as file:
        assert file.files == ["features"]
        return np.asarray(file["features"])


def test_each_row_is_the_networks_output_for_that_image(tmp_path: Path) -> None:
    found = features(Extract(DOMAIN, split="train"), tmp_path)
    assert found.dtype == np.float32
    net, transform = Pretrained().network()
    for i in (0, 7, 10):
        image = Image.fromarray(np.moveaxis(DOMAIN.inputs("train")[i], 0, -1))
        with torch.inference_mode():
            expected = net(transform(image)[None])[0].numpy()
        assert found[i] == pytest.approx(expected, abs=1e-4)


def test_labels_are_not_read(tmp_path: Path) -> None:
    trial = Extract(Poisoned(DOMAIN), split="train")
    assert features(trial, tmp_path).shape == (11, 1280)
    assert Extract(DOMAIN, split="train").labels().tolist() == DOMAIN.labels("train").tolist()


def test_a_stopped_run_goes_on_after_its_last_chunk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(extract, "CHUNK", 4)
    whole = features(Extract(DOMAIN, split="train"), tmp_path / "whole")
    folder = tmp_path / "stopped"
    folder.mkdir()
    calls = 0

    def stop(fraction: float, text: str) -> None:
        nonlocal calls
        calls += 1
        if calls == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        Extract(DOMAIN, split="train").run(replace(Work(folder, "cpu"), progress=stop))
    assert sorted(path.name for path in folder.iterdir()) == ["chunk-0.npy", "chunk-4.npy"]
    seen: list[int] = []
    original = extract.features_of
    monkeypatch.setattr(extract, "features_of", lambda images, *a: seen.append(len(images)) or original(images, *a))  # type: ignore[func-returns-value]
    assert np.array_equal(features(Extract(DOMAIN, split="train"), folder), whole)
    assert seen == [3]


def test_grey_images_are_as_good_as_colour(tmp_path: Path) -> None:
    net, transform = Pretrained().network()
    grey = DOMAIN.inputs("train")[:2, :1]
    colour = np.repeat(grey, 3, 1)
    one, other = (extract.features_of(x, net, transform, "cpu") for x in (grey, colour))
    assert np.array_equal(one, other)


def test_the_backbone_and_the_split_are_in_the_key() -> None:
    trials = (Extract(DOMAIN), Extract(DOMAIN, Pretrained("resnet18")), Extract(DOMAIN, split="train"))
    assert len({key(trial) for trial in trials}) == 3
