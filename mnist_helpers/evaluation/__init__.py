"""What a network is worth, a module a topic: its numbers, its figure, its words.

`measure_*` gives plain values for metrics.json, `tabulate_*` a table, `plot_*` a figure with alternative text,
`describe_*` sentences in Markdown. Only notebook 04 scores the test images; nothing here trains.
"""

from mnist_helpers.evaluation.answers import (
    Answers,
    answer_baseline,
    answer_corrupted,
    corrupt_all,
    find_earlier,
    gather_answers,
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
from mnist_helpers.evaluation.errors import describe_errors, plot_errors
from mnist_helpers.evaluation.explorer import explore_errors
from mnist_helpers.evaluation.gates import check_gates, tabulate_gates
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
from mnist_helpers.evaluation.reliability import plot_reliability
from mnist_helpers.evaluation.robustness import describe_robustness, measure_robustness
from mnist_helpers.evaluation.robustness_views import plot_robustness, tabulate_robustness
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
from mnist_helpers.evaluation.suggestions import describe_suggestions, suggest_improvements, tabulate_suggestions
from mnist_helpers.evaluation.verdict import (
    describe_choices,
    describe_origin,
    describe_reproduction,
    reproduce_command,
    tabulate_provenance,
    verdict_sentence,
)

__all__ = [
    "Answers",
    "answer_baseline",
    "answer_corrupted",
    "check_gates",
    "classification_report",
    "corrupt_all",
    "decision_card",
    "describe_baseline",
    "describe_calibration",
    "describe_choices",
    "describe_closer_look",
    "describe_comparison",
    "describe_confusion",
    "describe_data_checks",
    "describe_errors",
    "describe_label_errors",
    "describe_near_duplicates",
    "describe_not_digits",
    "describe_origin",
    "describe_other_digits",
    "describe_previous",
    "describe_reproduction",
    "describe_robustness",
    "describe_scores",
    "describe_seeds",
    "describe_selective",
    "describe_slices",
    "describe_suggestions",
    "doubtful_labels",
    "draw_not_digits",
    "explore_errors",
    "find_earlier",
    "gather_answers",
    "headline",
    "keep_answers",
    "load_answers",
    "loss_before_scaling",
    "measure_baseline",
    "measure_calibration",
    "measure_closer_look",
    "measure_comparison",
    "measure_confusion",
    "measure_label_errors",
    "measure_not_digits",
    "measure_other_digits",
    "measure_previous",
    "measure_robustness",
    "measure_scores",
    "measure_seeds",
    "measure_selective",
    "measure_slices",
    "plot_confusion",
    "plot_errors",
    "plot_filters",
    "plot_hidden_map",
    "plot_label_errors",
    "plot_near_duplicates",
    "plot_not_digits",
    "plot_occlusion",
    "plot_other_digits",
    "plot_reliability",
    "plot_risk_coverage",
    "plot_robustness",
    "read_answers",
    "read_metrics",
    "read_run",
    "reproduce_command",
    "results_table",
    "right_answers",
    "seeds_text",
    "suggest_improvements",
    "tabulate_baseline",
    "tabulate_calibration",
    "tabulate_comparison",
    "tabulate_data_checks",
    "tabulate_gates",
    "tabulate_label_errors",
    "tabulate_not_digits",
    "tabulate_pairs",
    "tabulate_provenance",
    "tabulate_robustness",
    "tabulate_scores",
    "tabulate_seeds",
    "tabulate_selective",
    "tabulate_slices",
    "tabulate_suggestions",
    "verdict_sentence",
    "wilson_interval",
    "write_answers",
    "write_metrics",
]
