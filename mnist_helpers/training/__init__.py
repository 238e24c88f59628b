"""How weights are found: the step, the optimizer, the images an epoch shows, their distortion, the loop and its state.

Only that state is stored here; the trained network is for `checkpoint`.
"""

from mnist_helpers.training.distortion import augment_batch
from mnist_helpers.training.hands import add_strokes
from mnist_helpers.training.loop import Trainer, TrainingRun, train
from mnist_helpers.training.muon import orthogonal
from mnist_helpers.training.recipe import SCHEDULES, Recipe
from mnist_helpers.training.selection import choose_images
from mnist_helpers.training.step import make_optimizer, one_cycle, train_step
from mnist_helpers.training.validation import Epoch, best_epoch, calibrate
from mnist_helpers.training.watcher import Watcher
