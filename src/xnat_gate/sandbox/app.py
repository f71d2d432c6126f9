"""The ASGI application: takes a request apart, logs the caller in, runs the answer in a thread, renders refusals.

Laws: a body is read whole to a temporary file before anything acts on it, so a broken upload changes nothing; every
path but the front page and the login form wants an account.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Mapping
from typing import IO, BinaryIO, cast
from urllib.parse import parse_qsl

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData, UploadFile
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from xnat_gate.sandbox import gatekeeping, replies
from xnat_gate.sandbox.call import Call, Upload
from xnat_gate.sandbox.exceptions import Refusal
from xnat_gate.sandbox.faults import striking
from xnat_gate.sandbox.router import Router, normalised
from xnat_gate.sandbox.world import World

IN_MEMORY = 1 << 20


class App:
    """`started` is called once the server is about to accept requests."""

    def __init__(self, world: World, router: Router, started: Callable[[], None]) -> None:
        self._world = world
        self._router = router
        self._started = started

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._lifespan(receive, send)
        elif scope["type"] == "http":
            response = await self._respond(Request(scope, receive))
            await response(scope, receive, send)

    async def _lifespan(self, receive: Receive, send: Send) -> None:
        await receive()
        await send({"type": "lifespan.startup.complete"})
        self._started()
        await receive()
        await send({"type": "lifespan.shutdown.complete"})

    async def _respond(self, request: Request) -> ASGIApp:
        try:
            if request.headers.get("content-type", "").startswith("multipart/"):
                async with request.form() as form:
                    return await run_in_threadpool(self._answer_form, request, form)
            with tempfile.SpooledTemporaryFile(IN_MEMORY) as body:
                async for chunk in request.stream():
                    body.write(chunk)
                return await run_in_threadpool(self._answer, request, body)
        except ClientDisconnect:
            return replies.status_page("The request was cut short.", 400)

    def _answer_form(self, request: Request, form: FormData) -> ASGIApp:
        files = [
            Upload(part.filename or "", part.content_type or "", part.file)
            for _, part in form.multi_items()
            if isinstance(part, UploadFile)
        ]
        words = [(key, part) for key, part in form.multi_items() if isinstance(part, str)]
        with tempfile.SpooledTemporaryFile(IN_MEMORY) as body:
            return self._answer(request, body, words, files)

    def _answer(
        self, request: Request, body: IO[bytes], words: list[tuple[str, str]] | None = None,
        files: list[Upload] | None = None,
    ) -> ASGIApp:  # fmt: skip
        length = body.tell()
        body.seek(0)
        raw = str(request.scope.get("raw_path", b"").decode("latin-1"))
        params = [*request.query_params.multi_items(), *(words or [])]
        if request.headers.get("content-type", "").startswith("application/x-www-form-urlencoded"):
            params += parse_qsl(body.read().decode("utf-8", errors="replace"), keep_blank_values=True)
            body.seek(0)
        call = Call(
            world=self._world, method=request.method, path=normalised(raw), asked_path=raw, args={}, params=params,
            headers=cast("Mapping[str, str]", request.headers), body=cast("BinaryIO", body), body_length=length,
            uploads=files or [],
        )  # fmt: skip
        return striking.through(call, self._guarded)

    def _guarded(self, call: Call) -> Response:
        try:
            gatekeeping.admit(call)
            gatekeeping.demand_csrf_token(call)
            answer, call.args = self._router.find(call.method, call.path)
            response = answer(call)
        except Refusal as refusal:
            response = replies.refused(call, refusal)
        for cookie in gatekeeping.cookies(call):
            response.headers.append("set-cookie", cookie)
        return response
