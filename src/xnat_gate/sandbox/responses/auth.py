"""Login, logout and who am I: /data/services/auth, /data/auth, /data/JSESSION, the front page."""

from __future__ import annotations

import html

from starlette.responses import Response

from xnat_gate.sandbox import gatekeeping, replies
from xnat_gate.sandbox.call import Call
from xnat_gate.sandbox.exceptions import BadRequest, NotFound, NotLoggedIn

PROVIDERS = {None, "", "localdb"}


def log_in(call: Call) -> Response:
    """The session id as text and as cookie; 401, 400 for another provider, 404 without a body.

    Not played: `authenticatorId`, `authMethod`.
    """
    words = dict(call.params)
    name = words.get("username")
    if not name:
        raise NotFound("The server has not found anything matching the request URI")
    if words.get("provider") not in PROVIDERS:
        raise BadRequest(f"Unknown authentication provider: {words['provider']}")
    user = gatekeeping.credentials(call, name, words.get("password", ""))
    if user is None:
        raise NotLoggedIn("Authentication failed.")
    gatekeeping.start_session(call, user)
    return replies.text(call.session or "")


def log_in_by_get(call: Call) -> Response:
    """404, as in XNAT."""
    raise NotFound("The server has not found anything matching the request URI")


def who(call: Call) -> Response:
    """`User 'NAME' is logged in`."""
    return replies.text(f"User '{call.user.login}' is logged in")


def session_id(call: Call) -> Response:
    """The session id as text; `CSRF=true` appends the session's token."""
    token = f"; XNAT_CSRF={gatekeeping.csrf_token(call)}" if call.flag("CSRF") else ""
    return replies.text(f"{call.session}{token}")


def log_out(call: Call) -> Response:
    """Ends the session: 200, also when it has ended already."""
    call.world.logins.close(call.session)
    call.session = None
    return replies.empty()


def front_page(call: Call) -> Response:
    """The front page, logged in or not; sets the session cookie for Basic credentials.

    Not played: everything a browser would look at.
    """
    who_line = f"Logged in as: {html.escape(call.user.login)}" if call.session else "Please log in."
    page = f"<!DOCTYPE html>\n<html><head><title>XNAT</title></head><body><p>{who_line}</p></body></html>\n"
    return replies.text(page, media_type="text/html")


def version(call: Call) -> Response:
    """404: no route of XNAT 1.8, which clients rely on."""
    raise NotFound("The server has not found anything matching the request URI")
