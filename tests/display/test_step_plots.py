import numpy as np
import pytest
from matplotlib import pyplot as plt
from matplotlib.colors import to_hex

from mnist_helpers.display import BLUE, ORANGE, plot_steps
from mnist_helpers.network import Answer, Refusal

SURE = Answer("photos/a $ b.png", (0, 0, 0, 0, 1.0, 0, 0, 0, 0, 0))
UNSURE = Answer("c.png", (0, 0, 0, 0, 0.6, 0, 0, 0, 0, 0.4))
BLANK = Refusal("d$\n$.png", "no digit found")
STEPS = [np.full((90, 40), 200, np.float32), np.zeros((80, 36), np.float32), np.zeros((28, 28), np.uint8)]


@pytest.fixture
def figure():
    figure = plot_steps([BLANK, UNSURE, SURE], [STEPS[:1], STEPS, STEPS])
    yield figure
    plt.close(figure)


def test_every_step_there_is_has_its_place(figure):
    rows = np.array(figure.axes).reshape(3, 4)
    assert [[len(axis.images) for axis in row] for row in rows] == [[1, 0, 0, 0], [1, 1, 1, 0], [1, 1, 1, 0]]
    assert [bar.get_height() for bar in rows[1, 3].patches] == list(UNSURE.probabilities)
    colours = [to_hex(row[3].patches[4].get_facecolor()) for row in rows[1:]]
    assert colours == [ORANGE, BLUE]


def test_the_text_says_what_is_to_be_seen(figure):
    figure.canvas.draw()  # a file's name is no formula
    assert figure.get_label() == (
        "3 files and what becomes of each. d$\\n$.png: refused, no digit found; "
        "c.png: 4 0.6000, unsure, else 9 0.4000; a $ b.png: 4 1.0000."
    )


def test_a_long_name_keeps_its_beginning_and_its_end():
    figure = plot_steps([Refusal(f"{'IMG_2026' * 9}_17.jpeg", "no digit found")], [[]])
    assert figure.axes[0].get_xlabel() == "IMG_2026IMG_…2026_17.jpeg"
    plt.close(figure)
