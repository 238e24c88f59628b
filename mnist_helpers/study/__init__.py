"""What a training says of itself, and the same training with other settings and seeds, here or on a cluster.

The study of improvements: `configurations` has its table, `plan` what is missing, `one_trial` a run. What its file says
is read, compared and put in words in `evaluation`, which the report needs too; it is handed on here. `workers` and
`cluster` are where its runs, and those of `seeds`, are computed.
"""

from mnist_helpers.evaluation.improvement_plots import plot_improvements, plot_ladder
from mnist_helpers.evaluation.improvement_words import (
    describe_against,
    describe_failures,
    describe_improvement,
    describe_improvements,
    describe_study,
)
from mnist_helpers.evaluation.improvements import measure_improvements, tabulate_improvements
from mnist_helpers.evaluation.paired_seeds import holm, paired_difference
from mnist_helpers.evaluation.study_runs import read_study
from mnist_helpers.study.cluster import require_cluster
from mnist_helpers.study.configurations import tabulate_configurations
from mnist_helpers.study.one_run import baseline_text, difference_interval, kept_text, overfitting_text
from mnist_helpers.study.seeds import train_other_seeds
