"""A file of torch.save, opened as what it may be: bytes from a stranger.

`torch.load(weights_only=True)` runs no code from a file, but it allocates what the file asks for and lets it call
many of torch's own functions, not all of which check what they are given (pytorch/pytorch issue 184652). So nothing
reaches it before the file has passed three checks: its size, its zip container, and its pickle.
"""

import io
import pickletools
import re
import stat
import zipfile
from pathlib import Path

import torch

MAX_BYTES = 320 * 2**20  # The widest network that the settings allow takes 286 MB.
MAX_PICKLE_BYTES = 2 * 2**20  # 10,000 epochs, the most that the settings allow, take 1 MB.
MAX_TENSORS = 200  # A network has 33 at most.
MEMBER = re.compile(r"[^/]+/(data\.pkl|byteorder|version|data/[0-9]+)")
# All that dictionaries of numbers, texts and contiguous tensors need.
NAMES = {
    "collections OrderedDict",
    "torch FloatStorage",
    "torch LongStorage",
    "torch._utils _rebuild_tensor_v2",
}


def read_archive(path: Path) -> object:
    """What `torch.save` wrote to `path`: plain values and CPU tensors.

    Runs no code from the file, and takes time and memory in proportion to its size, which is limited. Raises
    OSError when the file cannot be read, and ValueError for any content but the intact one of a file of torch.save.
    """
    details = path.stat()
    if not stat.S_ISREG(details.st_mode):
        raise OSError(0, "it is not a file")
    if details.st_size > MAX_BYTES:
        raise ValueError(f"{details.st_size:,} bytes are more than the {MAX_BYTES:,} that one can have")
    content = path.read_bytes()
    try:
        members = _members(content)
        _require_plain(members["data.pkl"])
        return torch.load(_packed(members), map_location="cpu", weights_only=True)
    except ValueError:
        raise
    # Parsers meet bad bytes with every kind of exception: KeyError, RecursionError, struct.error, UnpicklingError, ...
    except Exception as error:
        raise ValueError(f"reading it ends in {type(error).__name__}") from error


def _members(content: bytes) -> dict[str, bytes]:
    """The members of a zip file that torch.load looks at, by their name there, unpacked and their sums checked."""
    # Counted in the bytes, because opening the file would already build an object for each.
    if not content.startswith(b"PK\3\4") or content.count(b"PK\1\2") > 2 * MAX_TENSORS:
        raise ValueError("it is no zip file of torch.save")
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        members = archive.infolist()
        # torch.save stores. What is compressed, or lies over another member, can be larger than the whole file.
        if any(member.compress_type != zipfile.ZIP_STORED for member in members):
            raise ValueError("it is a compressed zip file")
        if sum(max(member.file_size, member.compress_size) for member in members) > len(content):
            raise ValueError("its parts are larger than the whole")
        named = [(MEMBER.fullmatch(member.filename), member) for member in members]
        return {match[1]: archive.read(member) for match, member in named if match}


def _require_plain(pickled: bytes) -> None:
    """Raise ValueError for a pickle that asks for more than plain values and tensors, or for any of them twice.

    What can be asked for again can be nested into itself, and a few bytes then stand for gigabytes.
    """
    if len(pickled) > MAX_PICKLE_BYTES:
        raise ValueError(f"{len(pickled):,} bytes of plain values are more than {MAX_PICKLE_BYTES:,}")
    texts: set[object] = set()
    previous = ""
    tuples = 0
    for opcode, argument, _ in pickletools.genops(pickled):
        if opcode.name == "GLOBAL" and argument not in NAMES:
            raise ValueError(f"it asks for {argument!r:.60}")
        if opcode.name in {"BINPUT", "LONG_BINPUT"}:
            (texts.add if previous in {"BINUNICODE", "GLOBAL"} else texts.discard)(argument)
        if opcode.name in {"BINGET", "LONG_BINGET"} and argument not in texts:
            raise ValueError("it uses a value twice")
        # A tensor takes four. Tuples within tuples, as a key, would overrun the stack of the interpreter.
        tuples += opcode.name.startswith("TUPLE")
        if tuples > 4 * MAX_TENSORS:
            raise ValueError("it has too many tuples")
        previous = opcode.name


def _packed(members: dict[str, bytes]) -> io.BytesIO:
    """The members as a new zip file, since torch reads zip files in a way of its own: it sees what was checked."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, content in members.items():
            archive.writestr(f"archive/{name}", content)
    buffer.seek(0)
    return buffer
