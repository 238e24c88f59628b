"""The state of an unfinished training run on disk, from which it goes on after any interruption."""

import io
import pickletools
import zipfile
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

        Raises MnistError when it cannot be read or belongs to a run with another configuration.
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
            name = differing[0]
            raise MnistError(
                f"The unfinished run has another configuration ({', '.join(differing)}): for example {name} was "
                f"{stored[name]!r:.80} and is {self.configuration[name]!r}. Set it as it was, or train anew, "
                "without --resume."
            )
        return state

    def unusable(self, error: Exception) -> MnistError:
        """The error to raise for a state that cannot be read or used because of `error`."""
        reason = str(error) if type(error) is ValueError else type(error).__name__
        return MnistError(f"{shown(self.path)} cannot be used ({reason!r:.80}): train anew, without --resume.")

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
