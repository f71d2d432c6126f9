"""From the wire to a file: the data set of a C-STORE is written as its fragments come, and never re-encoded.

pynetdicom gathers a data set in a BytesIO to which it writes and nothing else; ours writes on to a file. pynetdicom's
own setting for this (STORE_RECV_CHUNKED_DATASET) takes the system's temporary folder, which in a container is memory,
and loses the association when the disk is full; here the rest is let go by, so that the sender gets an answer.
"""

from __future__ import annotations

import errno
import io
import os
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO

from pynetdicom.ae import ApplicationEntity
from pynetdicom.association import Association
from pynetdicom.dimse import DIMSEServiceProvider
from pynetdicom.dimse_messages import C_STORE_RQ, DIMSEMessage
from pynetdicom.dsutils import create_file_meta, encode_file_meta
from pynetdicom.pdu_primitives import P_DATA
from pynetdicom.presentation import PresentationContext

from xnat_gate.core.receiving import AE_TITLE, below_reserve
from xnat_gate.edge.receiver.visit import Visit

BUFFER = 1 << 17
LOOK_AFTER = 16 << 20
"""Bytes after which the room on the disk is looked at again."""


class Inflow(io.BytesIO):
    """Where one data set goes. `size`: bytes that came; they went nowhere once there is `trouble`."""

    def __init__(self, begin: Callable[[], BinaryIO | None], look: Callable[[], None]) -> None:
        """`begin` opens the file when the first fragment comes, None when this is no object; `look` raises OSError
        when there is no room."""
        super().__init__()
        self._begin, self._look = begin, look
        self._file: BinaryIO | None = None
        self._begun, self._looked_at = False, 0
        self.size = 0
        self.trouble: OSError | None = None

    def write(self, data: bytes, /) -> int:  # type: ignore[override]  # pynetdicom writes bytes alone
        if self.trouble is None:
            try:
                self._write(data)
            except OSError as trouble:
                self.trouble = trouble
                self.give_up()
        self.size += len(data)
        return len(data)

    def finish(self) -> Path:
        """The file, whole and flushed. Raises OSError, also for trouble that came earlier."""
        if self.trouble:
            raise self.trouble
        if self._file is None:
            raise OSError(errno.ENODATA, "there is no data set")
        try:
            self._file.flush()
            os.fsync(self._file.fileno())
            self._file.close()
        except OSError:
            self.give_up()
            raise
        return Path(self._file.name)

    def give_up(self) -> None:
        """No more will come, or it cannot be kept: its room on the disk is free at once."""
        if self._file is not None:
            with suppress(OSError):
                self._file.close()
            with suppress(OSError):
                Path(self._file.name).unlink()

    def _write(self, data: bytes) -> None:
        if not self._begun:
            self._begun = True
            self._file = self._begin()
        if self._file is None:
            return
        if self.size - self._looked_at >= LOOK_AFTER:
            self._looked_at = self.size
            self._look()
        self._file.write(data)


class Streaming(DIMSEServiceProvider):
    """The DIMSE provider of one association, with an Inflow for each message."""

    def __init__(self, association: Association, visit: Visit) -> None:
        super().__init__(association)
        self._visit = visit
        self._begun = 0

    def receive_primitive(self, primitive: P_DATA) -> None:
        if self.message is None:
            message = self.message = DIMSEMessage()
            message.data_set = Inflow(lambda: self._begin(message), self._look)
        super().receive_primitive(primitive)

    def give_up(self) -> None:
        """The association is over: what came in part, or was not asked about any more, is no object."""
        left = [self.message.data_set] if self.message else []
        while not self.msg_queue.empty():
            left.append(getattr(self.msg_queue.get_nowait()[1], "DataSet", None))
        for inflow in left:
            if isinstance(inflow, Inflow):
                inflow.give_up()

    def _begin(self, message: DIMSEMessage) -> BinaryIO | None:
        """A PS3.10 file, the data set still to come."""
        contexts = {context.context_id: context for context in self.assoc.accepted_contexts}
        context = contexts.get(message.context_id)
        if not isinstance(message, C_STORE_RQ) or context is None:
            return None
        self._look()
        self._begun += 1
        path = self._visit.scratch() / f"{self._begun}.part"
        file = path.open("xb", buffering=BUFFER)
        file.write(_head(message, context, self.assoc.ae, called=self._visit.called))
        return file

    def _look(self) -> None:
        limits, landing = self._visit.service.limits, self._visit.service.landing
        if below_reserve(landing.free(), limits.reserve):
            raise OSError(errno.ENOSPC, "the disk reserve is reached")


def _head(
    message: C_STORE_RQ, context: PresentationContext, ours: ApplicationEntity, *, called: str
) -> bytes:
    """Preamble and file meta information, with the AE title that was called (PS3.10 7.1) as far as it is one. The title
    of the caller is left out: the same object from two senders would become two files that differ.

    Raises OSError for a request without the UIDs that stand in it.
    """
    try:
        meta = create_file_meta(
            sop_class_uid=message.command_set.AffectedSOPClassUID,
            sop_instance_uid=message.command_set.AffectedSOPInstanceUID,
            transfer_syntax=context.transfer_syntax[0],
            implementation_uid=ours.implementation_class_uid,
            implementation_version=ours.implementation_version_name or "",
        )
        if AE_TITLE.fullmatch(called):
            meta.ReceivingApplicationEntityTitle = called
        return b"\0" * 128 + b"DICM" + encode_file_meta(meta)
    except (AttributeError, ValueError) as error:
        raise OSError(errno.EBADMSG, "the request names no object") from error
