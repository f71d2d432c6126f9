"""The foreign senders: they push, note for every object whether they were told Success, and push the rest again.

dcmtk's storescu and dcmsend where they are installed, and pynetdicom's SCU, which can also be slow on the wire.
"""

from __future__ import annotations

import random
import re
import shutil
import socket
import subprocess
import threading
import time
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from pydicom import dcmread
from pynetdicom import AE, _config, evt
from pynetdicom.events import Event

from .plan import Thing

_config.STORE_SEND_CHUNKED_DATASET = True  # the bytes of a file as they are
_config.LOG_HANDLER_LEVEL = "none"

ASKED = re.compile(
    r"Message Type +: C-STORE RQ\n(?:(?!Message Type).*\n)*?.*Affected SOP Instance UID +: (\S+)"
)
ANSWERED = re.compile(
    r"Message Type +: C-STORE RSP\n(?:(?!Message Type).*\n)*?.*Affected SOP Instance UID +: (\S+)\n"
    r"(?:(?!Message Type).*\n)*?.*DIMSE Status +: 0x([0-9a-fA-F]{4})"
)
WITHIN = 120
"""Seconds for one association."""
ANSWER = 5
"""Seconds until an answer is missed; pynetdicom waits so long for a receiver that was killed, too."""


@dataclass
class Told:
    """By SOPInstanceUID: how often each object was sent, and how often the sender heard Success. Of many threads."""

    sent: Counter[str] = field(default_factory=Counter)
    success: Counter[str] = field(default_factory=Counter)
    refused: Counter[str] = field(default_factory=Counter)
    associations: int = 0
    broken: int = 0
    _one: threading.Lock = field(default_factory=threading.Lock)

    def note(self, sent: Sequence[str], answers: Sequence[tuple[str, int]]) -> None:
        """One association: what went out, and which status came back for what."""
        with self._one:
            self.associations += 1
            self.sent.update(sent)
            self.success.update(uid for uid, status in answers if status == 0)
            self.refused.update(uid for uid, status in answers if status != 0)
            self.broken += len(answers) < len(sent) or not sent


def dcmtk() -> dict[str, Path]:
    """The programs by name. pynetdicom brings a storescu of its own, but no dcmsend."""
    beside = shutil.which("dcmsend")
    return {name: Path(beside).with_name(name) for name in ("storescu", "dcmsend")} if beside else {}


def push(things: Sequence[Thing], port: int, told: Told, chance: random.Random) -> None:
    """One association with all of these; whether it went well is in `told`."""
    programs = dcmtk()
    program = chance.choice([*programs, "slow", "scu"])
    if program in programs:
        _by_dcmtk(programs[program], things, port, told)
    else:
        _by_scu(things, port, told, pause=chance.uniform(0.002, 0.03) if program == "slow" else 0.0)


def _by_dcmtk(program: Path, things: Sequence[Thing], port: int, told: Told) -> None:
    words = [str(program), "-d", "-aec", "XNAT", "-ta", "10", "-td", "60", "127.0.0.1", str(port)]
    try:
        done = subprocess.run(
            [*words, *(str(thing.path) for thing in things)],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=WITHIN,
            check=False,
        )
        said = done.stdout
    except subprocess.TimeoutExpired as error:
        said = error.stdout or b""
    text = said.decode(errors="replace")
    told.note(ASKED.findall(text), [(uid, int(status, 16)) for uid, status in ANSWERED.findall(text)])


def _by_scu(things: Sequence[Thing], port: int, told: Told, pause: float) -> None:
    """`pause`: seconds after each PDU, so that an object is long on its way."""
    entity = AE(ae_title="CAMPAIGN")
    entity.acse_timeout, entity.dimse_timeout, entity.connection_timeout = 10, ANSWER, 10
    for sop_class, syntax in sorted({_context(thing.path) for thing in things}):
        entity.add_requested_context(sop_class, syntax)
    wires: list[socket.socket] = []

    def opened(event: Event) -> None:
        transport = event.assoc.dul.socket
        if transport is not None and transport.socket is not None:
            wires.append(transport.socket)

    def slowly(_: Event) -> None:
        time.sleep(pause)

    sent: list[str] = []
    answers: list[tuple[str, int]] = []
    association = entity.associate(
        "127.0.0.1",
        port,
        ae_title="XNAT",
        max_pdu=16384,
        evt_handlers=[(evt.EVT_CONN_OPEN, opened), *([(evt.EVT_PDU_SENT, slowly)] if pause else [])],
    )
    try:
        for thing in things:
            if not association.is_established:
                break
            sent.append(thing.key)
            with suppress(RuntimeError):  # it ended in this very moment
                status = association.send_c_store(thing.path).get("Status")
                if status is not None:
                    answers.append((thing.key, status))
        if association.is_established:
            association.release()
    finally:
        for wire in wires:
            wire.close()
        told.note(sent, answers)


def _context(path: Path) -> tuple[str, str]:
    head = dcmread(path, stop_before_pixels=True, specific_tags=["SOPClassUID"])
    return str(head.SOPClassUID), str(head.file_meta.TransferSyntaxUID)
