"""The stages in order: each is a notebook; this module runs them and computes nothing itself.

What only an evaluation needs is imported where it is used: it takes seconds, and most commands do without.
"""

import sys
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from mnist_helpers.checkpoint.belonging import note_outdated
from mnist_helpers.checkpoint.store import load_checkpoint, require_same_dataset
from mnist_helpers.data.sources import DataSource, find_data
from mnist_helpers.files import hold_lock, make_folders
from mnist_helpers.network.model import weights_checksum
from mnist_helpers.paths import NOTEBOOKS, RunPaths, latest_run, remember_run, run_paths, shown
from mnist_helpers.pipeline.execution import execute_notebook
from mnist_helpers.pipeline.parameters import parse_parameters
from mnist_helpers.pipeline.stamps import speaks_of, stamp
from mnist_helpers.pipeline.unfinished import working_folder
from mnist_helpers.settings import changed_settings

STAGES = {
    "explore": "01_exploration",
    "design": "02_model_design",
    "train": "03_training",
    "evaluate": "04_evaluation",
    "improve": "05_improvements",
}
# Their notebooks make or judge the network.
NETWORK_STAGES = ("train", "evaluate")
# The reader of the report wants the verdict first and the data last.
REPORT_ORDER = ("evaluate", "train", "design", "explore")
TITLE = "MNIST digit classification: evaluation report"
DIGITS_BANNER = "Made from the digits sample of scikit-learn, not from MNIST: its numbers say nothing about MNIST."


@dataclass(frozen=True)
class Request:
    """What the user asked for: data set, folders, and notebook parameters as name and text."""

    dataset: str = "auto"
    data_root: str = ""
    run_root: str = ""
    parameters: Sequence[tuple[str, str]] = ()


def run_stages(stages: Sequence[str], request: Request) -> RunPaths:
    """Run the notebooks of `stages`, and export the report when the evaluation is among them.

    Everything that can be checked is checked before the first notebook starts. The results take their places together
    when the last stage is done. Raises MnistError.
    """
    notebooks = {stage: NOTEBOOKS / f"{STAGES[stage]}.ipynb" for stage in stages}
    parameters = parse_parameters(request.parameters, list(notebooks.values()))
    source = find_source(request)
    trains, evaluates = "train" in stages, "evaluate" in stages
    if evaluates and not trains:
        paths = latest_run(request.run_root, source.name)
        load_checkpoint(paths.checkpoint)
    else:
        changed = changed_settings({name: value for values in parameters.values() for name, value in values.items()})
        paths = run_paths(request.run_root, source.name, changed)
    _prepare(paths, source.name)
    if evaluates:
        from mnist_helpers.evaluation.answers import load_answers

        for stored in (paths.answers, paths.previous_answers, paths.baseline_answers):
            load_answers(stored)
    common = {"dataset": source.name, "data_root": request.data_root, "run_root": request.run_root}
    given = {name: value for name, value in common.items() if value}
    resume = any(values.get("resume") for values in parameters.values())
    with hold_lock(paths.lock):
        with working_folder(paths, trains, resume) as work:
            for stage, notebook in notebooks.items():
                _say(f"Running {notebook.stem} on {source.name}")
                failed = _executed(paths, stage).with_suffix(".failed.ipynb")
                execute_notebook(notebook, given | parameters[notebook], _executed(work, stage), work.root, failed)
                if stage in NETWORK_STAGES:
                    stamp(_executed(work, stage), network_checksum(work))
            if evaluates:
                drawable = _write_demo(work)
                write_report(work, source.name)
        if evaluates and not drawable:
            # One that is there is of an earlier network.
            paths.demo.unlink(missing_ok=True)
        if trains or evaluates:
            note_outdated(paths, network_checksum(paths))
        if trains:
            remember_run(paths, source.name)
    if evaluates:
        _say(f"Wrote {shown(paths.report)}")
    return paths


def find_source(request: Request) -> DataSource:
    """The data that are asked for; a fall-back to the digits sample is said. Raises MnistError."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", UserWarning)
        source = find_data(request.dataset, request.data_root)
    for warning in caught:
        _say(f"WARNING: {warning.message}")
    return source


def _prepare(paths: RunPaths, dataset: str) -> None:
    """Make the folders of a run, unless it holds a result on another data set; say where they are, if unexpected."""
    require_same_dataset(paths, dataset)
    if not paths.named and paths != run_paths("", dataset):
        _say(f"Results of other settings than the reference run's: they are in {shown(paths.root)}/.")
    make_folders(paths)


def write_report(paths: RunPaths, dataset: str) -> None:
    """Export the executed notebooks of a run as one HTML file, those of another network left out. Raises MnistError."""
    from mnist_helpers.report.export import export_report

    network = network_checksum(paths)
    notebooks = []
    for stage in REPORT_ORDER:
        executed = _executed(paths, stage)
        if executed.is_file() and (stage not in NETWORK_STAGES or speaks_of(executed, network)):
            notebooks.append(executed)
        elif executed.is_file():
            _say(f"{executed.stem} is of another network: left out of the report; mnist-cnn {stage} makes it anew.")
    export_report(
        notebooks,
        paths.report,
        title=TITLE,
        banner=DIGITS_BANNER if dataset == "digits" else "",
        demo=paths.demo.name if paths.demo.is_file() else "",
    )


def _write_demo(paths: RunPaths) -> bool:
    """Write the page to draw on for the network of a run; whether there is one, since a large network has none."""
    from mnist_helpers.demo import TooLargeError, write_page

    try:
        write_page(load_checkpoint(paths.checkpoint), paths.demo)
    except TooLargeError as error:
        _say(f"No page to draw on: {error}")
        return False
    return True


def network_checksum(paths: RunPaths) -> str:
    """The checksum of a run's network. Raises MnistError when there is none."""
    return weights_checksum(load_checkpoint(paths.checkpoint).model)


def _executed(paths: RunPaths, stage: str) -> Path:
    return paths.executed / f"{STAGES[stage]}.ipynb"


def _say(message: str) -> None:
    print(message, file=sys.stderr, flush=True)
