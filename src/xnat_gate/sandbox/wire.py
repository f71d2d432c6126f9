"""What ASGI cannot say: a reason phrase of one's own, and a connection that is dropped.

Laws: a reason phrase is one line of Latin-1; `scope["state"]["hang_up"]()` closes the connection at once.
"""

from __future__ import annotations

import asyncio
from typing import Any

import h11
from uvicorn.config import Config
from uvicorn.protocols.http.h11_impl import H11Protocol
from uvicorn.server import ServerState

REASON = b"x-sandbox-reason"
LONGEST = 500


def reason_header(message: str) -> dict[str, str]:
    """Headers that make `message` the reason phrase; none for an empty message."""
    line = "".join(char if " " <= char <= "~" else " " for char in message)[:LONGEST].strip()
    return {REASON.decode(): line} if line else {}


class Connection(h11.Connection):
    """Moves the reason out of the headers into the status line."""

    def send(self, event: Any) -> Any:
        if isinstance(event, h11.Response):
            reason = next((value for name, value in event.headers if name == REASON), None)
            if reason is not None:
                kept = [(name, value) for name, value in event.headers.raw_items() if name.lower() != REASON]
                event = h11.Response(status_code=event.status_code, headers=kept, reason=reason)
        return super().send(event)


class Protocol(H11Protocol):
    """uvicorn's, with both."""

    def __init__(
        self,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        super().__init__(config, server_state, {**app_state, "hang_up": self._hang_up}, _loop)
        self.conn = Connection(h11.SERVER)

    def _hang_up(self) -> None:
        self.transport.abort()
