"""The benchmark as a table and in sentences."""

import statistics

from mnist_helpers.benchmark.photographs import photographs_text
from mnist_helpers.benchmark.step_profile import ARITHMETIC


def benchmark_table(result: dict) -> str:
    """The medians of every contestant and the ratios, as a Markdown table."""
    lines = [
        "| | epochs | to 99% test accuracy | full run | faster to 99% | faster in full |",
        "| --- | ---: | ---: | ---: | ---: | ---: |",
    ]
    ratios = {row["name"]: row for row in result["comparison"]}
    for name in dict.fromkeys(outcome["name"] for outcome in result["outcomes"]):
        own = [outcome for outcome in result["outcomes"] if outcome["name"] == name]
        row = ratios.get(name, {"to_target": None, "full": None})
        cells = [
            name,
            f"{own[0]['epochs']:g}",
            _seconds(median([outcome["to_target"] for outcome in own])),
            _seconds(median([outcome["full"] for outcome in own])),
            *(f"{row[key]:.1f}×" if row[key] else "" for key in ("to_target", "full")),
        ]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def benchmark_text(result: dict) -> str:
    """Memory, inference, the profile of a training step, and how soon and how fast `predict` answers, in sentences."""
    ours = [outcome for outcome in result["outcomes"] if outcome["images_per_second"] is not None]
    memory = max(outcome["peak_memory"] or 0 for outcome in ours)
    rate = statistics.median(outcome["images_per_second"] for outcome in ours)
    profile = result["profile"]
    largest_first = sorted(profile["shares"].items(), key=lambda item: -item[1])
    shares = ", ".join(f"{kind} {share:.0%}" for kind, share in largest_first)
    # Files written before it was measured lack it, and what answers below.
    kernels = profile.get("step_over_kernels")
    more = f", and {kernels:.1f} times what oneDNN's kernels take at their fastest" if kernels else ""
    text = (
        f"A training step takes {profile['step_ms']:.0f} ms, {profile['step_over_arithmetic']:.1f} times what its "
        f"{ARITHMETIC} takes ({shares}){more}. Training holds {memory / 1e9:.1f} GB at most. "
        f"Test images are classified at {rate:,.0f} a second."
    )
    answering = startup_text(result.get("predict")), photographs_text(result.get("photographs", ()))
    return " ".join(filter(None, (text, *answering)))


def startup_text(timed: dict | None) -> str:
    """How soon `predict` answers, in a sentence; empty where nothing was timed."""
    if timed is None:
        return ""
    return (
        f"`mnist-cnn predict` answers in {timed['seconds']:.1f} s, {timed['ratio']:.1f} times what `import torch` "
        f"takes (median of {timed['rounds']})."
    )


def median(values: list[float | None]) -> float | None:
    """The median, or None where a value is missing."""
    known = [value for value in values if value is not None]
    return statistics.median(known) if len(known) == len(values) else None


def _seconds(value: float | None) -> str:
    return "not reached" if value is None else f"{value:.0f} s"
