"""What the machine says of itself."""

import sys

import numpy as np
from support import run

from mnist_helpers.hardware import peak_memory

ASKED = "from mnist_helpers.hardware import peak_memory; print(peak_memory())"
GIGABYTE = 10**9


def test_the_most_memory_is_that_of_this_process_alone():
    held = np.ones(GIGABYTE, dtype=np.uint8)
    most = peak_memory()
    assert most >= GIGABYTE
    assert int(run(sys.executable, "-c", ASKED).out) < most - GIGABYTE / 4
    del held
    assert peak_memory() >= most - GIGABYTE / 100, "what is given back was held"
