"""Is the data what it should be? What `data.check_data` and `find_near_duplicates` found: table, figure and words."""

import torch
from matplotlib.figure import Figure

from mnist_helpers.data import LabelledImages
from mnist_helpers.display import Table, plot_gallery

SHOWN = 8
TOLERANCE = 0.01  # two shares that differ by less differ by chance, among a thousand training images


def tabulate_data_checks(checks: dict) -> Table:
    """A line for each part of the data."""
    return Table(
        "Parts of the data",
        ["Part", "Images", "Smallest class", "Largest class", "Labels", "Exact duplicates within"],
        [
            (
                name,
                f"{part['n']:,}",
                f"{min(part['class_counts']):,}",
                f"{max(part['class_counts']):,}",
                "{}–{}".format(*part["labels"]),
                part["duplicates"],
            )
            for name, part in checks["parts"].items()
        ],
    )


def describe_data_checks(checks: dict) -> str:
    """How many images stand in two parts."""
    across = checks["duplicates_across"]
    pairs = ", ".join(f"{' and '.join(pair['parts'])}: {pair['n']}" for pair in across)
    return f"Images that stand in two parts: {sum(pair['n'] for pair in across)} ({pairs}). The files were verified."


def describe_near_duplicates(near: dict) -> str:
    """How near images of different parts come, and whether that is nearer than training images come to one another."""
    across, typical = near["across"], near["typical"]
    counts = ", ".join(f"{' and '.join(pair['parts'])}: {pair['below']:,} of {pair['images']:,}" for pair in across)
    smallest = min(pair["smallest"] for pair in across)
    within = near["sampled_below"] / near["sampled"]
    more = max(pair["below"] / pair["images"] for pair in across) > within + TOLERANCE
    copies = more or smallest < near["sampled_smallest"] / 2
    return (
        f"A training image is typically {typical:.2f} away from the nearest other one (the median of "
        f"{near['sampled']:,}). Nearer than a quarter of that across two parts: {counts}. The nearest pair is "
        f"{smallest:.2f} apart. Of the training images themselves {within:.1%} have another as near, the nearest at "
        f"{near['sampled_smallest']:.2f}: "
        + ("some of the pairs above may be copies." if copies else "simple shapes are alike, and nothing looks copied.")
    )


def plot_near_duplicates(parts: dict[str, LabelledImages], near: dict) -> Figure:
    """The nearest pairs of images from two parts, nearest first, one image above the other."""
    pairs = [(pair["parts"], entry) for pair in near["across"] for entry in pair["nearest"]]
    pairs = sorted(pairs, key=lambda pair: pair[1]["distance"])[:SHOWN]
    images, captions = [], []
    for place in (1, 0):
        for names, entry in pairs:
            image = entry["indices"][place]
            images.append(parts[names[place]].images[image])
            captions.append(f"{names[place]}\n{image}" + (f"\n{entry['distance']:.2f} from" if place else ""))
    return plot_gallery(torch.stack(images), captions, columns=len(pairs))
