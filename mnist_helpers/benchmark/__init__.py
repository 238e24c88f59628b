"""This project timed against other recipes."""

from mnist_helpers.benchmark.timing import run_benchmark, write_benchmark
from mnist_helpers.benchmark.words import benchmark_table, benchmark_text
