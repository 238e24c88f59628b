"""The figures of the study: every difference with its interval, and the ladder from no look to the whole recipe."""

from collections.abc import Sequence

import numpy as np
from matplotlib import pyplot as plt
from matplotlib.figure import Figure

from mnist_helpers.display import BLUE, GREY, ORANGE, describe
from mnist_helpers.evaluation.improvements import LADDER, UNKNOWN, Improvement
from mnist_helpers.evaluation.intervals import wilson_interval
from mnist_helpers.evaluation.study_runs import StudyRun

COLOURS = {"helps": BLUE, "hurts": ORANGE, UNKNOWN: GREY}
MARKS = np.array([0.0001, 0.001, 0.01, 0.1, 1])
LEAST = 1e-5  # share of errors that is shown for none, which has no place on a logarithmic scale


def plot_improvements(improvements: Sequence[Improvement], against: str) -> Figure:
    """The difference in errors of each configuration to `against`, with its 95 % interval where there is one."""
    shown = [one for one in improvements if one.against == against]
    figure, axis = plt.subplots(figsize=(6.4, 0.9 + 0.26 * len(shown)))
    axis.axvline(0, color="black", linewidth=0.8)
    for place, one in enumerate(shown):
        colour = COLOURS[one.verdict]
        if one.difference:
            axis.plot(one.difference.interval, (place, place), color=colour, linewidth=2)
        axis.plot(one.errors - one.before, place, "o", color=colour)
    axis.set_yticks(range(len(shown)), [one.change for one in shown])
    axis.set_ylim(len(shown) - 0.4, -0.6)
    axis.grid(axis="x")
    axis.set_xlabel(f"Errors more than {against}")
    figure.suptitle("Blue helps, orange hurts, grey cannot be told", x=0.01, ha="left", fontsize=10)
    said = "; ".join(f"{one.name} {one.errors - one.before:+.1f}, {one.verdict}" for one in shown)
    return describe(figure, f"Errors more than {against}, each with its 95 % interval: {said or 'none yet'}.")


def plot_ladder(runs: Sequence[StudyRun]) -> Figure:
    """The share of errors of each rung there is, on a scale where each mark is a tenth of the one before.

    A bar for the mean of its seeds, with Wilson's 95 % interval of one network with so many errors.
    """
    rungs = {
        name: [run for run in runs if run.configuration == name and not run.failure and run.images] for name in LADDER
    }
    rungs = {name: found for name, found in rungs.items() if found}
    figure, axis = plt.subplots(figsize=(6.4, 1.0 + 0.36 * len(rungs)))
    texts = []
    for place, (name, found) in enumerate(rungs.items()):
        errors, images = float(np.mean([run.errors for run in found])), found[0].images
        low, high = wilson_interval(errors, images)
        axis.plot((max(low, LEAST), high), (place, place), color=BLUE, linewidth=2)
        axis.plot(max(errors / images, LEAST), place, "o", color=BLUE)
        axis.annotate(f"{errors / images:.2%}", (high, place), (6, 0), textcoords="offset points", va="center")
        texts.append(f"{name} {errors / images:.2%}")
    axis.set_xscale("log")
    axis.set_xticks(MARKS, [f"{mark:.4g}%" for mark in 100 * MARKS], minor=False)
    axis.minorticks_off()
    axis.set_xlim(right=3)
    axis.set_yticks(range(len(rungs)), list(rungs))
    axis.set_ylim(len(rungs) - 0.4, -0.6)
    axis.grid(axis="x")
    axis.set_xlabel("Errors, share of the images compared")
    return describe(figure, f"The share of errors of each rung of the ladder: {'; '.join(texts) or 'none yet'}.")
