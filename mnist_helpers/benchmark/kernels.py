"""The kernels that oneDNN computes a training step with, and their times by its own clock."""

import os
import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from torch.backends import mkldnn

ARITHMETIC = ("convolution", "matmul", "inner_product")  # what else it reports moves numbers about


@dataclass(frozen=True)
class Kernel:
    """A kernel that ran: the operation, oneDNN's implementation of it, its direction and shapes, and milliseconds."""

    operation: str
    implementation: str
    work: str
    milliseconds: float

    @property
    def is_reference(self) -> bool:
        """Whether it is the plain loop that oneDNN falls back to where no fast kernel fits, many times slower."""
        return self.implementation.startswith(("ref", "simple"))


def record_kernels(work: Callable[[], object]) -> list[Kernel]:
    """The convolutions and matrix products that oneDNN computes during `work`, in their order.

    Those that it does not compute, such as float32 matrix products by MKL, are missing. It reports to the process's
    standard output, which is put aside meanwhile.
    """
    with tempfile.TemporaryFile("w+") as report:
        sys.stdout.flush()
        before = os.dup(1)
        os.dup2(report.fileno(), 1)
        try:
            with mkldnn.verbose(mkldnn.VERBOSE_ON):
                work()
        finally:
            os.dup2(before, 1)
            os.close(before)
        report.seek(0)
        lines = [line.rstrip().split(",") for line in report if ",primitive,exec," in line]
    # onednn_verbose, v1, primitive, exec, cpu, operation, implementation, direction, memory, …, shapes, milliseconds
    kernels = [Kernel(line[5], line[6], f"{line[5]} {line[7]} {line[-2]}", float(line[-1])) for line in lines]
    return [kernel for kernel in kernels if kernel.operation in ARITHMETIC]


def fastest(kernels: Sequence[Kernel]) -> float:
    """Milliseconds in all, if each kernel always took as long as at its fastest run with the same shapes."""
    least: dict[str, float] = {}
    for kernel in kernels:
        least[kernel.work] = min(kernel.milliseconds, least.get(kernel.work, float("inf")))
    return sum(least[kernel.work] for kernel in kernels)
