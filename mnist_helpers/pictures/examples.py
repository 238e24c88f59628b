"""Pictures to try: digits drawn with a pen, on paper as people photograph it. Made here: nobody's handwriting."""

from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw

SIDE, PAPER = 320, 225
# The points that the pen passes, as parts of the picture's sides, across and down; at a corner a new stroke begins.
STROKES: dict[int, list[list[tuple[float, float]]]] = {
    2: [
        [(0.33, 0.33), (0.48, 0.2), (0.64, 0.34), (0.52, 0.56), (0.32, 0.78)],
        [(0.32, 0.78), (0.5, 0.76), (0.7, 0.77)],
    ],
    3: [
        [(0.33, 0.25), (0.52, 0.19), (0.62, 0.33), (0.45, 0.47)],
        [(0.45, 0.47), (0.66, 0.6), (0.55, 0.79), (0.32, 0.74)],
    ],
    4: [
        [(0.46, 0.2), (0.38, 0.4), (0.31, 0.58)],
        [(0.31, 0.58), (0.52, 0.57), (0.7, 0.56)],
        [(0.6, 0.24), (0.56, 0.5), (0.54, 0.82)],
    ],
    5: [
        [(0.66, 0.2), (0.52, 0.22), (0.4, 0.22)],
        [(0.4, 0.22), (0.38, 0.34), (0.36, 0.46)],
        [(0.36, 0.46), (0.56, 0.46), (0.6, 0.68), (0.34, 0.78)],
    ],
    7: [
        [(0.32, 0.24), (0.5, 0.23), (0.68, 0.22)],
        [(0.68, 0.22), (0.54, 0.5), (0.44, 0.8)],
    ],
}


def write_examples(folder: Path) -> Path:
    """Write pictures of the usual kinds, good ones and bad ones, and a file that is no picture. Returns the folder."""
    light = np.linspace(1, 0.55, SIDE)
    ruled = np.where(np.arange(SIDE) % 40 < 2, 0.75, 1)[:, None]
    pictures = {
        "3 in poor light": draw(3) * light,
        "5 on ruled paper": draw(5) * ruled,
        "7 in chalk": 255 - draw(7),
        "4 in pencil": draw(4, ink=185, width=4),
        "2 on its side": np.rot90(draw(2)),
        "7 and 5": np.hstack([draw(7), draw(5)]),
        "empty page": np.full((SIDE, SIDE), PAPER) * light,
    }
    random = np.random.default_rng(0)
    for name, picture in pictures.items():
        pixels = random.normal(picture, 3).clip(0, 255).astype(np.uint8)
        Image.fromarray(pixels).save(folder / f"{name}.png")
    (folder / "notes.txt").write_text("Not a picture.\n", encoding="utf-8")
    return folder


def draw(digit: int, ink: float = 50, width: float = 8) -> np.ndarray:
    """A digit in a pen of that grey level and width in pixels, on paper: float64 (320, 320), levels 0 to 255."""
    from scipy.interpolate import make_interp_spline  # here, since reading digits needs none of it

    # Drawn twice as large and reduced, for soft edges.
    page = Image.new("L", (2 * SIDE, 2 * SIDE), PAPER)
    pen = ImageDraw.Draw(page)
    for stroke in STROKES[digit]:
        curve = make_interp_spline(np.linspace(0, 1, len(stroke)), stroke, k=min(3, len(stroke) - 1))
        for across, down in 2 * SIDE * curve(np.linspace(0, 1, 300)):
            pen.ellipse((across - width, down - width, across + width, down + width), fill=round(ink))
    return np.asarray(page.resize((SIDE, SIDE), Image.Resampling.BOX), dtype=np.float64)
