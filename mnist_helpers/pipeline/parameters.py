"""Parameters from the command line, checked against the notebooks' `parameters` cells before anything runs."""

from collections.abc import Callable, Sequence
from pathlib import Path

from papermill import inspect_notebook

from mnist_helpers.errors import MnistError
from mnist_helpers.parameters import WANTED, require_known
from mnist_helpers.settings import check_settings

# These decide more than a notebook's behaviour: the command line has its own options for them.
OPTIONS = ("dataset", "data_root", "run_root")
_TRUTH = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}


def parse_parameters(given: Sequence[tuple[str, str]], notebooks: Sequence[Path]) -> dict[Path, dict[str, object]]:
    """The given names and texts as typed values, for each notebook those that it declares.

    Raises MnistError for a name that none of the notebooks declares, a text that is not of the declared type,
    and a value out of range.
    """
    declared = {notebook: inspect_notebook(notebook) for notebook in notebooks}
    types = {name: entry["inferred_type_name"] for entries in declared.values() for name, entry in entries.items()}
    values: dict[str, object] = {}
    for name, text in given:
        if name in OPTIONS:
            raise MnistError(f"Set {name} with --{name.replace('_', '-')}, not with -p.")
        require_known(name, types)
        values[name] = _parse(name, text, types[name])
    check_settings(values)
    return {
        notebook: {name: value for name, value in values.items() if name in entries}
        for notebook, entries in declared.items()
    }


def _parse(name: str, text: str, type_name: str) -> object:
    try:
        return _READERS[type_name](text)
    except (KeyError, ValueError) as error:
        raise MnistError(f"{name} is {text!r}: it must be {WANTED[type_name]}.") from error


def _truth(text: str) -> bool:
    return _TRUTH[text.lower()]


def _number(text: str) -> float:
    """Whole where it is written so: reports show 4 epochs, not 4.0."""
    return int(text) if text.isdecimal() else float(text)


_READERS: dict[str, Callable[[str], object]] = {"bool": _truth, "int": int, "float": _number, "str": str}
