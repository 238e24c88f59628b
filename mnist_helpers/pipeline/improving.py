"""The command `mnist-cnn improve`: runs of the study that are missing, then notebook 05, which reads them."""

import argparse
import sys
import time
from collections.abc import Iterator, Sequence

from mnist_helpers.checkpoint.store import require_same_dataset
from mnist_helpers.evaluation.study_runs import StudyRun, write_study
from mnist_helpers.files import hold_lock, make_folders
from mnist_helpers.paths import NOTEBOOKS, RunPaths, run_paths, shown
from mnist_helpers.pipeline.options import cluster_address
from mnist_helpers.pipeline.parameters import parse_parameters
from mnist_helpers.pipeline.stages import STAGES, Request, find_source, run_stages
from mnist_helpers.settings import TrainingSettings, changed_settings, check_settings
from mnist_helpers.study.one_trial import run_trial
from mnist_helpers.study.plan import Study, describe_missing, found_runs, merge_runs, missing_runs
from mnist_helpers.study.workers import cores, workplace


def improve(options: argparse.Namespace) -> int:
    """Run what is missing of the study and then the notebook; with `dry_run` only say what is missing.

    Returns the exit code, 1 when runs failed. Raises MnistError.
    """
    scheduler = cluster_address(options)
    jobs = options.jobs or cores()
    check_settings({"seeds": options.seeds, "jobs": jobs})
    notebook = NOTEBOOKS / f"{STAGES['improve']}.ipynb"
    parameters = parse_parameters(options.parameter, [notebook])[notebook]
    request = Request(options.dataset, options.data_root or "", options.run_root or "", options.parameter)
    source = find_source(request)
    paths = run_paths(request.run_root, source.name, changed_settings(parameters))
    epochs = float(str(parameters.get("epochs", TrainingSettings().epochs)))
    study = Study(source, epochs, options.seeds, tuple(options.only))
    if options.dry_run:
        print(describe_missing(study, found_runs(study, paths.improvements), jobs))
        return 0
    require_same_dataset(paths, source.name)
    make_folders(paths)
    with hold_lock(paths.lock):
        runs = found_runs(study, paths.improvements)
        missing = missing_runs(study, runs)
        tasks = [(run.configuration, run.seed, run.epochs, run.dataset, request.data_root) for run in missing]
        with workplace(scheduler if missing else "", source.name, request.data_root, jobs) as (run_all, jobs):
            _say(describe_missing(study, runs, jobs).splitlines()[0])
            failed = _store(paths, runs, missing, run_all(run_trial, tasks))
    run_stages(["improve"], request)
    print(f"Study: {shown(paths.improvements)}")
    print(f"Executed notebook: {paths.executed / notebook.name}")
    return 1 if failed else 0


def _store(
    paths: RunPaths, runs: Sequence[StudyRun], missing: Sequence[StudyRun], ended: Iterator[StudyRun]
) -> list[StudyRun]:
    """Write every run as it ends; those that failed."""
    failed, start = [], time.perf_counter()
    for number, run in enumerate(ended, start=1):
        runs = merge_runs(runs, run)
        write_study(paths.improvements, runs)
        if run.failure:
            failed.append(run)
        left = (time.perf_counter() - start) / number * (len(missing) - number) / 60
        said = f"FAILED: {run.failure}" if run.failure else f"{run.errors} errors, {run.seconds:.0f} s"
        _say(f"  {number} of {len(missing)}: {run.configuration}, seed {run.seed}: {said}; about {left:.0f} min left")
    return failed


def _say(message: str) -> None:
    print(message, file=sys.stderr, flush=True)
