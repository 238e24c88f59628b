"""Thousands of spoilt checkpoints and MNIST files: each is read or refused with a message, and nothing else.

A seeded fuzzer of our own, so that every run tries the same files and needs no further package.
"""

import io
import pickletools
import random
import sys
import time
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from checkpoints import HOSTILE, save, untrained_run

from mnist_helpers.checkpoint.store import load_checkpoint
from mnist_helpers.data.sources import MNIST_MD5, find_data
from mnist_helpers.data.splits import load_test_data, load_training_data
from mnist_helpers.errors import MnistError
from mnist_helpers.settings import PLAIN_MODEL, ModelSettings

try:
    import resource
except ImportError:  # Windows
    resource = None

CASES = 1_000
SECONDS_EACH = 30
MEGABYTES_MORE = 300
ODD_VALUES = (
    *(None, True, False, 0, 1, -1, 3, 2**31, 10**30, 10**400, 0.5, -0.0, 1e308, float("nan"), float("inf")),
    *("", "mnist", "deep", "\ud800", "x" * 5_000, b"", (), [], {}, [[[]]], {"width": 1}, {1: 2}, {None: None}, set()),
    *(torch.ones(()), torch.ones(2, 3), torch.ones(0), torch.tensor(float("nan")), torch.ones(1).expand(9, 9)),
    *(torch.ones(2, dtype=torch.int64), torch.ones(2, dtype=torch.complex64), torch.ones(2).to_sparse()),
)
OPCODES = bytes(ord(opcode.code) for opcode in pickletools.opcodes)
# Sizes and counts at which readers of 1, 2, 4 and 8 bytes, signed or not, go wrong.
NUMBERS = [(2**bits + step) % 2**64 for bits in (0, 7, 8, 15, 16, 31, 32, 63, 64) for step in (-1, 0, 1)]


def spoil_bytes(dice: random.Random, content: bytes) -> bytes:
    """Change, remove, insert, repeat or exchange some bytes."""
    spoilt = bytearray(content)
    for _ in range(dice.choice((1, 1, 1, 2, 8))):
        at, length = dice.randrange(len(spoilt) + 1), dice.choice((1, 1, 2, 4, 8, 100))
        match dice.randrange(7):
            case 0 if at < len(spoilt):
                spoilt[at] ^= 1 << dice.randrange(8)
            case 1:
                spoilt[at : at + length] = dice.randbytes(length)
            case 2:
                del spoilt[at : at + length]
            case 3:
                spoilt[at:at] = dice.randbytes(length)
            case 4:
                spoilt[at:at] = spoilt[at : at + length]
            case 5:
                size = dice.choice((1, 2, 4, 8))
                number = dice.choice(NUMBERS) % 256**size
                spoilt[at : at + size] = number.to_bytes(size, dice.choice(("big", "little")))
            case _:
                other = dice.randrange(len(spoilt) + 1)
                spoilt[at : at + length] = spoilt[other : other + length]
    return bytes(spoilt)


def cut(dice: random.Random, content: bytes) -> bytes:
    start, end = dice.choice((0, 0, dice.randrange(len(content)))), dice.randrange(len(content))
    return content[start:end] if start < end else content[:end]


def spoil_header(dice: random.Random, content: bytes) -> bytes:
    """Spoil only the beginning or the end, where files say how they are to be read, and keep the length."""
    number = dice.choice(NUMBERS).to_bytes(8, dice.choice(("big", "little")))[-4:]
    patch = dice.choice((number, dice.randbytes(dice.randrange(1, 5)), bytes([dice.randrange(16)])))
    at = dice.randrange(dice.choice((4, 16, 64)))
    at = dice.choice((at, at, len(content) - 64 + at))
    return (content[:at] + patch + content[at + len(patch) :])[: len(content)]


def spoil_pickle(dice: random.Random, content: bytes) -> bytes:
    """Change, remove, repeat or move whole instructions of the pickle."""
    starts = [position for _, _, position in pickletools.genops(content)]
    steps = [content[start:end] for start, end in zip(starts, [*starts[1:], len(content)], strict=True)]
    for _ in range(dice.choice((1, 1, 2, 5))):
        at, other = dice.randrange(len(steps)), dice.randrange(len(steps))
        match dice.randrange(6):
            case 0:
                steps[at] = bytes([dice.choice(OPCODES)]) + steps[at][1:]
            case 1:
                del steps[at]
                steps = steps or [b"."]
            case 2:
                steps[at:at] = [steps[at]] * dice.choice((1, 1, 50))
            case 3:
                steps[at], steps[other] = steps[other], steps[at]
            case 4:
                steps[at] = steps[at][:1] + spoil_bytes(dice, steps[at][1:] or b"\0")
            case _:
                steps[at:at] = [
                    dice.choice((b"K\xff", b"J\xff\xff\xff\x7f", b"h\1", b"q\1", b"N", b"]", b"}", b")R", b"0"))
                ]
    return b"".join(steps)


def members_of(content: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(content)) as container:
        return {name: container.read(name) for name in container.namelist()}


def zip_of(members: dict[str, bytes], method: int = zipfile.ZIP_STORED) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as container:
        for name, content in members.items():
            container.writestr(name, content)
    return buffer.getvalue()


def spoil_members(dice: random.Random, content: bytes) -> bytes:
    """Exchange, spoil, rename, remove or compress members of the zip file, whose sums are right again."""
    members = members_of(content)
    one, other = dice.sample(sorted(members), 2)
    match dice.randrange(6):
        case 0:
            members[one], members[other] = members[other], members[one]
        case 1:
            members[one] = spoil_bytes(dice, members[one])
        case 2:
            members[dice.choice((one.upper(), "x", "/", "../x", one.replace("archive/", "")))] = members.pop(one)
        case 3:
            del members[one]
        case 4:
            return zip_of(members, dice.choice((zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA)))
        case _:
            members["archive/data.pkl"] = spoil_pickle(dice, members["archive/data.pkl"])
    return zip_of(members)


def spoil_pickle_member(dice: random.Random, content: bytes) -> bytes:
    members = members_of(content)
    spoil = dice.choice((spoil_pickle, spoil_pickle, spoil_bytes))
    members["archive/data.pkl"] = spoil(dice, members["archive/data.pkl"])
    return zip_of(members)


def spoil_values(dice: random.Random, content: bytes) -> bytes:
    """Replace, remove or add a value somewhere among the values, and save them again, in the new format or the old."""
    values = torch.load(io.BytesIO(content), weights_only=True)
    place = values
    while True:
        keys = list(place) if isinstance(place, dict) else list(range(len(place)))
        key = dice.choice(keys)
        if isinstance(place[key], dict | list) and place[key] and dice.random() < 0.8:
            place = place[key]
            continue
        match dice.randrange(4):
            case 0:
                del place[key]
            case 1 if isinstance(place, dict):
                place[dice.choice(("more", 1, None, (1, 2), ""))] = dice.choice(ODD_VALUES)
            case _:
                place[key] = dice.choice(ODD_VALUES)
        break
    buffer = io.BytesIO()
    torch.save(values, buffer, _use_new_zipfile_serialization=dice.random() < 0.95)
    return buffer.getvalue()


@pytest.fixture(scope="module")
def checkpoints(tmp_path_factory) -> list[bytes]:
    """One intact file of each architecture, small."""
    path = tmp_path_factory.mktemp("intact") / "checkpoint.pth"
    contents = []
    for settings in (ModelSettings(width=1), replace(PLAIN_MODEL, width=1)):
        save(path, untrained_run(settings))
        contents.append(path.read_bytes())
    return contents


def peak_megabytes() -> float:
    """The most memory that this process has held so far; 0 on a system that does not count it."""
    if resource is None:
        return 0
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 1e6


def tally(cases: int, attempt) -> tuple[int, int]:
    """How many of the attempts, by number, ended in success and in MnistError.

    Fails when one ends in another exception, or takes long, or all together take much memory.
    """
    accepted, before = 0, peak_megabytes()
    for case in range(cases):
        start = time.perf_counter()
        try:
            attempt(case)
            accepted += 1
        except MnistError as error:
            assert len(str(error)) < 900, case
        except Exception as error:
            raise AssertionError(f"case {case} ended in {type(error).__name__}") from error
        assert time.perf_counter() - start < SECONDS_EACH, case
    assert peak_megabytes() - before < MEGABYTES_MORE
    return accepted, cases - accepted


@pytest.mark.filterwarnings("ignore")
def test_spoilt_checkpoints_are_opened_or_refused(checkpoints, tmp_path):
    path = tmp_path / "checkpoint.pth"
    ways = (spoil_bytes, cut, spoil_header, spoil_members, spoil_pickle_member, spoil_pickle_member, spoil_values)

    def attempt(case: int) -> None:
        dice = random.Random(case)
        path.write_bytes(ways[case % len(ways)](dice, dice.choice(checkpoints)))
        load_checkpoint(path).model(torch.zeros(1, 1, 28, 28))

    accepted, refused = tally(CASES, attempt)
    # What is no part of any value, such as the date of a member of the zip file, may change.
    assert 0 < accepted < 0.3 * refused


def spoil_provenance(dice: random.Random, content: bytes) -> bytes:
    """Change one value of the provenance: to an odd one, to a hostile text, or by a few letters."""
    values = torch.load(io.BytesIO(content), weights_only=True)
    place = values["provenance"]
    key = dice.choice(list(place))
    if isinstance(place[key], dict):
        place = place[key]
        key = dice.choice(list(place))
    old = place[key]
    match dice.randrange(5):
        case 0:
            place[key] = dice.choice(ODD_VALUES)
        case 1:
            place[key] = dice.choice(HOSTILE)
        case 2:
            place[dice.choice((*HOSTILE, "more"))] = place.pop(key)
        case 3 if isinstance(old, str):
            at = dice.randrange(len(old) + 1)
            piece = dice.choice((*HOSTILE, chr(dice.randrange(128)), chr(dice.randrange(0x11000)), "x" * 200))
            place[key] = old[:at] + piece + old[at:]
        case _:
            place[key] = dice.choice((str(old), [old], {key: old}, -1, 0, 1e300, old * 2 if old is not None else 1))
    buffer = io.BytesIO()
    torch.save(values, buffer)
    return buffer.getvalue()


@pytest.mark.filterwarnings("ignore")
def test_spoilt_provenance_is_refused_or_harmless(checkpoints, tmp_path):
    path = tmp_path / "checkpoint.pth"

    def attempt(case: int) -> None:
        dice = random.Random(case)
        path.write_bytes(spoil_provenance(dice, dice.choice(checkpoints)))
        texts = str(load_checkpoint(path).provenance)
        assert texts.isprintable() and texts.isascii() and not set(texts) & set("<>&`$\\[];|*"), texts

    accepted, refused = tally(CASES, attempt)
    # A longer version or another letter in the name of a processor is as good as the first.
    assert 0 < accepted < 0.3 * refused


def spoil_labels(dice: random.Random, content: bytes) -> bytes:
    """Other labels, among them such as are no digits, or all the same, under an intact header."""
    labels = bytearray(content[8:])
    digits = dice.choice((range(10), range(11), range(256), range(9), (3,), (0, 1)))
    for _ in range(dice.choice((1, 20, 2 * len(labels)))):
        labels[dice.randrange(len(labels))] = dice.choice(digits)
    return content[:8] + labels


def test_spoilt_files_of_mnist_are_read_or_refused(own_digits: Path):
    intact = {name: (own_digits / name).read_bytes() for name in MNIST_MD5}
    ways = (spoil_bytes, cut, spoil_header, spoil_header, spoil_labels)

    def attempt(case: int) -> None:
        dice = random.Random(case)
        part = dice.choice(("t10k", "t10k", "train"))
        way = dice.choice(ways)
        name = dice.choice([name for name in intact if part in name and ("labels" in name or way is not spoil_labels)])
        spoilt = way(dice, intact[name]) if dice.random() < 0.95 else intact[dice.choice(list(intact))]
        (own_digits / name).write_bytes(spoilt)
        try:
            source = find_data("digits")
            load_test_data(source) if part == "t10k" else load_training_data(source)
        finally:
            (own_digits / name).write_bytes(intact[name])

    accepted, refused = tally(CASES, attempt)
    # One pixel is as good as another, and labels without a checksum can be any digits.
    assert 0 < accepted < refused
