"""The receiver itself: listens, and stops in order.

pynetdicom's settings are those of the process: whatever else there speaks DICOM takes storage as unrestricted, too.
"""

from __future__ import annotations

import logging
import socketserver
import ssl
import sys
import threading
import time
from types import TracebackType
from typing import Any, Self, cast

from pynetdicom import AE, _config
from pynetdicom.sop_class import Verification  # type: ignore[attr-defined]  # made at import
from pynetdicom.transport import ThreadedAssociationServer

from xnat_gate.edge.receiver.connection import Connection
from xnat_gate.edge.receiver.encryption import Encryption
from xnat_gate.edge.receiver.service import Service, Tell

IMPLEMENTATION_CLASS_UID = "2.25.104929839487233612953021387432091847363"
IMPLEMENTATION_VERSION_NAME = "XNAT_GATE"
"""The same in every release: the same object becomes the same file, so that it is known when it comes again."""

ABORTING = 2.0
"""Seconds for an association that was told to end."""
LOOKING = 0.25
"""Seconds between two looks whether to stop."""
MANY = 1 << 20


class ReceiverUnavailable(Exception):
    """It cannot listen; `str()` says where, why and what to do."""


class Server(ThreadedAssociationServer):
    """Accepts connections, each for a thread of its own; TLS is theirs to agree upon, so that none waits here."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(
        self, *given: Any, service: Service, encryption: ssl.SSLContext | None, **named: Any
    ) -> None:
        self.service, self.encryption = service, encryption
        self.looked = time.monotonic()
        super().__init__(*given, **named)

    def service_actions(self) -> None:
        """Called at each turn of the loop that accepts."""
        self.looked = time.monotonic()

    def shutdown(self) -> None:
        """Accept nothing any more."""
        socketserver.BaseServer.shutdown(self)
        self.server_close()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A connection failed for a reason that nobody foresaw; the others go on."""
        why = type(sys.exception()).__name__
        self.service.tell({"event": "error", "address": str(client_address[0]), "why": why})


class Receiver:
    """Listens from construction on; `address` tells where, also when the port was left open with 0.

    Raises ReceiverUnavailable, or EncryptionUnusable.
    """

    def __init__(
        self, service: Service, *, bind: str = "", port: int = 8104, encryption: Encryption | None = None
    ) -> None:
        self.service = service
        _config.UNRESTRICTED_STORAGE_SERVICE = True
        _config.LOG_HANDLER_LEVEL = "none"
        self._log = _Overheard(service.tell)
        context = encryption.context() if encryption else None
        try:
            server = _entity(service).make_server(
                (bind or "0.0.0.0", port), server_class=Server, request_handler=Connection,  # noqa: S104
                service=service, encryption=context,
            )  # fmt: skip
        except (OSError, OverflowError) as error:
            why = getattr(error, "strerror", None) or str(error)
            raise ReceiverUnavailable(
                f"cannot listen on {bind or '0.0.0.0'} port {port} ({why}): "  # noqa: S104
                "see that nothing else listens there, or name another with --port"
            ) from error
        self._server = cast(Server, server)
        self.address = (str(self._server.server_address[0]), int(self._server.server_address[1]))
        logging.getLogger("pynetdicom").addHandler(self._log)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(LOOKING,), daemon=True)
        self._thread.start()

    def deaf(self) -> float:
        """Seconds since it last looked who wants to come in; less than one as long as it does."""
        return time.monotonic() - self._server.looked

    def stop(self, within: float = 30.0) -> int:
        """Let nobody in any more, let the running ones end, abort what is left then; how many were aborted."""
        self._server.shutdown()
        self._thread.join()
        late = self.service.close(within)
        for association in late:
            association.abort(block=False)
        for association in self.service.close(ABORTING) if late else ():
            if association.dul.socket is not None:
                association.dul.socket.close()
        if late:
            self.service.close(ABORTING)
        logging.getLogger("pynetdicom").removeHandler(self._log)
        return len(late)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._thread.is_alive():
            self.stop(0)


def _entity(service: Service) -> AE:
    """Storage needs no contexts: unrestricted, it takes every SOP class and the first transfer syntax proposed."""
    entity = AE(ae_title=service.admission.ae_title)
    entity.implementation_class_uid = IMPLEMENTATION_CLASS_UID
    entity.implementation_version_name = IMPLEMENTATION_VERSION_NAME
    entity.maximum_associations = MANY  # ours to decide, with all else, in the negotiation
    entity.maximum_pdu_size = service.limits.pdu
    entity.network_timeout = service.limits.idle
    entity.acse_timeout = service.limits.acse
    entity.dimse_timeout = service.limits.dimse
    entity.add_supported_context(Verification)
    return entity


class _Overheard(logging.Handler):
    """What pynetdicom itself has to say of wrongs, as told lines; its messages hold no data sets."""

    def __init__(self, tell: Tell) -> None:
        super().__init__(logging.WARNING)
        self._tell = tell

    def emit(self, record: logging.LogRecord) -> None:
        self._tell({"event": "protocol", "why": record.getMessage().strip().split("\n")[0][:300]})
