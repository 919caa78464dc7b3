"""An epoch of randomly cropped images: decoded once to a memory-mapped array, beside decoding at every visit."""

from __future__ import annotations

import tarfile
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from speed.row import Peer, Row
from speed.timing import Work

SIDE, CROP, COUNT, BATCH = 227, 224, 384, 64
MEAN, DEVIATION = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)  # ImageNet's


@dataclass(frozen=True)
class Folder:
    """JPEG files in folders of classes, and the same pictures as a memory-mapped array of uint8 (n, 3, side, side)."""

    held: Any  # removes the folder when nothing refers to it
    files: Path
    array: Any
    origin: str
    decoding: float  # processor seconds to make the array
    state: Any  # of the random numbers with which every epoch starts, so that all cut the same windows


def folder() -> Folder:
    """Photographs of PACS where MTL_BENCH_MIRROR names a folder that has them, else images made here."""
    import numpy as np

    from mtl_bench.datasets.files.mirrors import mirrors
    from mtl_bench.datasets.files.pixels import decoded
    from mtl_bench.training.seeding import random_state

    held = tempfile.TemporaryDirectory(prefix="mtl-bench-speed-")
    files = Path(held.name, "files")
    archive = next((found for one in mirrors() if (found := Path(one, "pacs", "photo.tar")).is_file()), None)
    if archive:
        _unpack(archive, files)
    else:
        _invent(files)
    paths = sorted(files.glob("*/*"))
    start = time.process_time()
    np.save(Path(held.name, "array.npy"), np.concatenate(list(decoded(paths, SIDE))))
    decoding = time.process_time() - start
    array = np.load(Path(held.name, "array.npy"), mmap_mode="r")
    origin = "photographs of PACS" if archive else "images made for this"
    return Folder(held, files, array, origin, decoding, random_state())


def _unpack(archive: Path, files: Path) -> None:
    """A share of every class, COUNT in all, in <files>/<class>/."""
    with tarfile.open(archive) as tar:
        members = sorted((m for m in tar.getmembers() if m.isfile() and m.size), key=lambda m: m.name)
        for member in members[:: max(1, len(members) // COUNT)][:COUNT]:
            *_, kind, name = Path(member.name).parts
            stream = tar.extractfile(member)
            assert stream is not None  # it is a file
            (files / kind).mkdir(parents=True, exist_ok=True)
            (files / kind / name).write_bytes(stream.read())


def _invent(files: Path) -> None:
    """Smooth random pictures, which JPEG holds in about as many bytes as photographs."""
    from PIL import Image

    from mtl_bench.training.seeding import generator

    random = generator(0, "speed", "images")
    for i in range(COUNT):
        small = random.integers(0, 256, (57, 57, 3), "uint8")
        (files / f"class-{i % 7}").mkdir(parents=True, exist_ok=True)
        picture = Image.fromarray(small).resize((SIDE, SIDE), Image.Resampling.BICUBIC)
        picture.save(files / f"class-{i % 7}" / f"{i:04}.jpg", quality=90)


def ours(images: Folder) -> Work:
    """v2 per image, since on a batch it draws one window for all; float and standardised in place, by the batch."""
    import numpy as np
    import torch
    from torchvision.transforms import v2

    crop = v2.Compose([v2.RandomResizedCrop(CROP, antialias=True), v2.RandomHorizontalFlip()])
    standardise = v2.Normalize([255 * m for m in MEAN], [255 * s for s in DEVIATION], inplace=True)

    def epoch() -> list[Any]:
        from mtl_bench.training.seeding import restore_random_state

        restore_random_state(images.state)
        seen = []
        for start in range(0, len(images.array), BATCH):
            block = torch.from_numpy(np.array(images.array[start : start + BATCH]))
            seen.append(_seen(standardise(torch.stack([crop(image) for image in block]).float())))
        return seen

    return epoch


def image_folder(images: Folder) -> Work:
    """torchvision's ImageFolder and its transforms on PIL images, in this process."""
    from torch.utils.data import DataLoader
    from torchvision import transforms
    from torchvision.datasets import ImageFolder

    steps = [
        transforms.RandomResizedCrop(CROP),
        transforms.RandomHorizontalFlip(),
        transforms.ToTensor(),
        transforms.Normalize(MEAN, DEVIATION),
    ]
    data = ImageFolder(str(images.files), transforms.Compose(steps))

    def epoch() -> list[Any]:
        import torch

        from mtl_bench.training.seeding import restore_random_state

        restore_random_state(images.state)
        batches = DataLoader(data, BATCH, generator=torch.Generator())  # its own seed must not move the windows
        return [_seen(batch) for batch, _ in batches]

    return epoch


def _seen(batch: Any) -> Any:
    """A grid of single pixels of every image: free to take, small enough to keep, and a wrong window shows."""
    return batch[:, :, ::16, ::16].clone()


def difference(a: list[Any], b: list[Any]) -> float:
    """The mean absolute difference in standard deviations of a pixel."""
    import torch

    return float((torch.cat(a) - torch.cat(b)).abs().mean())


def note(images: Folder) -> str:
    return f"{images.origin}; decoding them once, which the ratio leaves out, took {images.decoding:.2g} s"


ROWS = (
    Row(
        name="image-epoch",
        sentence=f"an epoch of {COUNT} images with RandomResizedCrop({CROP}) and flips",
        inputs=folder,
        ours=ours,
        peers=(Peer("ImageFolder and PIL", image_folder),),
        goal=0.45,
        distance=difference,
        measure="mean difference of the images, in standard deviations of a pixel",
        tolerance=0.02,
        note=note,
    ),
)
