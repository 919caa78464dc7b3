"""What becomes of image files: one test a line of the table in files/pixels.py."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageDraw

from mtl_bench.datasets.files.pixels import decoded, images_in, labels_of, listed, rgb
from mtl_bench.datasets.files.placed import DataError
from mtl_bench.datasets.imagenet import warped

Array = np.ndarray[Any, Any]


def read(image: Image.Image, kind: str = "PNG", **options: Any) -> Array:
    """(H, W, 3) of the image written as a file of this kind and read again."""
    made = io.BytesIO()
    image.save(made, kind, **options)
    return np.asarray(rgb(("an image", made.getvalue())))


def refused(item: Any, *words: str) -> None:
    with pytest.raises(DataError) as refusal:
        rgb(item)
    assert "\n" not in str(refusal.value)
    for word in words:
        assert word in str(refusal.value)


LEVELS = np.array([[0, 1, 128, 129], [257, 32_768, 65_407, 65_535]])


@pytest.mark.parametrize("kind", ["PNG", "TIFF"])
def test_grey_of_16_bits_is_scaled(kind: str) -> None:
    pixels = read(Image.fromarray(LEVELS.astype(np.uint16)), kind)
    assert pixels[..., 0].tolist() == [[0, 0, 0, 1], [1, 128, 255, 255]]
    assert (pixels == pixels[..., :1]).all()


def test_wider_whole_numbers_are_scaled_within_16_bits_and_refused_beyond() -> None:
    assert read(Image.fromarray(LEVELS.astype(np.int32)), "TIFF")[1, :, 1].tolist() == [1, 128, 255, 255]
    for value in (65_536, -1):
        with pytest.raises(DataError, match="not within 16 bits"):
            read(Image.fromarray(np.full((2, 2), value, np.int32)), "TIFF")


def test_floating_point_is_refused() -> None:
    with pytest.raises(DataError, match=r"an image is no whole image .*floating-point numbers; save it with 8 or 16"):
        read(Image.fromarray(np.ones((2, 2), np.float32)), "TIFF")


@pytest.mark.parametrize("mode", ["L", "RGB", "YCbCr", "1", "P"])
@pytest.mark.parametrize("level", [0, 255])
def test_black_and_white_stay_so(mode: str, level: int) -> None:
    image = Image.new("RGB", (4, 4), (level,) * 3).convert(mode)
    pixels = read(image, "TIFF" if mode == "YCbCr" else "PNG")
    assert (np.abs(pixels.astype(int) - level) <= 1).all()


def test_a_palette_gives_its_colours() -> None:
    image = Image.new("P", (2, 1))
    image.putpalette([10, 20, 30, 200, 100, 50])
    image.putpixel((1, 0), 1)
    assert read(image).tolist() == [[[10, 20, 30], [200, 100, 50]]]


def test_alpha_lies_on_white() -> None:
    image = Image.new("RGBA", (3, 1))
    for x, alpha in enumerate((0, 51, 255)):
        image.putpixel((x, 0), (100, 0, 0, alpha))
    assert read(image).tolist() == [[[255, 255, 255], [224, 204, 204], [100, 0, 0]]]
    grey = Image.new("LA", (2, 1), (40, 0))
    grey.putpixel((1, 0), (40, 255))
    assert read(grey)[0, :, 0].tolist() == [255, 40]


@pytest.mark.parametrize(
    ("mode", "transparent", "colour"), [("P", 0, None), ("L", 7, 7), ("RGB", (7, 7, 7), (7, 7, 7))]
)
def test_a_transparent_colour_lies_on_white(mode: str, transparent: Any, colour: Any) -> None:
    image = Image.new(mode, (2, 1), colour or 0)
    if mode == "P":
        image.putpalette([9, 9, 9, 1, 2, 3])
    other: dict[str, Any] = {"P": 1, "L": 90, "RGB": (1, 2, 3)}
    image.putpixel((1, 0), other[mode])
    pixels = read(image, transparency=transparent)
    assert pixels[0, 0].tolist() == [255, 255, 255]
    assert pixels[0, 1].tolist() == ([90] * 3 if mode == "L" else [1, 2, 3])


@pytest.mark.parametrize("colour", [(0, 0, 0), (255, 255, 255), (200, 30, 90)])
def test_printers_colours_become_rgb(colour: tuple[int, int, int]) -> None:
    """A JPEG of CMYK, which Adobe's programs and Pillow write inverted."""
    pixels = read(Image.new("RGB", (16, 16), colour).convert("CMYK"), "JPEG", quality=100)
    assert np.abs(pixels.astype(int) - colour).max() <= 3


def test_of_several_frames_the_first_counts() -> None:
    frames = [Image.new("RGB", (4, 4), colour) for colour in ("red", "lime", "blue")]
    for kind in ("GIF", "TIFF", "WEBP"):
        options = {"lossless": True} if kind == "WEBP" else {}
        pixels = read(frames[0], kind, save_all=True, append_images=frames[1:], **options)
        assert (pixels == [255, 0, 0]).all(), kind


def marked() -> Image.Image:
    """White, 60 × 40, its upper left quarter black."""
    image = Image.new("RGB", (60, 40), "white")
    ImageDraw.Draw(image).rectangle((0, 0, 29, 19), fill="black")
    return image


def exif(orientation: int) -> Image.Exif:
    found = Image.Exif()
    found[0x0112] = orientation
    return found


@pytest.mark.parametrize(
    ("orientation", "dark"), [(1, "top left"), (2, "top right"), (3, "bottom right"), (4, "bottom left")]
)
@pytest.mark.parametrize("turned", [0, 4])
def test_an_exif_orientation_turns_the_image_upright(orientation: int, dark: str, turned: int) -> None:
    """Orientations 5 to 8 are these with rows and columns exchanged."""
    pixels = read(marked(), "JPEG", exif=exif(orientation + turned), quality=95)
    assert pixels.shape == ((60, 40, 3) if turned else (40, 60, 3))
    if turned:
        dark = {5: "top left", 6: "top right", 7: "bottom right", 8: "bottom left"}[orientation + turned]
    rows, columns = dark.split()
    half = pixels[: len(pixels) // 2] if rows == "top" else pixels[len(pixels) // 2 :]
    middle = half.shape[1] // 2
    quarter = half[:, :middle] if columns == "left" else half[:, middle:]
    assert quarter.mean() < 12
    assert pixels.mean() == pytest.approx(255 * 3 / 4, abs=4)


def test_imagenet_lies_as_it_was_stored(tmp_path: Path) -> None:
    marked().save(tmp_path / "one.JPEG", exif=exif(3), quality=95)
    (block,) = warped([tmp_path / "one.JPEG"], 8)
    assert block[0, :, :3, :3].mean() < 3 < 200 < block[0, :, 5:, 5:].mean()


@pytest.mark.filterwarnings("ignore:Corrupt EXIF data")
def test_damaged_exif_data_say_nothing() -> None:
    made = io.BytesIO()
    marked().save(made, "JPEG", exif=b"Exif\0\0MM\0*\0\0\0\x08\xff\xff" + 40 * b"\xff")
    assert np.asarray(rgb(("one", made.getvalue())))[:15, :25].mean() < 12


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "GIF", "BMP", "WEBP"])
@pytest.mark.parametrize("keep", [0, 3, 0.5, -60])
def test_half_an_image_is_refused_by_name(kind: str, keep: float, tmp_path: Path) -> None:
    made = io.BytesIO()
    noise = np.random.default_rng(0).integers(0, 256, (50, 50, 3), np.uint8)
    Image.fromarray(noise).save(made, kind)
    content = made.getvalue()
    (tmp_path / "half.img").write_bytes(content[: int(keep * len(content)) if isinstance(keep, float) else keep])
    refused(tmp_path / "half.img", str(tmp_path / "half.img"), "is no whole image", "remove it and fetch it again")
    refused((f"{tmp_path}/some.parquet, image 7,", content[: len(content) // 3]), "some.parquet, image 7,")


def test_a_bomb_of_pixels_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    Image.new("1", (300, 200)).save(tmp_path / "bomb.png")
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 59_999)
    with pytest.warns(Image.DecompressionBombWarning):
        refused(tmp_path / "bomb.png", "bomb.png is no whole image", "300 × 200 pixels are more than 59,999")
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 20_000)  # Pillow refuses twice the limit by itself
    refused(tmp_path / "bomb.png", "bomb.png is no whole image", "60000 pixels")
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 60_000)
    assert rgb(tmp_path / "bomb.png").size == (300, 200)


def test_in_class_folders_only_images_count(tmp_path: Path) -> None:
    wanted = ["a.jpg", "b.JPG", "c.PNG", "d.jpeg", "e.JPEG", "f.Bmp", "g.webp"]
    clutter = [".DS_Store", "._a.jpg", ".hidden.png", "Thumbs.db", "desktop.ini", "notes.txt", "a.jpg.part", "jpg"]
    for name in (*wanted, *clutter):
        (tmp_path / "cat").mkdir(exist_ok=True)
        (tmp_path / "cat" / name).write_bytes(b"x")
    for folder in (".ipynb_checkpoints", "nested.png"):
        (tmp_path / "cat" / folder).mkdir()
        (tmp_path / "cat" / folder / "a-checkpoint.jpg").write_bytes(b"x")
    (tmp_path / "dog").mkdir()
    (tmp_path / "dog" / "z.png").write_bytes(b"x")
    assert [path.name for path in images_in(tmp_path / "cat")] == wanted
    paths = listed(tmp_path, ("cat", "dog"))
    assert sorted(path.name for path in paths) == [*wanted, "z.png"]
    assert labels_of(paths, ("cat", "dog")).sum() == 1
    with pytest.raises(DataError, match=r"bird cannot be read .*each class has a folder of its own"):
        listed(tmp_path, ("cat", "bird"))


def test_decoded_images_are_the_centre_square(tmp_path: Path) -> None:
    """Independent: the same by slicing, where nothing is resized."""
    noise = np.random.default_rng(1).integers(0, 256, (30, 50, 3), np.uint8)
    Image.fromarray(noise).save(tmp_path / "one.png")
    (block,) = decoded([tmp_path / "one.png"], 30)
    assert np.array_equal(block[0], np.moveaxis(noise[:, 10:40], -1, 0))
