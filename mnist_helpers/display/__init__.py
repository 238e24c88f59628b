"""How things look in a notebook: tables, figures, galleries, progress. Never what they say of a result."""

from mnist_helpers.display.data_plots import plot_class_distribution, plot_pixels, plot_samples
from mnist_helpers.display.design_plots import plot_augmented, plot_overfit, plot_spread
from mnist_helpers.display.figures import (
    BLUE,
    COUNT_MAP,
    GREY,
    INK_MAP,
    ORANGE,
    describe,
    hide_axes,
    plot_gallery,
    save_figure,
    show_figure,
)
from mnist_helpers.display.progress import PROGRESS, TrainingProgress, show_history
from mnist_helpers.display.tables import (
    Table,
    percent_range,
    show_facts,
    show_run_folder,
    show_source,
    show_table,
    show_text,
    table_html,
    table_text,
)
from mnist_helpers.display.training_plots import plot_accuracy, plot_loss, plot_rates

__all__ = [
    "BLUE",
    "COUNT_MAP",
    "GREY",
    "INK_MAP",
    "ORANGE",
    "PROGRESS",
    "Table",
    "TrainingProgress",
    "describe",
    "hide_axes",
    "percent_range",
    "plot_accuracy",
    "plot_augmented",
    "plot_class_distribution",
    "plot_gallery",
    "plot_loss",
    "plot_overfit",
    "plot_pixels",
    "plot_rates",
    "plot_samples",
    "plot_spread",
    "save_figure",
    "show_facts",
    "show_figure",
    "show_history",
    "show_run_folder",
    "show_source",
    "show_table",
    "show_text",
    "table_html",
    "table_text",
]
