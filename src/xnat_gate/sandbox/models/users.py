"""Accounts: who they are and whether a password is theirs.

Laws: a password is kept as a salted digest only.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
import sqlite3
from dataclasses import dataclass

from xnat_gate.sandbox.models.database import Database

ALL_DATA_ADMIN, ALL_DATA_ACCESS = "ALL_DATA_ADMIN", "ALL_DATA_ACCESS"
SITE_GROUPS = (ALL_DATA_ADMIN, ALL_DATA_ACCESS)
ROBOT = "admin"


@dataclass(frozen=True, slots=True)
class User:
    """An account; `admin` is a site administrator."""

    id: int
    login: str
    firstname: str
    lastname: str
    email: str
    admin: bool
    enabled: bool
    groups: frozenset[str] = frozenset()

    @property
    def data_admin(self) -> bool:
        """Full rights on all data: a site administrator, or a member of ALL_DATA_ADMIN."""
        return self.admin or ALL_DATA_ADMIN in self.groups

    @property
    def data_access(self) -> bool:
        """Reads all data."""
        return self.data_admin or ALL_DATA_ACCESS in self.groups


def create(db: Database, login: str, password: str, *, admin: bool = False) -> None:
    """Make an account unless there is one of this name."""
    salt = secrets.token_hex(8)
    db.run(
        "INSERT OR IGNORE INTO users(login, salt, digest, firstname, lastname, email, admin)"
        " VALUES (?, ?, ?, ?, ?, ?, ?)",
        login, salt, _digest(salt, password), login.capitalize(), "Sandbox", f"{login}@example.org", int(admin),
    )  # fmt: skip


def find(db: Database, login: str) -> User | None:
    row = db.row("SELECT * FROM users WHERE login = ?", login)
    return _user(db, row) if row else None


def everyone(db: Database) -> list[User]:
    return [_user(db, row) for row in db.rows("SELECT * FROM users ORDER BY login")]


def robot(db: Database) -> User:
    """The account in whose name XNAT does what nobody asked for at the moment."""
    found = find(db, ROBOT)
    if found is None:
        raise LookupError(f"the account {ROBOT} is gone")
    return found


def join(db: Database, login: str, group: str) -> None:
    """Put an account into a site group."""
    db.run("INSERT OR IGNORE INTO site_groups(login, name) VALUES (?, ?)", login, group)


def leave(db: Database, login: str, group: str) -> None:
    db.run("DELETE FROM site_groups WHERE login = ? AND name = ?", login, group)


def login(db: Database, name: str, password: str) -> User | None:
    """The account when the password is right and it is enabled."""
    row = db.row("SELECT * FROM users WHERE login = ? AND enabled = 1", name)
    if row is None or not hmac.compare_digest(row["digest"], _digest(row["salt"], password)):
        return None
    return _user(db, row)


def _digest(salt: str, password: str) -> str:
    return hashlib.sha256(f"{salt}:{password}".encode()).hexdigest()


def _user(db: Database, row: sqlite3.Row) -> User:
    groups = db.rows("SELECT name FROM site_groups WHERE login = ?", row["login"])
    return User(
        row["id"], row["login"], row["firstname"], row["lastname"], row["email"], bool(row["admin"]),
        bool(row["enabled"]), frozenset(group["name"] for group in groups),
    )  # fmt: skip
