"""What a receiver decides: who may associate, whether there is room, what a file is called, which status is told.

Laws: an empty allow-list allows all, a list that is there refuses whatever is not surely on it; a name on disk is a
valid UID or made by us, so that no text of a sender's becomes a path; Success stands for an object that is safe.
"""

from __future__ import annotations

import errno
import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum, IntEnum
from ipaddress import IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import NamedTuple

Network = IPv4Network | IPv6Network

UID = re.compile(r"[0-9]+(\.[0-9]+)*")
LONGEST_UID = 64
AE_TITLE = re.compile(r"[ -\[\]-~]{1,16}")
EXPLICIT_VR_BIG_ENDIAN = "1.2.840.10008.1.2.2"
NO_ROOM = frozenset({errno.ENOSPC, errno.EDQUOT})


class Rejection(NamedTuple):
    """The three numbers of an A-ASSOCIATE-RJ (PS3.8 table 9-21), and what the log says."""

    result: int
    source: int
    diagnostic: int
    why: str


class Refusal(Enum):
    """Why somebody may not associate."""

    ADDRESS = Rejection(1, 1, 1, "the address is not on the allow-list")
    CALLED_AE = Rejection(1, 1, 7, "the called AE title is not ours")
    CALLING_AE = Rejection(1, 1, 3, "the calling AE title is not on the allow-list")
    TOO_MANY = Rejection(2, 3, 2, "as many associations as allowed are running")


class Status(IntEnum):
    """What a sender is told of its object (PS3.4 table B.2-1)."""

    SUCCESS = 0x0000
    OUT_OF_RESOURCES = 0xA700
    CANNOT_STORE = 0xC100


class Placed(Enum):
    """What became of an object in the drop folder: `OTHER`, its name held other bytes, so it got a second one."""

    NEW = "new"
    SAME = "same"
    OTHER = "other"


@dataclass(frozen=True, slots=True, kw_only=True)
class Admission:
    """Who may associate. `calling` and `networks`: empty for anybody; `associations`: how many at one time."""

    ae_title: str = "XNAT"
    check_called: bool = True
    calling: frozenset[str] = frozenset()
    networks: tuple[Network, ...] = ()
    associations: int = 32

    def refusal(self, *, called: str, calling: str, address: str, running: int) -> Refusal | None:
        """None for somebody who may come in; `running`: associations that go on already."""
        if self.networks and not _within(address, self.networks):
            return Refusal.ADDRESS
        if self.check_called and called.strip() != self.ae_title:
            return Refusal.CALLED_AE
        if self.calling and calling.strip() not in self.calling:
            return Refusal.CALLING_AE
        return Refusal.TOO_MANY if running >= self.associations else None


def _within(address: str, networks: tuple[Network, ...]) -> bool:
    try:
        known = ip_address(address)
    except ValueError:
        return False
    if isinstance(known, IPv6Address) and known.ipv4_mapped:
        known = known.ipv4_mapped
    return any(known in network for network in networks)


def networks(text: str) -> tuple[Network, ...]:
    """A list such as 10.1.0.0/16, 192.168.7.5 or fd00::/8. Raises ValueError with a sentence for a person."""
    return tuple(_network(part) for part in _listed(text))


def ae_titles(text: str) -> frozenset[str]:
    """A list of AE titles. Raises ValueError with a sentence for a person."""
    return frozenset(ae_title(part) for part in _listed(text))


def ae_title(text: str) -> str:
    """One AE title, its blanks at both ends left out. Raises ValueError with a sentence for a person."""
    title = text.strip()
    if not AE_TITLE.fullmatch(title):
        raise ValueError(f"{text!r} is no AE title: it has 1 to 16 ASCII characters and no backslash")
    return title


def _listed(text: str) -> list[str]:
    return [part.strip() for part in text.split(",") if part.strip()]


def _network(text: str) -> Network:
    try:
        return ip_network(text)
    except ValueError as error:
        raise ValueError(f"{text!r} is no address or network: write 192.168.7.5 or 10.1.0.0/16") from error


def in_order(transfer_syntaxes: Sequence[str]) -> list[str]:
    """As the sender prefers them, but the retired big endian last: senders that offer it first together with implicit
    VR mean no more by it than "anything", and would convert what they hold."""
    return sorted(transfer_syntaxes, key=lambda syntax: syntax == EXPLICIT_VR_BIG_ENDIAN)


def is_uid(text: str) -> bool:
    """Whether this is a UID, and so as a name harmless on every file system."""
    return len(text) <= LONGEST_UID and UID.fullmatch(text) is not None


def folder_name(study_uid: str, association: str) -> str:
    """One folder for a study whoever sends it; one of the association's own when the study has no usable UID."""
    return study_uid if is_uid(study_uid) else f"association-{association}"


def file_name(sop_instance_uid: str) -> str:
    """The same for the same object, so that it is found when it comes again."""
    if is_uid(sop_instance_uid):
        return f"{sop_instance_uid}.dcm"
    digest = hashlib.sha256(sop_instance_uid.encode("utf-8", "surrogatepass")).hexdigest()
    return f"object-{digest[:32]}.dcm"


def numbered(name: str, number: int) -> str:
    """The name itself for 1, else name-2.dcm, name-3.dcm …"""
    if number == 1:
        return name
    stem, dot, ending = name.rpartition(".dcm")
    return f"{stem}-{number}{dot}" if dot and not ending else f"{name}-{number}"


def below_reserve(free: int, reserve: int) -> bool:
    """Bytes both: whether the disk has less left than must stay free."""
    return free < reserve


def status_for(trouble: OSError) -> Status:
    """What is told of an object that could not be made safe."""
    return Status.OUT_OF_RESOURCES if trouble.errno in NO_ROOM else Status.CANNOT_STORE


def told_uid(text: str) -> str:
    """A UID as a log may hold it: what is none may be anything, a name too."""
    return text if is_uid(text) else "not a UID"
