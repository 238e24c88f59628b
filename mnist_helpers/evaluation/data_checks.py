"""Is the data what it should be? What `data.check_data` found, as a table and in words."""

from mnist_helpers.display import Table


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


def describe_data_checks(checks: dict, checksum: str) -> str:
    """How many images stand in two parts, and which files these are."""
    across = checks["duplicates_across"]
    pairs = ", ".join(f"{' and '.join(pair['parts'])}: {pair['n']}" for pair in across)
    return (
        f"Images that stand in two parts: {sum(pair['n'] for pair in across)} ({pairs}). The files were verified; "
        f"their SHA-256 together is `{checksum}`."
    )
