"""Site roles beside Administrator, which an account has by itself (`User.admin`).

Laws: a site administrator has none of these unless given; at the plugin's start the administrators get ContainerManager
when nobody has it, those who come later do not.
"""

from __future__ import annotations

from xnat_gate.sandbox.models import users
from xnat_gate.sandbox.models.database import Database
from xnat_gate.sandbox.models.users import User

CONTAINER_MANAGER = "ContainerManager"
PLAYED = (CONTAINER_MANAGER, "DataManager")


def of(db: Database, login: str) -> list[str]:
    rows = db.rows("SELECT name FROM site_roles WHERE login = ? ORDER BY name", login)
    return [row["name"] for row in rows]


def give(db: Database, login: str, role: str) -> None:
    db.run("INSERT OR IGNORE INTO site_roles(login, name) VALUES (?, ?)", login, role)


def take(db: Database, login: str, role: str) -> None:
    db.run("DELETE FROM site_roles WHERE login = ? AND name = ?", login, role)


def may_manage_containers(db: Database, user: User) -> bool:
    """Whether the account registers, enables and configures commands; being administrator is not enough."""
    return CONTAINER_MANAGER in of(db, user.login)


def start_container_service(db: Database) -> None:
    """What the plugin does when it starts: all enabled administrators become managers if there is none."""
    if db.row("SELECT 1 FROM site_roles WHERE name = ?", CONTAINER_MANAGER) is None:
        for user in users.everyone(db):
            if user.admin and user.enabled:
                give(db, user.login, CONTAINER_MANAGER)
