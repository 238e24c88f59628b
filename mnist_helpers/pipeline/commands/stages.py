"""`explore`, `design`, `train`, `evaluate`: each runs its notebook; `report` runs all of them."""

import argparse

from mnist_helpers.pipeline.options import add_cluster, add_data, add_parameter, add_run_root, cluster_address
from mnist_helpers.pipeline.streams import require_home

TEXTS = {
    "explore": "look at the data: samples, class distribution, pixel statistics",
    "design": "describe and check the network",
    "train": "train the network and write models/mnist_cnn.pth",
    "evaluate": "score the test set, write metrics.json and the HTML report",
    "report": "all of these in order",
}
RESUMABLE = ("train", "report")


def add_to(commands: argparse._SubParsersAction) -> None:
    """Add the commands that run notebooks."""
    for name, text in TEXTS.items():
        command = commands.add_parser(name, help=text, description=f"{name}: {text}.")
        command.set_defaults(run=run)
        add_data(command)
        add_run_root(command)
        add_parameter(command)
        if name in RESUMABLE:
            _add_training(command)


def _add_training(command: argparse.ArgumentParser) -> None:
    """Parameters of the training that have an option of their own."""
    command.add_argument(
        "--resume",
        dest="parameter",
        action="append_const",
        const=("resume", "true"),
        help="go on with an interrupted training of the same settings",
    )
    command.add_argument(
        "--seeds",
        dest="parameter",
        action="append",
        type=lambda number: ("seeds", number),
        metavar="N",
        help="train N networks, with the seed and those that follow it; the first is kept, the others show "
        "how much of its accuracy is chance, and are trained by several processes or a cluster",
    )
    add_cluster(command)


def run(options: argparse.Namespace) -> int:
    """Run the notebooks of a command; print what was found, and where it is."""
    require_home()
    from mnist_helpers.pipeline.stages import REPORT_ORDER, STAGES, Request, run_stages

    if options.command in RESUMABLE and (scheduler := cluster_address(options)):
        options.parameter.append(("scheduler", scheduler))
    stages = [stage for stage in STAGES if stage in REPORT_ORDER] if options.command == "report" else [options.command]
    request = Request(options.dataset, options.data_root or "", options.run_root or "", options.parameter)
    paths = run_stages(stages, request)
    if "evaluate" in stages:
        from mnist_helpers.evaluation import classification_report, headline, read_metrics

        metrics = read_metrics(paths.metrics)
        print(headline(metrics) if options.command == "report" else classification_report(metrics))
        print(f"Report: {paths.report}")
    else:
        print(f"Executed notebook: {paths.executed / STAGES[options.command]}.ipynb")
    return 0
