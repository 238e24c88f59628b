"""The parameters of a notebook, checked in the notebook itself: papermill lets any name and type through."""

import ast
import difflib
from collections.abc import Iterable, Mapping
from typing import Any

from mnist_helpers.errors import MnistError
from mnist_helpers.settings import check_settings

TYPES: dict[str, tuple[type, ...]] = {"bool": (bool,), "int": (int,), "float": (int, float), "str": (str,)}
WANTED = {"bool": "true or false", "int": "a whole number", "float": "a number", "str": "a text"}


def read_parameters(namespace: Mapping[str, Any]) -> dict[str, object]:
    """Name and present value of every parameter of the notebook whose `globals()` are given.

    What is declared, with an annotation each, is read from the cell itself, which IPython keeps in `In`.

    Raises MnistError for a name in papermill's cell that is not declared, a value of another type, or one out of range.
    """
    declared: dict[str, str] = {}
    injected: list[str] = []
    for source in namespace["In"]:
        try:
            cell = ast.parse(source).body
        except SyntaxError:  # a magic command, or a slip of the user's
            continue
        annotated = [node for node in cell if isinstance(node, ast.AnnAssign) and node.simple]
        # The last cell with annotations: it may have been changed and run again.
        declared = {ast.unparse(node.target): ast.unparse(node.annotation) for node in annotated} or declared
        if source.startswith("# Parameters"):  # papermill's cell
            injected += [ast.unparse(node.targets[0]) for node in cell if isinstance(node, ast.Assign)]
    if not declared:  # nbval keeps no history: every annotation of the session will do
        declared = {name: annotation.__name__ for name, annotation in namespace["__annotations__"].items()}
    for name in injected:
        require_known(name, declared)
    values = {name: namespace[name] for name in declared}
    for name, value in values.items():
        require_type(name, value, declared[name])
    check_settings(values)
    return values


def require_known(name: str, known: Iterable[str], what: str = "parameter") -> None:
    """Raise MnistError, with the nearest name that exists, unless `name` is one of them; `what` they name."""
    known = list(known)
    if name not in known:
        nearest = difflib.get_close_matches(name, known, n=1, cutoff=0.5)
        hint = f" Did you mean {nearest[0]}?" if nearest else ""
        raise MnistError(f"There is no {what} {name}.{hint} Known here: {', '.join(known)}.")


def require_type(name: str, value: object, type_name: str) -> None:
    """Raise MnistError unless `value` is of the type that the notebook declares; a whole number will do for any."""
    if not isinstance(value, TYPES[type_name]) or (isinstance(value, bool) and type_name != "bool"):
        raise MnistError(f"{name} is {value!r}: it must be {WANTED[type_name]}.")
