"""What a training says of itself, and the same training with other settings and seeds, here or on a cluster.

The study of improvements: `configurations` has its table, `plan` what is missing, `one_trial` a run. What its file says
is read, compared and put in words in `evaluation`. Its runs, and those of `seeds`, are computed where `workers` and
`cluster` say.
"""

from mnist_helpers.study.cluster import require_cluster
from mnist_helpers.study.configurations import tabulate_configurations
from mnist_helpers.study.one_run import baseline_text, difference_interval, kept_text, overfitting_text
from mnist_helpers.study.seeds import train_other_seeds
