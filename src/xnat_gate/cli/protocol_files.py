"""Protocols as files at the command line: read from a file or from standard input, written without loss.

Laws: a file appears under its name only whole; no file is overwritten unasked, and a link to one stays a link.
"""

from __future__ import annotations

import contextlib
import errno
import os
import secrets
import sys
from pathlib import Path

from xnat_gate.cli.exits import Usage
from xnat_gate.cli.telling import printable
from xnat_gate.edge import protocol_file

STDIN = "-"


def name_of(file: str) -> str:
    """How it is called to people."""
    return "standard input" if file == STDIN else file


def content_of(file: str) -> bytes:
    """As much of it as shows that it is too large. Raises OSError."""
    if file == STDIN:
        if sys.stdin is None:  # who started us closed it
            raise OSError(errno.EBADF, os.strerror(errno.EBADF))
        return sys.stdin.buffer.read(protocol_file.LARGEST + 1)
    with Path(file).open("rb") as opened:
        return opened.read(protocol_file.LARGEST + 1)


def asked_for(file: str) -> bytes:
    """As `content_of`, for a verb that cannot do without. Raises Usage."""
    try:
        return content_of(file)
    except OSError as error:
        raise Usage(f"{name_of(file)} cannot be read ({error.strerror}): name another file") from error


def text_of(file: str) -> str:
    """Raises Usage, ProtocolInvalid."""
    return protocol_file.decoded(asked_for(file), name_of(file))


def put_out(text: str) -> None:
    """Byte for byte to standard output; to a terminal without what would move its cursor."""
    if sys.stdout.isatty():
        print("\n".join(printable(line) for line in text.splitlines()))
        return
    sys.stdout.flush()
    sys.stdout.buffer.write(bytes_of(text))
    sys.stdout.buffer.flush()


def bytes_of(text: str) -> bytes:
    """As XNAT holds it, whatever it holds."""
    return text.encode("utf-8", "surrogatepass")


def write(path: Path, text: str, *, force: bool) -> None:
    """Write the file; only with `force` in place of another one. Raises Usage."""
    try:
        _write(path, text, force=force)
    except FileExistsError:
        raise Usage(f"{path} is there already: name another file, or overwrite it with --force") from None
    except OSError as error:
        raise Usage(f"{path} cannot be written ({error.strerror}): name another file") from error


def _write(path: Path, text: str, *, force: bool) -> None:
    """Raises OSError, Usage."""
    if path.is_dir():
        raise Usage(f"{path} is a folder: name another file, such as {path / 'protocol.yaml'}")
    place = _end_of(path) if force else path
    beside = place.with_name(f".{place.name}.{secrets.token_hex(4)}")
    try:
        with beside.open("xb") as file:
            file.write(bytes_of(text))
            file.flush()
            os.fsync(file.fileno())
        if force:
            beside.replace(place)
        else:
            _appear(beside, place)
    finally:
        with contextlib.suppress(OSError):
            beside.unlink(missing_ok=True)


def _end_of(path: Path) -> Path:
    """The file that a link leads to. Raises Usage."""
    try:
        place = path.resolve()
    except RuntimeError:  # a circle, up to Python 3.12
        place = path
    if place.is_symlink():
        raise Usage(f"{path} is a link that leads nowhere: name another file")
    return place


def _appear(beside: Path, path: Path) -> None:
    """Unlike a rename, a link overwrites nothing. Raises FileExistsError."""
    try:
        path.hardlink_to(beside)
    except OSError as error:
        if error.errno not in {errno.EPERM, errno.ENOTSUP, errno.ENOSYS}:
            raise
        path.open("xb").close()  # a file system without links: the name is ours from here on
        beside.replace(path)
