"""Random crops and mirrors: of each image its own, windows of it and nothing else, and resumed bit for bit."""

from __future__ import annotations

import random
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor

from mtl_bench.training import loop
from mtl_bench.training.augmentation import Augmentation, Augmented, CropAndFlip, Flip
from mtl_bench.training.loop import DomainData
from tests.models.backbones import images
from tests.training.runs import CASES, STEPS, train

ALL: tuple[Augmentation, ...] = (CropAndFlip(8), Flip())
every_augmentation = pytest.mark.parametrize("augmentation", ALL, ids=lambda a: type(a).__name__)


def windows(image: Tensor, size: int) -> dict[bytes, tuple[int, int, bool]]:
    """Every window of an image (C, H, W), mirrored or not, to where it lies."""
    found = {}
    for top in range(image.shape[1] - size + 1):
        for left in range(image.shape[2] - size + 1):
            window = image[:, top : top + size, left : left + size]
            found[window.numpy().tobytes()] = (top, left, False)
            found[window.flip(2).numpy().tobytes()] = (top, left, True)
    return found


def test_every_window_comes_mirrored_or_not_and_about_equally_often() -> None:
    torch.manual_seed(0)
    (one,) = images(1, 0, (3, 10, 11))
    known = windows(one, 8)
    assert len(known) == 3 * 4 * 2
    taken = CropAndFlip(8).random(one.repeat(4800, 1, 1, 1))
    assert taken.shape == (4800, 3, 8, 8)
    assert taken.dtype == torch.uint8
    counts = dict.fromkeys(known.values(), 0)
    for window in taken:
        counts[known[window.numpy().tobytes()]] += 1  # a KeyError if it is no window of the image
    assert min(counts.values()) > 140 and max(counts.values()) < 260, "200 each, give or take four deviations"


def test_a_batch_holds_windows_of_its_own_images_in_their_order() -> None:
    torch.manual_seed(0)
    given = images(30, 1, (3, 12, 12))
    for image, window in zip(given, CropAndFlip(8).random(given), strict=True):
        assert window.numpy().tobytes() in windows(image, 8)


def test_each_image_is_mirrored_for_itself() -> None:
    torch.manual_seed(0)
    (one,) = images(1, 0)
    found = Flip().random(one.repeat(400, 1, 1, 1))
    mirrored = sum(torch.equal(image, one.flip(2)) for image in found)
    assert mirrored + sum(torch.equal(image, one) for image in found) == 400
    assert 150 < mirrored < 250


@every_augmentation
def test_torchs_seed_decides_and_nothing_else_does(augmentation: Augmentation) -> None:
    given = images(20, 2, (1, 12, 12))
    before = given.clone()
    found = []
    for seed, other in ((0, 5), (0, 6), (1, 6)):
        torch.manual_seed(seed)
        random.seed(other)
        np.random.seed(other)  # noqa: NPY002
        found.append(augmentation.random(given))
    assert torch.equal(found[0], found[1])
    assert not torch.equal(found[1], found[2])
    assert torch.equal(given, before)


@every_augmentation
def test_what_is_fixed_draws_no_random_numbers(augmentation: Augmentation) -> None:
    given, state = images(3, 0, (3, 11, 12)), torch.get_rng_state()
    found = augmentation.fixed(given)
    assert torch.equal(torch.get_rng_state(), state)
    middle = given[:, :, 2:10, 2:10] if isinstance(augmentation, CropAndFlip) else given
    assert torch.equal(found, middle)


def test_caffes_middle_of_256_pixels_starts_at_14() -> None:
    given = torch.arange(256, dtype=torch.uint8).expand(1, 1, 256, 256)
    assert CropAndFlip(227).fixed(given)[0, 0, 0].tolist() == list(range(14, 14 + 227))


@pytest.mark.parametrize("shape", [(3, 7, 12), (3, 12, 7)])
def test_an_image_smaller_than_the_window_is_one_sentence(shape: tuple[int, int, int]) -> None:
    for change in (CropAndFlip(8).random, CropAndFlip(8).fixed):
        with pytest.raises(ValueError, match=r"images of \d+ × \d+ pixels have no window of 8; give the data set"):
            change(images(2, 0, shape))


def test_a_stream_changes_its_images_and_keeps_their_labels_beside_them() -> None:
    torch.manual_seed(0)
    stored = images(9, 3, (3, 12, 12)).numpy()
    chosen = np.array([4, 4, 0, 8])
    batch = Augmented(stored, np.arange(9), CropAndFlip(8)).batch(chosen, "cpu")
    assert batch.labels is not None and batch.labels.tolist() == chosen.tolist()
    for image, index in zip(batch.inputs, chosen, strict=True):
        assert image.numpy().tobytes() in windows(torch.from_numpy(stored[index]), 8)
    assert not torch.equal(batch.inputs[0], batch.inputs[1]), "the same image taken twice"
    assert Augmented(stored, None, Flip()).batch(chosen, "cpu").labels is None
    with pytest.raises(ValueError, match="a training domain has no images"):
        Augmented(stored[:0], None, Flip())


class StoppedError(Exception):
    """Stands for a kill: nothing after it runs."""


def test_stopped_and_resumed_is_bit_for_bit_the_uninterrupted_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    case, (whole, stopped) = CASES["dropout, running averages and Adam"], (tmp_path / "whole", tmp_path / "stopped")
    data: dict[str, DomainData] = {
        "source": Augmented(images(13, 0, (3, 11, 12)).numpy(), np.arange(13) % 3, CropAndFlip(8)),
        "target": Augmented(images(17, 1).numpy(), None, Flip()),
    }
    whole.mkdir()
    stopped.mkdir()
    expected = train(case, whole, data=data)
    seen: list[str] = []

    def progress(share: float, text: str) -> None:
        seen.append(text)
        if len(seen) == STEPS // 2:
            raise StoppedError

    monkeypatch.setattr(loop, "SAVE_EVERY", 0.0)
    with pytest.raises(StoppedError):
        train(case, stopped, progress, data=data)
    torch.rand(3)  # what the process did before must not matter
    np.random.seed(99)  # noqa: NPY002
    resumed = train(case, stopped, lambda share, text: seen.append(text), data=data)
    assert len(seen) == STEPS, "it went on from the resume_state"
    for name, value in expected.items():
        assert torch.equal(resumed[name], value), f"{name} differs"
    plain = train(case, whole, data={**data, "source": DomainData(images(13, 0).numpy(), np.arange(13) % 3)})
    assert any(not torch.equal(plain[name], value) for name, value in expected.items())


def test_torchvision_is_imported_when_it_is_needed() -> None:
    code = "import sys, mtl_bench.training.augmentation; print('torchvision' in sys.modules)"
    root = Path(__file__).parents[2]
    printed = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=root)
    assert printed.stdout.strip() == "False"
