"""Image files of the usual kinds to grey levels; what is wrong with a file is said in one line."""

import logging
import os
import stat
import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import BinaryIO

import numpy as np
from PIL import ExifTags, Image, UnidentifiedImageError

from mnist_helpers.errors import MnistError

# Larger pictures are refused before they are decoded: at four bytes a pixel they fill 200 MB and more.
MAX_PIXELS = 50_000_000
# A digit needs 20 pixels; what is much larger than this is reduced as soon as it is decoded. A telephone's photograph
# of 4,000 pixels comes to this at an eighth of its size, JPEG's quickest way.
LONGEST_SIDE = 500
# Pillow opens more, among them formats that start other programs (EPS) or have no signature to know them by.
FORMATS = ("PNG", "JPEG", "GIF", "BMP", "TIFF", "WEBP", "AVIF", "JPEG2000", "PPM")
# What brings a picture with this EXIF orientation upright; 1 is upright.
UPRIGHT = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
TOO_LARGE = f"more than {MAX_PIXELS // 1_000_000} million pixels: reduce it, or cut out the part that shows the digit"

# Of Pillow's warnings and log of oddities in files, there is nothing that the user can mend.
logging.getLogger("PIL").addHandler(logging.NullHandler())
warnings.filterwarnings("ignore", module="PIL")
STANDARD_ERROR = threading.Lock()


def read_grey(path: Path) -> np.ndarray:
    """The picture in a file as grey levels from 0 to 255, float32 (height, width), the longer side at most 500.

    It is turned upright as its EXIF data say; of an animation or a file with several pages it is the first. Colours
    that differ more in red, green or blue than in brightness are told apart by that channel. Raises MnistError with a
    message that does not name the file.
    """
    _require_regular_file(path)
    try:
        with path.open("rb") as file:
            return _grey(_decode(file))
    except MnistError:
        raise
    except PermissionError as error:
        raise MnistError("no permission to read it: change its access rights") from error
    except UnidentifiedImageError as error:
        raise MnistError(_what_it_is(path)) from error
    except Image.DecompressionBombError as error:
        raise MnistError(TOO_LARGE) from error
    # Damaged data make Pillow's decoders raise anything, from SyntaxError to OverflowError.
    except Exception as error:
        said = " ".join(str(error).split()) or type(error).__name__
        raise MnistError(f"damaged, incomplete or of a rare kind ({said}): copy it again, or save it as PNG") from error


def _require_regular_file(path: Path) -> None:
    try:
        status = path.stat()
    except FileNotFoundError as error:
        raise MnistError("there is no such file: check the name") from error
    except OSError as error:
        raise MnistError(f"cannot be reached ({error.strerror}): check the name and the access rights") from error
    if stat.S_ISDIR(status.st_mode):
        raise MnistError("this is a folder: name the image files in it")
    # A pipe could keep the others waiting for ever.
    if not stat.S_ISREG(status.st_mode):
        raise MnistError("this is not a regular file: save the picture as PNG or JPEG")
    if status.st_size == 0:
        raise MnistError("the file is empty: copy it or save it again")


def _decode(file: BinaryIO) -> Image.Image:
    """The picture as L, RGB, RGBA or F (levels from 0 to 255), reduced and upright."""
    Image.init()
    with Image.open(file, formats=[name for name in FORMATS if name in Image.OPEN]) as opened:
        if opened.width * opened.height > MAX_PIXELS:
            raise MnistError(TOO_LARGE)
        # JPEG can be decoded at a half, a quarter or an eighth of its size, which saves time and memory.
        opened.draft(None, _reduced_size(opened.size))
        with _no_stderr() if opened.format == "TIFF" else nullcontext():
            opened.load()
        try:
            orientation = opened.getexif().get(ExifTags.Base.Orientation, 1)
        except Exception:
            # The pixels are there, and worth more than a broken EXIF block.
            orientation = 1
        image = _reduced(_in_plain_mode(opened))
    return image.transpose(UPRIGHT[orientation]) if orientation in UPRIGHT else image


@contextmanager
def _no_stderr() -> Iterator[None]:
    """libtiff, which is no Python, writes what it finds wrong with a file straight to the process's standard error.

    That belongs to all threads: one at a time may put it aside.
    """
    with STANDARD_ERROR:
        before, nowhere = os.dup(2), os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, 2)
        try:
            yield
        finally:
            os.dup2(before, 2)
            os.close(before)
            os.close(nowhere)


def _in_plain_mode(image: Image.Image) -> Image.Image:
    if image.mode.startswith("I;16"):
        levels = np.asarray(image).astype(np.float32)
        # Some devices store 10 or 12 bits in 16.
        full = 65535 if levels.max() >= 2**15 else max(1, levels.max())
        return Image.fromarray(levels * np.float32(255 / full))
    if image.mode in ("I", "F"):
        levels = np.nan_to_num(np.asarray(image).astype(np.float64), posinf=0, neginf=0)
        levels -= levels.min()
        return Image.fromarray((levels * (255 / (levels.max() or 1))).astype(np.float32))
    if image.has_transparency_data:
        return image.convert("RGBA")
    plain = "L" if image.mode in ("1", "L") else "RGB"
    # To convert what is plain would copy it.
    return image if image.mode == plain else image.convert(plain)


def _reduced(image: Image.Image) -> Image.Image:
    return image.resize(_reduced_size(image.size), Image.Resampling.BOX)


def _reduced_size(size: tuple[int, int]) -> tuple[int, int]:
    """Width and height in the same proportions, the longer of them 500 at most."""
    width, height = size
    longer = max(LONGEST_SIDE, width, height)
    return max(1, width * LONGEST_SIDE // longer), max(1, height * LONGEST_SIDE // longer)


def _grey(image: Image.Image) -> np.ndarray:
    if image.mode == "RGBA":
        image = _on_paper(np.asarray(image))
    if image.mode == "RGB":
        image = _clearest_channel(image)
    return np.asarray(image, dtype=np.float32)


def _on_paper(pixels: np.ndarray) -> Image.Image:
    """RGB for uint8 (height, width, 4): what is transparent becomes paper from which the ink stands out.

    Mostly what is visible is the ink itself. It is a page with ink on it where it fills its surroundings and shows
    light and dark.
    """
    colour, alpha = pixels[..., :3].astype(np.int32), pixels[..., 3:].astype(np.int32)
    visible = alpha[..., 0] > alpha.max() / 2
    paper = np.full(3, 255)
    if visible.any():
        brightness = colour[visible].mean(axis=1)
        rows, columns = np.flatnonzero(visible.any(axis=1)), np.flatnonzero(visible.any(axis=0))
        filled = visible[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1].mean()
        if filled > 0.7 and np.ptp(brightness) > 64:
            paper = np.median(colour[visible], axis=0).astype(np.int32)
        elif brightness.mean() > 127:
            paper = np.zeros(3, dtype=np.int32)
    return Image.fromarray(((colour * alpha + paper * (255 - alpha) + 127) // 255).astype(np.uint8))


def _clearest_channel(image: Image.Image) -> Image.Image:
    """Brightness, unless red, green or blue alone shows clearly more: red ink may be as bright as green paper."""
    brightness = image.convert("L")
    channel = max(image.split(), key=_contrast)
    return channel if _contrast(channel) > 1.05 * _contrast(brightness) else brightness


def _contrast(channel: Image.Image) -> float:
    """The standard deviation of the levels, from how often each occurs."""
    often, levels = np.array(channel.histogram()), np.arange(256)
    mean = np.average(levels, weights=often)
    return float(np.sqrt(np.average((levels - mean) ** 2, weights=often)))


def _what_it_is(path: Path) -> str:
    """What is wrong with a file that none of the formats fits, by its first bytes."""
    with path.open("rb") as file:
        start = file.read(1024)
    if b"<svg" in start.lower():
        return "an SVG drawing has no pixels: export it as PNG"
    if start.startswith(b"%PDF"):
        return "this is a PDF document: save the page as PNG"
    if start[4:8] == b"ftyp" and start[8:11] in (b"hei", b"hev", b"mif"):
        return "HEIC pictures cannot be read: export it as JPEG or PNG"
    return "this is not an image that can be read: use PNG or JPEG"
