"""What a received object is called on disk, and in which scan folder it lies.

Laws: a name that came from outside is kept only when it is a plain name; it never becomes a path.
"""

from __future__ import annotations

import re
import zlib

from xnat_gate.sandbox.dicom.header import Header

PLAIN = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.,+=@ ()-]{0,199}")
DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"


def own_name(sent: str) -> str | None:
    """The sender's own name, without folders; None when it is not usable."""
    name = re.split(r"[\\/]", sent)[-1]
    usable = PLAIN.fullmatch(name) and not name.endswith((" ", ".", ".xml", ".log"))
    return name if usable else None


def server_name(header: Header) -> str:
    """XNAT's template: study, series number, instance number and a hash of the two SOP UIDs."""
    key = zlib.crc32((header.sop_class + header.sop_instance).encode())
    parts = (header.study, header.series_number, header.instance_number, _base36(key))
    return "-".join(re.sub(r"[^A-Za-z0-9_.]", "_", part) for part in parts) + ".dcm"


def scan_folder(header: Header) -> str:
    """SeriesNumber when it is a valid name, else the cleaned SeriesInstanceUID, else `NA`."""
    if re.fullmatch(r"[A-Za-z0-9_-]+", header.series_number):
        return header.series_number
    return re.sub(r"\W", "_", header.series) or "NA"


def _base36(value: int) -> str:
    text = ""
    while True:
        value, digit = divmod(value, 36)
        text = DIGITS[digit] + text
        if not value:
            return text
