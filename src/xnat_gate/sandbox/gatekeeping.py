"""Who is asking: Basic credentials, the JSESSIONID cookie, 401 for scripts and the login page for browsers.

Laws: a live cookie of the same account spares the password check; a wrong password is 401 on every path; only the
front page, the login page, the login form and the closing of a session are open to everybody; an alias token logs in as
its owner wherever a password does; a browser shows its CSRF token when it changes something under /data.
"""

from __future__ import annotations

import base64
import binascii
import re
import time
from collections.abc import Sequence

from xnat_gate.sandbox.call import Call
from xnat_gate.sandbox.exceptions import Forbidden, NotLoggedIn, Refusal
from xnat_gate.sandbox.models import tokens, users
from xnat_gate.sandbox.models.users import User

BROWSER = re.compile("MSIE|Mozilla|AppleWebKit|Opera")
SAFE = {"GET", "HEAD", "OPTIONS"}
CHALLENGE = {"WWW-Authenticate": 'Basic realm="XNAT Protected Area"'}
LOGIN_PAGE = "/app/template/Login.vm"
OPEN = {("GET", "/"), ("HEAD", "/"), ("GET", LOGIN_PAGE), ("DELETE", "/data/JSESSION")}
OPEN |= {(method, "/data/services/auth") for method in ("GET", "PUT", "POST")}


class ToLogin(Refusal):
    """A browser without login is sent to the login page."""

    status = 302


def admit(call: Call) -> None:
    """Log the caller in. Raises NotLoggedIn or ToLogin."""
    basic = _basic(call.headers.get("authorization", ""))
    key = cookie(call)
    owner = call.world.logins.owner(key)
    if basic is not None and _account(call, basic[0]) != owner:
        _by_password(call, *basic)
        return
    user = users.find(call.world.db, owner) if owner else None
    if user is None:
        _refuse_anonymous(call)
        return
    call.user, call.session = user, key


def demand_csrf_token(call: Call) -> None:
    """A browser that changes something under /data shows the session's token. Raises Forbidden."""
    if call.method in SAFE or not call.path.startswith("/data/") or (call.method, call.path) in OPEN:
        return
    agent = call.headers.get("user-agent", "")
    if not BROWSER.search(agent) or re.search("XNATDesktopClient|JAVA", agent):
        return
    if call.param("XNAT_CSRF") != csrf_token(call):
        raise Forbidden("INVALID CSRF")


def csrf_token(call: Call) -> str:
    return f"{call.session}-csrf"


def credentials(call: Call, name: str, password: str) -> User | None:
    """The account that a name and password, or an alias and secret, log in as."""
    owner = tokens.owner(call.world.db, name, password)
    if owner is not None:
        return users.find(call.world.db, owner)
    return users.login(call.world.db, name, password)


def start_session(call: Call, user: User) -> None:
    call.user = user
    call.session = call.world.logins.open(user.login)


def cookie(call: Call) -> str | None:
    """The session id that the caller sends."""
    found = re.search(r"(?:^|;\s*)JSESSIONID=\"?([^;\"\s]+)", call.headers.get("cookie", ""))
    return found[1] if found else None


def cookies(call: Call) -> Sequence[str]:
    """What the answer sets; nothing for a caller without a session."""
    if call.session is None:
        return ()
    interval = int(call.world.settings.session_timeout * 1000)
    return (
        f"JSESSIONID={call.session}; Path=/; HttpOnly",
        f'SESSION_EXPIRATION_TIME="{int(time.time() * 1000)},{interval}"; Path=/',
    )


def _by_password(call: Call, name: str, password: str) -> None:
    user = credentials(call, name, password)
    if user is None:
        raise NotLoggedIn("Login attempt failed. Please try again.", headers=CHALLENGE)
    start_session(call, user)


def _account(call: Call, name: str) -> str:
    """The account behind an alias; any other name stands for itself."""
    token = tokens.find(call.world.db, name)
    return token.login if token else name


def _refuse_anonymous(call: Call) -> None:
    if (call.method, call.path) in OPEN:
        return
    if BROWSER.search(call.headers.get("user-agent", "")):
        raise ToLogin(headers={"Location": LOGIN_PAGE})
    raise NotLoggedIn("The request requires user authentication", headers=CHALLENGE)


def _basic(header: str) -> tuple[str, str] | None:
    kind, _, code = header.partition(" ")
    if kind.lower() != "basic":
        return None
    try:
        name, _, password = base64.b64decode(code, validate=True).decode("utf-8").partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return ("", "")
    return name.rpartition("/")[2], password
