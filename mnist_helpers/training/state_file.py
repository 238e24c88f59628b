"""The state of an unfinished training run on disk, from which it goes on after any interruption."""

import io
import pickletools
import zipfile
import zlib
from dataclasses import dataclass
from pathlib import Path

import torch

from mnist_helpers.errors import MnistError
from mnist_helpers.files import replacing
from mnist_helpers.paths import shown

# All that dictionaries of numbers, texts and contiguous tensors need; a random generator's state is bytes.
NAMES = {
    "collections OrderedDict",
    "torch FloatStorage",
    "torch LongStorage",
    "torch ByteStorage",
    "torch._utils _rebuild_tensor_v2",
}


class UnfitStateError(MnistError):
    """A saved state that this training cannot go on from; `reason` says why, and `name` what to keep it under."""

    def __init__(self, reason: str, cure: str, name: str):
        super().__init__(f"{reason} {cure}")
        self.reason = reason
        self.name = name


@dataclass(frozen=True)
class StateFile:
    """Where the state lies and which run it belongs to; `configuration` holds everything that decides the result."""

    path: Path
    configuration: dict[str, object]

    def save(self, state: dict) -> None:
        """Replace the stored state at once; a kill at any moment leaves the earlier one or this one, whole."""
        buffer = io.BytesIO()
        torch.save({"configuration": self.configuration, "state": state}, buffer)
        with replacing(self.path) as temporary:
            temporary.write_bytes(buffer.getbuffer())

    def load(self) -> object:
        """The stored state, whatever it is made of, or None where there is none.

        Raises UnfitStateError when it cannot be read or belongs to a run with another configuration.
        """
        if not self.path.exists():
            return None
        try:
            content = _read(self.path)
            stored, state = content["configuration"], content["state"]
            if set(stored) != set(self.configuration) or any(_is_unlike(stored[name]) for name in stored):
                raise ValueError("it is of another version")
        # Parsers meet bad bytes with every kind of exception.
        except Exception as error:
            raise self.unusable(error) from error
        differing = [name for name, value in self.configuration.items() if stored[name] != value]
        if differing:
            raise self._other(stored, differing, state)
        return state

    def _other(self, stored: dict, differing: list[str], state: object) -> UnfitStateError:
        """The error for the `state` of a training whose `stored` configuration differs in these names."""
        name, *others = differing
        too = f"; other than now are {', '.join(others)} too" if others else ""
        return UnfitStateError(
            f"An unfinished training, saved at epoch {_epochs(state)}, has another configuration "
            f"({name} was {stored[name]!r:.80} and is {self.configuration[name]!r}{too}): set so again, it goes on.",
            "Or train anew, without --resume.",
            _short_name(stored),
        )

    def unusable(self, error: Exception) -> UnfitStateError:
        """The error to raise for a state that cannot be read or used because of `error`."""
        reason = str(error) if type(error) is ValueError else type(error).__name__
        return UnfitStateError(
            f"{shown(self.path)} cannot be used ({reason!r:.80}).", "Train anew, without --resume.", "unusable"
        )

    def set_aside(self, name: str) -> Path:
        """Move the stored state beside this file, under `name`, and return its path there."""
        return self._move(self.path, self._beside(name))

    def take_back(self) -> None:
        """Use the state that a training of this configuration left when one with another took its place."""
        aside = self._beside(_short_name(self.configuration))
        if aside.exists() and not self.path.exists():
            self._move(aside, self.path)

    def epochs(self) -> int:
        """How many epochs of this very run are stored."""
        try:
            return _epochs(self.load())
        except UnfitStateError:
            return 0

    def _beside(self, name: str) -> Path:
        return self.path.with_suffix(f".{name}{self.path.suffix}")

    def _move(self, source: Path, target: Path) -> Path:
        try:
            return source.replace(target)
        except OSError as error:
            raise MnistError(f"Cannot move {shown(source)} ({error.strerror}): move it away.") from error

    def remove(self) -> None:
        """Forget the state, and what interrupted saves left beside it. Raises MnistError when it cannot be removed."""
        leftovers = self.path.parent.glob(f".{self.path.name}.*.tmp")
        try:
            for path in (self.path, *leftovers):
                path.unlink(missing_ok=True)
        except OSError as error:
            raise MnistError(f"Cannot remove {shown(path)} ({error.strerror}): move it away.") from error


def _read(path: Path) -> dict:
    """What `torch.save` wrote to `path`, as long as it is intact and made of plain values and tensors.

    Not by `archive.read_archive`: that limits sizes to a network's, and a state has several of one. Raises any kind of
    exception for anything else.
    """
    if not path.is_file():
        raise ValueError("it is not a file")
    with zipfile.ZipFile(path) as archive:
        # torch compares no check sums, and would unpack what is far larger than the file.
        if any(member.compress_type != zipfile.ZIP_STORED for member in archive.infolist()) or archive.testzip():
            raise ValueError("it is damaged")
        pickled = [archive.read(name) for name in archive.namelist() if name.endswith("/data.pkl")]
    asked = {argument for code, argument, _ in pickletools.genops(*pickled) if code.name == "GLOBAL"}
    if not asked <= NAMES:
        raise ValueError("it asks for more than plain values and tensors")
    return torch.load(path, map_location="cpu", weights_only=True)


def _is_unlike(value: object) -> bool:
    """Whether it is of none of the types that a setting has."""
    return type(value) not in {bool, int, float, str}


def _short_name(configuration: dict[str, object]) -> str:
    return f"{zlib.crc32(repr(sorted(configuration.items())).encode()):08x}"


def _epochs(state: object) -> int:
    """How many epochs a state is of, which can be made of anything."""
    history = state.get("history") if isinstance(state, dict) else None
    return len(history) if isinstance(history, list) else 0
