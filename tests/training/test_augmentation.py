"""Random crops and mirrors: of each image its own, windows of it and nothing else, and resumed bit for bit."""

from __future__ import annotations

import random
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from mtl_bench.inputs.rows import Array
from mtl_bench.training import loop
from mtl_bench.training.augmentation import Augmentation, CropAndFlip, Flip
from mtl_bench.training.domain_data import DomainData
from tests.models.backbones import images
from tests.training.runs import CASES, STEPS, train

ALL: tuple[Augmentation, ...] = (CropAndFlip(8), Flip())
every_augmentation = pytest.mark.parametrize("augmentation", ALL, ids=lambda a: type(a).__name__)


def pixels(*given: Any) -> Array:
    return np.asarray(images(*given).numpy())


def windows(image: Array, size: int) -> dict[bytes, tuple[int, int, bool]]:
    """Every window of an image (C, H, W), mirrored or not, to where it lies."""
    found = {}
    for top in range(image.shape[1] - size + 1):
        for left in range(image.shape[2] - size + 1):
            window = image[:, top : top + size, left : left + size]
            found[window.tobytes()] = (top, left, False)
            found[window[:, :, ::-1].tobytes()] = (top, left, True)
    return found


def test_every_window_comes_mirrored_or_not_and_about_equally_often() -> None:
    (one,) = pixels(1, 0, (3, 10, 11))
    known = windows(one, 8)
    assert len(known) == 3 * 4 * 2
    taken = CropAndFlip(8).random(np.stack([one] * 4800), np.random.default_rng(0))
    assert taken.shape == (4800, 3, 8, 8)
    assert taken.dtype == np.uint8
    counts = dict.fromkeys(known.values(), 0)
    for window in taken:
        counts[known[window.tobytes()]] += 1  # a KeyError if it is no window of the image
    assert min(counts.values()) > 140 and max(counts.values()) < 260, "200 each, give or take four deviations"


def test_a_batch_holds_windows_of_its_own_images_in_their_order() -> None:
    given = pixels(30, 1, (3, 12, 12))
    for image, window in zip(given, CropAndFlip(8).random(given, np.random.default_rng(0)), strict=True):
        assert window.tobytes() in windows(image, 8)


def test_each_image_is_mirrored_for_itself() -> None:
    (one,) = pixels(1, 0)
    found = Flip().random(np.stack([one] * 400), np.random.default_rng(0))
    mirrored = sum(np.array_equal(image, one[:, :, ::-1]) for image in found)
    assert mirrored + sum(np.array_equal(image, one) for image in found) == 400
    assert 150 < mirrored < 250


@every_augmentation
def test_the_generator_decides_and_nothing_else_does(augmentation: Augmentation) -> None:
    given = pixels(20, 2, (1, 12, 12))
    before = given.copy()
    given.flags.writeable = False  # as memory-mapped pixels are
    found = []
    for seed, other in ((0, 5), (0, 6), (1, 6)):
        torch.manual_seed(other)
        random.seed(other)
        np.random.seed(other)  # noqa: NPY002
        state = torch.get_rng_state()
        found.append(augmentation.random(given, np.random.default_rng(seed)))
        assert torch.equal(torch.get_rng_state(), state), "dropout would draw other numbers"
    assert np.array_equal(found[0], found[1])
    assert not np.array_equal(found[1], found[2])
    assert np.array_equal(given, before)


@every_augmentation
def test_in_evaluation_an_image_is_always_alike(augmentation: Augmentation) -> None:
    given, state = pixels(3, 0, (3, 11, 12)), torch.get_rng_state()
    found = augmentation.eval_transform(given)
    assert torch.equal(torch.get_rng_state(), state)
    middle = given[:, :, 2:10, 2:10] if isinstance(augmentation, CropAndFlip) else given
    assert np.array_equal(found, middle)


def test_caffes_middle_of_256_pixels_starts_at_14() -> None:
    given = np.broadcast_to(np.arange(256, dtype=np.uint8), (1, 1, 256, 256))
    assert CropAndFlip(227).eval_transform(given)[0, 0, 0].tolist() == list(range(14, 14 + 227))


@pytest.mark.parametrize("shape", [(3, 7, 12), (3, 12, 7)])
def test_an_image_smaller_than_the_window_is_one_sentence(shape: tuple[int, ...]) -> None:
    for change in (lambda x: CropAndFlip(8).random(x, np.random.default_rng(0)), CropAndFlip(8).eval_transform):
        with pytest.raises(ValueError, match=r"images of \d+ × \d+ pixels have no window of 8; give the data set"):
            change(pixels(2, 0, shape))


def test_a_domain_changes_its_images_and_keeps_their_labels_beside_them() -> None:
    stored = pixels(9, 3, (3, 12, 12))
    data = DomainData(stored, np.arange(9), augmentation=CropAndFlip(8))
    seen: dict[int, set[bytes]] = {}
    for step in range(9):
        batch = data.at(step, 4, 0, "a", "cpu")
        plain = DomainData(stored, np.arange(9)).at(step, 4, 0, "a", "cpu")
        assert batch.labels is not None and plain.labels is not None
        assert batch.labels.tolist() == plain.labels.tolist(), "the order is that of the images as they are"
        for image, label in zip(batch.inputs.numpy(), batch.labels.tolist(), strict=True):
            assert image.tobytes() in windows(stored[label], 8)
            seen.setdefault(label, set()).add(image.tobytes())
    assert len(seen) == 9 and max(map(len, seen.values())) > 1, "the same image is seen in more than one way"
    unlabelled = DomainData(stored, None, target=True, augmentation=Flip()).at(0, 4, 0, "a", "cpu")
    assert unlabelled.labels is None and unlabelled.target


def test_a_batch_is_a_function_of_its_step() -> None:
    """So that a resumed run sees what the whole one saw, whatever was drawn before."""
    data = DomainData(pixels(9, 3, (3, 12, 12)), np.arange(9), augmentation=CropAndFlip(8))
    forwards = [data.at(step, 4, 0, "a", "cpu").inputs for step in range(6)]
    torch.rand(3)
    backwards = [data.at(step, 4, 0, "a", "cpu").inputs for step in reversed(range(6))][::-1]
    assert all(torch.equal(one, other) for one, other in zip(forwards, backwards, strict=True))
    epochs = DomainData(np.stack([pixels(1, 3, (3, 12, 12))[0]] * 4), None, augmentation=CropAndFlip(8))
    base = epochs.at(0, 4, 0, "a", "cpu").inputs
    for step, seed, name in ((1, 0, "a"), (0, 1, "a"), (0, 0, "b")):
        assert not torch.equal(epochs.at(step, 4, seed, name, "cpu").inputs, base)


class StoppedError(Exception):
    """Stands for a kill: nothing after it runs."""


@pytest.mark.slow
def test_stopped_and_resumed_is_bit_for_bit_the_uninterrupted_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    case, (whole, stopped) = CASES["dropout, running averages and Adam"], (tmp_path / "whole", tmp_path / "stopped")
    data = {
        "source": DomainData(pixels(13, 0, (3, 11, 12)), np.arange(13) % 3, augmentation=CropAndFlip(8)),
        "target": DomainData(pixels(17, 1), None, target=True, augmentation=Flip()),
    }
    whole.mkdir()
    stopped.mkdir()
    expected = train(case, whole, data=data)
    seen: list[str] = []

    def progress(fraction: float, text: str) -> None:
        seen.append(text)
        if len(seen) == STEPS // 2:
            raise StoppedError

    monkeypatch.setattr(loop, "SAVE_EVERY", 0.0)
    with pytest.raises(StoppedError):
        train(case, stopped, progress, data=data)
    torch.rand(3)  # what the process did before must not matter
    np.random.seed(99)  # noqa: NPY002
    resumed = train(case, stopped, lambda fraction, text: seen.append(text), data=data)
    assert len(seen) == STEPS, "it did not go on from the resume state"
    for name, value in expected.items():
        assert torch.equal(resumed[name], value), f"{name} differs"
    plain = train(case, whole, data={**data, "source": DomainData(pixels(13, 0), np.arange(13) % 3)})
    assert any(not torch.equal(plain[name], value) for name, value in expected.items())


def test_no_vision_library_is_imported() -> None:
    code = "import sys, mtl_bench.training.augmentation; print('torchvision' in sys.modules)"
    root = Path(__file__).parents[2]
    printed = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=root)
    assert printed.stdout.strip() == "False"
