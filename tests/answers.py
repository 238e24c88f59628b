"""What servers answer and what folders hold, for tests of downloads."""

LONG = 60  # seconds: a busy machine pauses anywhere


def page(content: bytes, length: int | None = None) -> bytes:
    return b"HTTP/1.0 200 OK\r\nContent-Length: %d\r\n\r\n" % (length or len(content)) + content


def missing_page(send, path) -> None:
    send(b"HTTP/1.0 404 Not Found\r\n\r\n")


def contents(root) -> dict[str, bytes | None]:
    """Everything below `root`, byte for byte; None for a folder."""
    return {
        path.relative_to(root).as_posix(): path.read_bytes() if path.is_file() else None for path in root.rglob("*")
    }
