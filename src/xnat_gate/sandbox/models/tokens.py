"""Alias tokens: a pair of alias and secret that logs in as somebody, for a while.

Laws: a token has the rights of its account, no more; one that has expired or was taken back logs nobody in.
"""

from __future__ import annotations

import hmac
import secrets
import sqlite3
import string
import time
import uuid
from dataclasses import dataclass

from xnat_gate.sandbox.models.database import Database

LETTERS = string.ascii_letters + string.digits


@dataclass(frozen=True, slots=True)
class Token:
    """`created` and `expires` in milliseconds since 1970."""

    number: int
    alias: str
    secret: str
    login: str
    created: int
    expires: int


def issue(db: Database, login: str, lifetime: float) -> Token:
    """A new token; `lifetime` in seconds."""
    alias, secret = str(uuid.uuid4()), "".join(secrets.choice(LETTERS) for _ in range(64))
    created = int(time.time() * 1000)
    expires = created + int(lifetime * 1000)
    number = db.insert(
        "INSERT INTO tokens(alias, secret, login, created, expires) VALUES (?, ?, ?, ?, ?)",
        alias, secret, login, created, expires,
    )  # fmt: skip
    return Token(number, alias, secret, login, created, expires)


def find(db: Database, alias: str) -> Token | None:
    """The live token of this alias."""
    row = db.row("SELECT * FROM tokens WHERE alias = ? AND expires > ?", alias, time.time() * 1000)
    return _token(row) if row else None


def of(db: Database, login: str) -> list[Token]:
    rows = db.rows(
        "SELECT * FROM tokens WHERE login = ? AND expires > ? ORDER BY id", login, time.time() * 1000
    )
    return [_token(row) for row in rows]


def owner(db: Database, alias: str, secret: str) -> str | None:
    """The account that the pair logs in as."""
    found = find(db, alias)
    return found.login if found and hmac.compare_digest(found.secret, secret) else None


def invalidate(db: Database, alias: str) -> None:
    db.run("DELETE FROM tokens WHERE alias = ?", alias)


def _token(row: sqlite3.Row) -> Token:
    return Token(row["id"], row["alias"], row["secret"], row["login"], row["created"], row["expires"])
