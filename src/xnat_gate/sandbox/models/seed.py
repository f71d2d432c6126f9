"""What a new sandbox holds: four accounts, HOSPITAL with three of them, QUARANTINE with nobody.

Laws: the plugins start with it: admin manages containers, in an older state folder, too, unless somebody else does.
"""

from __future__ import annotations

from xnat_gate.sandbox.models import config, projects, roles, users
from xnat_gate.sandbox.models.database import Database
from xnat_gate.sandbox.models.projects import Role

PROTOCOL_PLACE = ("xnat-gate", "protocol.yaml")


def seed(db: Database, protocol: str | None) -> None:
    """Fill an empty database; what is there already stays as it is."""
    with db.transaction():
        if not users.everyone(db):
            _seed_people(db)
        roles.start_container_service(db)
        if protocol is not None and config.newest(db, config.SITE, *PROTOCOL_PLACE) is None:
            config.put(db, config.SITE, *PROTOCOL_PLACE, protocol, "admin")


def _seed_people(db: Database) -> None:
    users.create(db, "admin", "admin", admin=True)
    for name in ("HOSPITAL", "QUARANTINE"):
        projects.create(db, name, "admin", name=name.capitalize())
        projects.set_prearchive_code(db, name, 0)
    for role in Role:
        users.create(db, role.value, role.value)
        projects.admit(db, "HOSPITAL", role.value, role)
