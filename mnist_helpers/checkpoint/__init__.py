"""The trained network on disk: written whole, opened as a stranger's file, with where it comes from."""

from mnist_helpers.checkpoint.belonging import note_outdated
from mnist_helpers.checkpoint.content import Checkpoint
from mnist_helpers.checkpoint.store import load_baseline, load_checkpoint, require_same_dataset
from mnist_helpers.checkpoint.training import StoppedError, train_and_save, train_baseline
