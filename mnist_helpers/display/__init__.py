"""How things look in a notebook: tables, figures, galleries, progress. Never what they say of a result."""

from mnist_helpers.display.cell_pictures import log_marks, thumbnail
from mnist_helpers.display.data_plots import (
    plot_class_distribution,
    plot_numbers,
    plot_order,
    plot_pixels,
    plot_samples,
)
from mnist_helpers.display.design_plots import layer_table, plot_by_heart, plot_pictures, plot_spread
from mnist_helpers.display.explorer import Card, Explorer, show_explorer
from mnist_helpers.display.figures import (
    COUNT_MAP,
    INK_MAP,
    describe,
    hide_axes,
    plot_gallery,
    show_figure,
)
from mnist_helpers.display.ladder_plots import plot_nearest, plot_weights, plot_won
from mnist_helpers.display.progress import ProgressLine, TrainingProgress, show_history
from mnist_helpers.display.step_plots import plot_steps
from mnist_helpers.display.tables import (
    Table,
    percent,
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
from mnist_helpers.display.vector import BLUE, GREY, ORANGE
