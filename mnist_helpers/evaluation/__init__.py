"""What a network is worth, a module a topic: its numbers, its figure, its words.

`measure_*` gives plain values for metrics.json, `tabulate_*` a table, `plot_*` a figure with alternative text,
`describe_*` sentences in Markdown. Only notebook 04 scores the test images; nothing here trains.
"""

from mnist_helpers.evaluation.answers import (
    Answers,
    answer_all,
    corrupt_all,
    find_earlier,
    keep_answers,
    load_answers,
)
from mnist_helpers.evaluation.attention import plot_filters, plot_hidden_map, plot_occlusion
from mnist_helpers.evaluation.baseline import describe_baseline, measure_baseline, right_answers, tabulate_baseline
from mnist_helpers.evaluation.calibration import (
    describe_calibration,
    loss_before_scaling,
    measure_calibration,
    tabulate_calibration,
)
from mnist_helpers.evaluation.card import decision_card
from mnist_helpers.evaluation.chance import (
    describe_seeds,
    measure_seeds,
    read_answers,
    seeds_text,
    tabulate_seeds,
    write_answers,
)
from mnist_helpers.evaluation.closer_look import describe_closer_look, measure_closer_look
from mnist_helpers.evaluation.comparison import (
    describe_comparison,
    describe_previous,
    measure_comparison,
    measure_previous,
    read_run,
    tabulate_comparison,
)
from mnist_helpers.evaluation.confusion import describe_confusion, measure_confusion, plot_confusion, tabulate_pairs
from mnist_helpers.evaluation.data_checks import (
    describe_data_checks,
    describe_near_duplicates,
    plot_near_duplicates,
    tabulate_data_checks,
)
from mnist_helpers.evaluation.errors import describe_errors, explore_errors, plot_errors
from mnist_helpers.evaluation.gates import check_gates, tabulate_gates
from mnist_helpers.evaluation.improvement_plots import plot_improvements, plot_ladder
from mnist_helpers.evaluation.improvement_words import (
    describe_against,
    describe_failures,
    describe_improvement,
    describe_improvements,
    describe_study,
)
from mnist_helpers.evaluation.improvements import measure_improvements, tabulate_improvements
from mnist_helpers.evaluation.intervals import wilson_interval
from mnist_helpers.evaluation.label_errors import (
    describe_label_errors,
    doubtful_labels,
    measure_label_errors,
    plot_label_errors,
    tabulate_label_errors,
)
from mnist_helpers.evaluation.metrics import read_metrics, results_table, write_metrics
from mnist_helpers.evaluation.not_digit_pictures import draw_not_digits
from mnist_helpers.evaluation.not_digits import (
    describe_not_digits,
    measure_not_digits,
    plot_not_digits,
    tabulate_not_digits,
)
from mnist_helpers.evaluation.other_digits import describe_other_digits, measure_other_digits, plot_other_digits
from mnist_helpers.evaluation.paired_seeds import holm, paired_difference
from mnist_helpers.evaluation.reliability import plot_reliability
from mnist_helpers.evaluation.robustness import describe_robustness, measure_robustness
from mnist_helpers.evaluation.robustness_views import tabulate_robustness
from mnist_helpers.evaluation.scores import (
    classification_report,
    describe_scores,
    headline,
    measure_scores,
    tabulate_scores,
)
from mnist_helpers.evaluation.selective import (
    describe_selective,
    measure_selective,
    plot_risk_coverage,
    tabulate_selective,
)
from mnist_helpers.evaluation.slices import describe_slices, measure_slices, tabulate_slices
from mnist_helpers.evaluation.study_runs import known_study, read_study
from mnist_helpers.evaluation.suggestions import suggest_improvements, tabulate_suggestions
from mnist_helpers.evaluation.verdict import (
    describe_choices,
    describe_origin,
    describe_reproduction,
    reproduce_command,
    tabulate_provenance,
    verdict_sentence,
)
