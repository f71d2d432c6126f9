"""Answers that break on the wire: none at all, half of one, one that is held back.

Laws: the connection is really closed, as by a proxy or a fallen host; whatever the whole answer would have cleaned up
behind itself is cleaned up.
"""

from __future__ import annotations

import asyncio
from collections.abc import MutableMapping
from concurrent.futures import Future
from contextlib import suppress
from typing import Any

from starlette.types import ASGIApp, Message, Receive, Scope, Send


class NoAnswer:
    """Drops the connection."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await _hang_up(scope, receive)


class HalfAnswer:
    """Sends the head and half of the first piece of the body, then drops the connection."""

    def __init__(self, whole: ASGIApp) -> None:
        self._whole = whole

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        head: list[Message] = []
        broken = False

        async def halve(message: MutableMapping[str, Any]) -> None:
            nonlocal broken
            if message["type"] == "http.response.start":
                head.append(message)
            elif not broken:
                broken = True
                body: bytes = message.get("body", b"")
                if half := body[: len(body) // 2]:
                    await send(head[0])
                    await send({"type": "http.response.body", "body": half, "more_body": True})
                await _hang_up(scope, receive)

        await self._whole(scope, receive, halve)


class HeldAnswer:
    """Waits until `released` is done or the client has gone; then answers, to nobody in the second case."""

    def __init__(self, whole: ASGIApp, released: Future[None]) -> None:
        self._whole = whole
        self._released = released

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        gone = asyncio.ensure_future(_client_gone(receive))
        await asyncio.wait({gone, asyncio.wrap_future(self._released)}, return_when=asyncio.FIRST_COMPLETED)
        gone.cancel()
        with suppress(asyncio.CancelledError):
            await gone
        await self._whole(scope, receive, send)


async def _hang_up(scope: Scope, receive: Receive) -> None:
    scope["state"]["hang_up"]()
    await _client_gone(receive)


async def _client_gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
