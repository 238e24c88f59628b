"""What the machine offers: device, number format, and an allocator that keeps its memory."""

import ctypes
import platform
import sys
from pathlib import Path

import torch

from mnist_helpers.errors import MnistError

# glibc's mallopt: M_TRIM_THRESHOLD, M_TOP_PAD, M_MMAP_THRESHOLD.
_KEEP_MEMORY = {-1: 1 << 30, -2: 64 << 20, -3: 32 << 20}


def choose_device(device: str = "auto") -> torch.device:
    """The device to compute on; "auto" takes CUDA, then Apple's MPS, then the CPU.

    Raises MnistError when the one asked for is not there.
    """
    present = {"cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available(), "cpu": True}
    if device == "auto":
        return torch.device(next(name for name, there in present.items() if there))
    if not present[device]:
        there = ", ".join(name for name, is_there in present.items() if is_there)
        raise MnistError(f"device {device} is not on this machine: choose auto or one of {there}.")
    return torch.device(device)


def choose_precision(precision: str, device: torch.device) -> torch.dtype:
    """The number format of convolutions and matrix products in training; "auto" takes bfloat16 where it is fast."""
    if precision != "auto":
        return getattr(torch, precision)
    if device.type == "cuda":
        fast = torch.cuda.is_bf16_supported(including_emulation=False)
    else:
        capabilities = torch.cpu.get_capabilities()
        fast = device.type == "cpu" and (capabilities.get("amx_bf16") or capabilities.get("avx512_bf16"))
    return torch.bfloat16 if fast else torch.float32


def keep_freed_memory() -> None:
    """Tell glibc to keep freed memory instead of handing it back to the kernel after every step.

    Large activations are otherwise mapped, zeroed and unmapped in each step. Elsewhere this does nothing.
    """
    if sys.platform == "linux" and platform.libc_ver()[0] == "glibc":
        libc = ctypes.CDLL(None)
        for option, value in _KEEP_MEMORY.items():
            libc.mallopt(option, value)


def peak_memory() -> int | None:
    """The most memory this process has held so far, in bytes; None where the system does not tell (Windows)."""
    status = Path("/proc/self/status")
    # Linux' getrusage counts what the process held that started this one; some containers know nothing better.
    if status.is_file() and "VmHWM:" in (text := status.read_text(encoding="utf-8")):
        return 1024 * int(text.split("VmHWM:")[1].split()[0])
    try:
        import resource
    except ImportError:
        return None
    # macOS counts in bytes, others in kilobytes.
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)


def describe_machine(device: torch.device) -> dict[str, str | int]:
    """Processor, operating system and threads, for the provenance of a result."""
    processor = torch.cpu.get_capabilities().get("cpu_name") or platform.processor() or platform.machine()
    name = torch.cuda.get_device_name(device) if device.type == "cuda" else processor
    return {
        "device": f"{device.type} ({name})",
        "system": f"{platform.system()} {platform.machine()}",
        "threads": torch.get_num_threads(),
    }
