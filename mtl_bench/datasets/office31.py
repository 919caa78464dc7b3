"""Office-31."""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from mtl_bench.datasets.files.acquire import File
from mtl_bench.datasets.files.class_images import ClassImages, class_images
from mtl_bench.datasets.files.declaration import FromFiles
from mtl_bench.datasets.files.extract import Tree
from mtl_bench.datasets.files.pixels import Encoded, decoded, labels_of, rgb, shuffled
from mtl_bench.datasets.files.tree_or_original import ClassImagesOrOriginal

Array = np.ndarray[Any, Any]
COUNTS = {"amazon": 2_817, "dslr": 498, "webcam": 795}
CLASSES = """
back_pack bike bike_helmet bookcase bottle calculator desk_chair desk_lamp desktop_computer file_cabinet headphones
keyboard laptop_computer letter_tray mobile_phone monitor mouse mug paper_notebook pen phone printer projector punchers
ring_binder ruler scissors speaker stapler tape_dispenser trash_can
"""
SOURCE_LABELS = {"amazon": 20, "dslr": 8, "webcam": 8}  # images a class of the protocol with few labels, ECCV 2010
TARGET_LABELS = 3  # a class, of its semi-supervised half

DRIVE = "0B4IapRTv9pJ1WGZVd1VDMmhwdlE"
KEY = "0-gNMHVtZfRAyO_t2_WrOunA"
COPY = "9090f7fdd7c149c6158c5145b516abee97bb0944"
TSINGHUA = {"amazon": "ec12dfcddade43ab8101", "dslr": "a41d818ae2f34da7bb32", "webcam": "8a41009a166e4131adcd"}
AMAZON = File(
    "amazon.tar", hashes=("sha256:1a7d8bbabcd371723cf13613f41f71e4bfdc921301d943187bd31a462458951e",), size=26_204_160
)


def official(domain: str) -> File:
    """The authors' archive, else what others made of it; none needs a digest, as the images have one."""
    return File(
        "domain_adaptation_images.tar.gz",
        (f"https://drive.usercontent.google.com/download?id={DRIVE}&export=download&confirm=t&resourcekey={KEY}",),
        page=f"https://drive.google.com/file/d/{DRIVE}/view?resourcekey={KEY}",
        instead=(
            *((AMAZON,) if domain == "amazon" else ()),
            File("OFFICE31.zip", ("https://wjdcloud.blob.core.windows.net/dataset/OFFICE31.zip",)),
            File(f"{domain}.tgz", (f"https://cloud.tsinghua.edu.cn/f/{TSINGHUA[domain]}/?dl=1",)),
            File(
                "DDC-transfer-learning.tar.gz",
                (f"https://github.com/syorami/DDC-transfer-learning/archive/{COPY}.tar.gz",),
            ),
            File("office31.tar.gz", hashes=("md5:89818e596f3cdda1d56da0f077435faa",)),  # its host is gone
        ),
    )


ORIGINAL = {
    domain: ClassImages(f"original-{domain}", official(domain), f"*{domain}/*.jpg", COUNTS[domain], digest)
    for domain, digest in (
        ("amazon", "c0062f0912fbf86395e0452b67381a1181d1b302677b656cc9ade447683a381d"),
        ("dslr", "80b3b4c110800340eff7fb8753950276155737e2b32d609b372b5088c0bac496"),
        ("webcam", "34a45a0754024a9b691bb52de57a04a0d565995e6c8168616bf9b38a42dbd32f"),
    )
}
JPEG88 = {
    "amazon": ORIGINAL["amazon"],  # compressed again as it is decoded
    **{
        domain: ClassImagesOrOriginal(
            f"jpeg88-{domain}",
            File(f"{domain}.tar", hashes=(f"sha256:{tar}",), size=size, instead=official(domain).packagings()),
            f"{domain}/images/*/*.jpg",
            COUNTS[domain],
            digest,
        )
        for domain, size, tar, digest in (
            (
                "dslr",
                6_440_960,
                "b007fa4830143899776a161ee0c4faf378b1fbce72d3752b54714b7e20ef5fb1",
                "f4631ede2ca2324503aae5ea554a49d69194caf14a4e1c584ac2a7ff7d07f14a",
            ),
            (
                "webcam",
                11_325_440,
                "0d9fef8901a31ad6253cf2788c2f5f6f5bc701b17f7cf543909eb818730150b2",
                "1053124c28ee523adce1390d6bd31768bff8d0b185413fd4c0930884433e87d2",
            ),
        )
    },
}


@dataclass(frozen=True)
class Office31(FromFiles):
    """31 kinds of office things on shop pages (amazon) and before two cameras (dslr, webcam), one domain of it.

    Saenko, Kulis, Fritz and Darrell, ECCV 2010. All images are squares, of 152 to 1,001 pixels a side; they are stored
    as `size` × `size` by Pillow's bilinear resampling, and a network's own transform does the rest. There is no split.
    Variants, the same images in the same order:
    * "original": the authors' files.
    * "jpeg88": compressed again as JPEG of quality 88 after the side was brought to 256 (Pillow's Lanczos): all of
      dslr and of amazon, and the 702 files of webcam that this makes smaller, whose other 93 are the authors'. Nobody
      serves dslr and webcam so: without a mirror they are compressed as they are decoded, as amazon's always are.
    A table takes one variant for all its domains, so that compression is no difference between them; amazon in both
    variants shows what compression does. 71 of amazon's files are exact copies of another of their class: `Distinct`
    keeps copies from lying on both sides of a cut.

    The digests of "original" are those of a public copy. Its dslr and webcam, compressed so, are "jpeg88" byte for
    byte; but nobody published digests of the authors' images, and of their archive one source alone states one (sha1
    7aa25a86f3880b6e79283227816f9d4d8506d636).
    """

    domain: str = "amazon"
    variant: str = "original"
    size: int = 256  # the stored side

    folder: ClassVar[str] = "office31"
    licence: ClassVar[str] = "unstated; research use, cite the paper"
    classes: ClassVar[tuple[str, ...]] = tuple(CLASSES.split())
    splits: ClassVar[tuple[str, ...]] = ("all",)
    variants: ClassVar[tuple[str, ...]] = ("original", "jpeg88")
    domains: ClassVar[tuple[str, ...]] = tuple(COUNTS)

    @property
    def counts(self) -> dict[str, int]:
        return {"all": COUNTS[self.domain]}

    @property
    def files(self) -> tuple[Tree, ...]:
        return ((ORIGINAL if self.variant == "original" else JPEG88)[self.domain],)

    @property
    def shape(self) -> tuple[int, ...]:
        return (3, self.size, self.size)

    def decode_inputs(self, split: str) -> Iterable[Array]:
        """In a fixed random order."""
        return decoded(self.encoded(shuffled(self.paths())), self.size)

    def decode_labels(self, split: str) -> Iterable[Array]:
        return [labels_of(shuffled(self.paths()), self.classes)]

    def paths(self) -> list[Path]:
        """The image files by class and name, each in a folder of its class; raises DataError."""
        found = self.files[0].obtain(self.folder)
        return class_images(found if found.is_dir() else ORIGINAL[self.domain].obtain(self.folder))

    def encoded(self, paths: Sequence[Path]) -> Iterator[Encoded]:
        """These files as the variant has them."""
        if self.variant == "original":
            return iter(paths)
        authors, again = ORIGINAL[self.domain].place(self.folder), compressed if self.domain == "amazon" else packed
        return ((str(path), again(path)) if path.is_relative_to(authors) else path for path in paths)


def packed(path: Path, largest: int = 300) -> bytes:
    """The file, or it compressed where its short side is above `largest` and that makes it smaller, as in "jpeg88"."""
    content, again = path.read_bytes(), b""
    if min(rgb(path).size) > largest:
        again = compressed(path)
    return again if 0 < len(again) < len(content) else content


def compressed(path: Path, side: int = 256, quality: int = 88) -> bytes:
    """A JPEG of an image whose short side is brought to `side`, as the variant "jpeg88" was made, byte for byte."""
    from PIL import Image

    image, made = rgb(path), io.BytesIO()
    scale = side / min(image.size)
    width, height = (round(scale * length) for length in image.size)
    image.resize((width, height), Image.Resampling.LANCZOS).save(made, "JPEG", quality=quality, optimize=True)
    return made.getvalue()
