"""`python -m mnist_helpers` is the same as `mnist-cnn`."""

import sys

from mnist_helpers.cli import main

sys.exit(main())
