"""`python -m mnist_helpers` is the same as `mnist-cnn`."""

import sys


def run() -> int:
    """Run the command line. Returns the exit code, 130 also when Ctrl-C comes while it is being imported."""
    try:
        from mnist_helpers.pipeline.cli import INTERRUPTED, main
    except KeyboardInterrupt:
        print("mnist-cnn: stopped", file=sys.stderr)
        return 130
    try:
        return main()
    except KeyboardInterrupt:  # once more, while the first one was answered
        return INTERRUPTED


if __name__ == "__main__":
    sys.exit(run())
