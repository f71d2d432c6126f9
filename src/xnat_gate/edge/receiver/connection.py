"""One connection: from the socket to the end of the association that came over it.

Laws: a connection can neither hold up the others (TLS is agreed upon in its own thread) nor live on in silence (each
read has its time-out) nor fill the memory (a PDU has its longest length); who may not come in is rejected while the
association is negotiated, and when that decision fails, nobody comes in.
"""

from __future__ import annotations

import errno
import socket
import ssl
from typing import TYPE_CHECKING

from pynetdicom import evt
from pynetdicom.acse import ACSE
from pynetdicom.association import Association
from pynetdicom.events import Event
from pynetdicom.pdu_primitives import A_ABORT, A_ASSOCIATE, A_P_ABORT
from pynetdicom.transport import AssociationSocket, RequestHandler

from xnat_gate.core.receiving import in_order
from xnat_gate.edge.receiver.inflow import Streaming
from xnat_gate.edge.receiver.storing import store
from xnat_gate.edge.receiver.visit import Visit

if TYPE_CHECKING:
    from xnat_gate.edge.receiver.receiver import Server

LONGEST_REQUEST = 1 << 20
"""Bytes: an association request with every context there can be is shorter."""


class Connection(RequestHandler):
    """Runs in a thread of its own; pynetdicom adds one that reads and one that serves."""

    server: Server

    def handle(self) -> None:
        visit = Visit(self.server.service, str(self.client_address[0]))
        if not self._open(visit):
            visit.end()
            return
        association = self._create_association()
        streaming = self._make_ours(association, visit)
        try:
            association.start()
            association.join()
            association.dul.join(self.server.service.limits.network)
        finally:
            self.request.close()  # which pynetdicom forgets where the sender was faster
            streaming.give_up()
            visit.end()
            self.server.service.leave(visit.name)  # last, so that a receiver that stops has told of everybody

    def _open(self, visit: Visit) -> bool:
        """Set up the socket, and agree upon TLS when it is on."""
        limits = self.server.service.limits
        self.request.settimeout(limits.network)
        self.request.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, int(limits.nodelay))
        if self.server.encryption is None:
            return True
        try:
            self.request = self.server.encryption.wrap_socket(self.request, server_side=True)
        except OSError as error:
            if not isinstance(error, (ssl.SSLEOFError, ConnectionError)):  # else somebody only looked by
                visit.outcome, visit.why = (
                    "refused",
                    f"TLS: {getattr(error, 'reason', None) or error.strerror}",
                )
            return False
        return True

    def _make_ours(self, association: Association, visit: Visit) -> Streaming:
        limits = self.server.service.limits
        association.dul.event_queue.get_nowait()  # "connected", which the socket in place of the first one says again
        association.dul.socket = BoundedSocket(association, self.request, max(limits.pdu, LONGEST_REQUEST))
        association.dul.daemon = True
        association.dimse = streaming = Streaming(association, visit)
        association.acse = Doorkeeper(association, visit)
        association.bind(evt.EVT_C_STORE, store, [visit])
        association.bind(evt.EVT_RELEASED, _released, [visit])
        association.bind(evt.EVT_ACSE_RECV, _heard, [visit])
        return streaming


class Doorkeeper(ACSE):
    """The negotiation, with our own say in who may associate."""

    def __init__(self, association: Association, visit: Visit) -> None:
        super().__init__(association)
        self._visit = visit

    def negotiate_association(self) -> None:
        request = self.requestor.primitive
        if not isinstance(request, A_ASSOCIATE):  # the connection went before anything was asked
            self.assoc.kill()
            return
        called, calling = request.called_ae_title or "", request.calling_ae_title or ""
        self._visit.asked(called=called, calling=calling)
        refusal = self._visit.service.enter(
            self._visit.name, self.assoc, called=called, calling=calling, address=self._visit.address
        )
        if refusal is None:
            for context in request.presentation_context_definition_list:
                context.transfer_syntax = [*in_order([str(syntax) for syntax in context.transfer_syntax])]
            super().negotiate_association()
            return
        self._visit.refused(refusal)
        self.send_reject(refusal.value.result, refusal.value.source, refusal.value.diagnostic)
        self.assoc.kill()


class BoundedSocket(AssociationSocket):
    """Reads no more than a PDU may hold, so that a length in a header cannot fill the memory."""

    def __init__(self, association: Association, client: socket.socket, longest: int) -> None:
        super().__init__(association, client_socket=client)
        self._longest = longest

    def recv(self, nr_bytes: int) -> bytearray:
        """Fewer bytes when the connection was cut. Raises OSError."""
        if nr_bytes > self._longest:
            raise OSError(errno.EMSGSIZE, "a PDU is longer than was agreed upon")
        if self.socket is None:
            return bytearray()
        got, there = bytearray(nr_bytes), 0
        with memoryview(got) as view:
            while there < nr_bytes and (count := self.socket.recv_into(view[there:])):
                there += count
        del got[there:]
        return got


def _released(_: Event, visit: Visit) -> None:
    visit.outcome = "released"


def _heard(event: Event, visit: Visit) -> None:
    primitive = getattr(event, "primitive", None)
    if isinstance(primitive, A_ABORT):
        visit.why = "the sender aborted"
    elif isinstance(primitive, A_P_ABORT):
        visit.why = "the connection broke or spoke no DICOM"
