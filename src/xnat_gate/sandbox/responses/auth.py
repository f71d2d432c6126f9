"""Login, logout and who am I: /data/services/auth, /data/auth, /data/JSESSION, the front page."""

from __future__ import annotations

import html

from starlette.responses import Response

from xnat_gate.sandbox import gatekeeping, replies
from xnat_gate.sandbox.call import Call
from xnat_gate.sandbox.exceptions import BadRequest, NotFound, NotLoggedIn
from xnat_gate.sandbox.models import users

PROVIDERS = {None, "", "localdb"}


def log_in(call: Call) -> Response:
    """PUT/POST /data/services/auth: the session id as text; 401, 400 (provider), 404 without a body."""
    words = dict(call.params)
    name = words.get("username")
    if not name:
        raise NotFound("The server has not found anything matching the request URI")
    if words.get("provider") not in PROVIDERS:
        raise BadRequest(f"Unknown authentication provider: {words['provider']}")
    user = users.login(call.world.db, name, words.get("password", ""))
    if user is None:
        raise NotLoggedIn("Authentication failed.")
    gatekeeping.start_session(call, user)
    return replies.text(call.session or "")


def log_in_by_get(call: Call) -> Response:
    raise NotFound("The server has not found anything matching the request URI")


def who(call: Call) -> Response:
    return replies.text(f"User '{call.user.login}' is logged in")


def session_id(call: Call) -> Response:
    """GET/POST /data/JSESSION; `?CSRF=true` appends a token."""
    token = f"; XNAT_CSRF={call.session}-csrf" if call.flag("CSRF") else ""
    return replies.text(f"{call.session}{token}")


def log_out(call: Call) -> Response:
    """DELETE /data/JSESSION: 200, also when the session has ended already."""
    call.world.logins.close(call.session)
    call.session = None
    return replies.empty()


def front_page(call: Call) -> Response:
    who_line = f"Logged in as: {html.escape(call.user.login)}" if call.session else "Please log in."
    page = f"<!DOCTYPE html>\n<html><head><title>XNAT</title></head><body><p>{who_line}</p></body></html>\n"
    return replies.text(page, media_type="text/html")


def version(call: Call) -> Response:
    """/data/version is no route of XNAT 1.8: a clean 404, which clients rely on."""
    raise NotFound("The server has not found anything matching the request URI")
