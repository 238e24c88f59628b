"""Pictures of what is no digit, and printed digits to compare with, in MNIST's format.

Characters come from the fonts that matplotlib ships, so that every machine has the same ones.
"""

import string
from functools import cache
from pathlib import Path

import numpy as np
import torch
from matplotlib import get_data_path
from matplotlib.ft2font import FT2Font
from PIL import Image, ImageDraw, ImageFont
from scipy import ndimage

from mnist_helpers.data import LabelledImages
from mnist_helpers.pictures.format import SIDE, to_mnist

FONTS = (
    "DejaVuSans",
    "DejaVuSans-Bold",
    "DejaVuSans-Oblique",
    "DejaVuSansMono",
    "DejaVuSansMono-Bold",
    "DejaVuSansMono-Oblique",
    "DejaVuSerif",
    "DejaVuSerif-Bold",
    "DejaVuSerif-Italic",
    "STIXGeneral",
    "STIXGeneralBol",
    "STIXGeneralItalic",
    "cmr10",
    "cmb10",
    "cmss10",
    "cmtt10",
)
# In some font, or scaled to MNIST's box, these could be a digit: 0 (D O o Q), 1 (I i J j l), 2 (Z z), 5 (S s), 6 (b G),
# 8 (B) and 9 (g q).
LIKE_DIGITS = "DOoQIiJjlZzSsbGBgq"
LETTERS = "".join(letter for letter in string.ascii_letters if letter not in LIKE_DIGITS)
SIGNS = "#%&*+=?@■▲●◆★♥♣→♪∞√"
NO_DIGIT = -1  # the label of what is none
SIZE = 60  # of a drawn character, in pixels: several times MNIST's box, so that strokes come out smooth
RANDOM = 100  # images of blots, and of noise


def draw_not_digits(seed: int = 0) -> dict[str, LabelledImages]:
    """Images by kind: first "printed digits" with their labels, to compare with, then what is no digit, by NO_DIGIT.

    Characters and blots are brought to MNIST's format as the digits sample is. Noise, every pixel at random, and blank
    images, one grey level each, have no mark that could be: they stay as they are.
    """
    rng = np.random.default_rng(seed)
    digits = [to_mnist(draw_character(font, digit)) for font in FONTS for digit in string.digits]
    others = {
        "letters": _characters(LETTERS),
        "signs": _characters(SIGNS),
        "blots": [to_mnist(_blot(rng)) for _ in range(RANDOM)],
        "noise images": list(rng.integers(0, 256, (RANDOM, SIDE, SIDE), dtype=np.uint8)),
        "blank images": [np.full((SIDE, SIDE), level, np.uint8) for level in np.linspace(0, 255, 10)],
    }
    labels = torch.arange(10).repeat(len(FONTS))
    return {"printed digits": LabelledImages(torch.from_numpy(np.stack(digits)), labels)} | {
        kind: LabelledImages(torch.from_numpy(np.stack(images)), torch.full((len(images),), NO_DIGIT))
        for kind, images in others.items()
    }


def draw_character(font: str, character: str) -> np.ndarray:
    """A character of one of the FONTS, light on dark, uint8 (height, width)."""
    image = Image.new("L", (3 * SIZE, 3 * SIZE))
    ImageDraw.Draw(image).text((SIZE, SIZE // 2), character, fill=255, font=_font(font))
    return np.asarray(image)


def has_character(font: str, character: str) -> bool:
    """Whether the font has a glyph of its own for the character; it draws a box in place of others."""
    return ord(character) in _code_points(font)


def _characters(characters: str) -> list[np.ndarray]:
    """Each character from each of the fonts that have it; fonts that share a glyph give one image."""
    drawn = [to_mnist(draw_character(font, one)) for one in characters for font in FONTS if has_character(font, one)]
    return list({image.tobytes(): image for image in drawn}.values())


def _blot(rng: np.random.Generator) -> np.ndarray:
    """A random shape, light on dark, uint8 (80, 80): where smoothed noise is highest, rather in the middle."""
    levels = ndimage.gaussian_filter(rng.normal(size=(80, 80)), 8)
    down, across = np.ogrid[-1:1:80j, -1:1:80j]
    levels = levels / levels.std() - 2 * (down**2 + across**2)
    return np.where(levels > np.quantile(levels, 0.8), np.uint8(255), np.uint8(0))


def _path(font: str) -> str:
    return str(Path(get_data_path()) / "fonts" / "ttf" / f"{font}.ttf")


@cache
def _font(font: str) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(_path(font), SIZE, layout_engine=ImageFont.Layout.BASIC)


@cache
def _code_points(font: str) -> frozenset[int]:
    return frozenset(FT2Font(_path(font)).get_charmap())
