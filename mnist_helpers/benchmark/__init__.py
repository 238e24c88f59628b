"""This project timed against other recipes."""

from mnist_helpers.benchmark.timing import benchmark_table, benchmark_text, run_benchmark, write_benchmark

__all__ = [
    "benchmark_table",
    "benchmark_text",
    "run_benchmark",
    "write_benchmark",
]
