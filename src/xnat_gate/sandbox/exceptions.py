"""The refusals: every way in which the sandbox says no, each with the HTTP status XNAT uses for it.

Refusal
├── BadRequest 400        NotLoggedIn 401     Forbidden 403      NotFound 404
├── WrongVerb 405         InConflict 409      Expected 417       Unprocessable 422
├── InFlight 423          Failure 500         NotPlayed 501      WriteFailed 507
└── Locked 409            (a row somebody is working on; each route gives it its own face)
"""

from __future__ import annotations

from collections.abc import Mapping


class Refusal(Exception):
    """The request is refused. `str()` is the message for the status page."""

    status = 500

    def __init__(self, message: str = "", *, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(message)
        self.headers = dict(headers or {})


class BadRequest(Refusal):
    status = 400


class NotLoggedIn(Refusal):
    status = 401


class Forbidden(Refusal):
    status = 403


class NotFound(Refusal):
    status = 404


class WrongVerb(Refusal):
    status = 405


class InConflict(Refusal):
    """As XNAT's ClientException with 409: inside a prearchive job it leaves the row in CONFLICT."""

    status = 409


class Locked(Refusal):
    """The row is in a locked status: work is in progress."""

    status = 409


class Expected(Refusal):
    status = 417


class Unprocessable(Refusal):
    status = 422


class Failure(Refusal):
    status = 500


class WriteFailed(Refusal):
    """No room for what is received."""

    status = 507


class NotPlayed(Refusal):
    """The sandbox does not play this part of XNAT."""

    status = 501
