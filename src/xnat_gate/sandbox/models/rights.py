"""Who may do what: XNAT's three groups, the site administrator, and 404 for what one may not see.

Laws (default groups): collaborator reads; member reads, creates and edits data, deletes none; owner also deletes data
and changes the project record; a site administrator passes, ALL_DATA_ADMIN as an owner everywhere, ALL_DATA_ACCESS as a
collaborator everywhere. Data shared into a project are read only there. A public project is read by every account; of a
protected one everybody sees the record alone.
"""

from __future__ import annotations

from xnat_gate.sandbox.exceptions import Forbidden, NotFound
from xnat_gate.sandbox.models import projects
from xnat_gate.sandbox.models.database import Database
from xnat_gate.sandbox.models.projects import Project, Role
from xnat_gate.sandbox.models.users import User

WRITERS = frozenset({Role.OWNER, Role.MEMBER})


def may_read(db: Database, user: User, project: str) -> bool:
    if user.data_access or projects.role(db, user.login, project) is not None:
        return True
    found = projects.find(db, project)
    return found is not None and found.accessibility == "public"


def may_edit(db: Database, user: User, project: str) -> bool:
    """Create and edit data of the project."""
    return user.data_admin or projects.role(db, user.login, project) in WRITERS


def may_own(db: Database, user: User, project: str) -> bool:
    """Delete data of the project, and edit the project itself."""
    return user.data_admin or projects.role(db, user.login, project) is Role.OWNER


def sees_record(db: Database, user: User, project: Project) -> bool:
    """Whether the project's own record may be seen, its data apart."""
    return project.accessibility in {"public", "protected"} or may_read(db, user, project.id)


def recorded(db: Database, user: User, project: str) -> Project:
    """The project, for a look at its record; raises NotFound."""
    found = projects.find(db, project)
    if found is None or not sees_record(db, user, found):
        raise NotFound(f"Unable to identify project: {project}")
    return found


def readable(db: Database, user: User) -> list[Project]:
    return [project for project in projects.listed(db) if may_read(db, user, project.id)]


def editable(db: Database, user: User) -> list[str]:
    return [project.id for project in projects.listed(db) if may_edit(db, user, project.id)]


def visible(db: Database, user: User, project: str) -> Project:
    """The project; raises NotFound when it does not exist or may not be seen."""
    found = projects.find(db, project)
    if found is None or not may_read(db, user, project):
        raise NotFound(f"Unable to identify project: {project}")
    return found


def editing(db: Database, user: User, project: str) -> Project:
    """The project, for work on its data; raises NotFound or Forbidden."""
    found = visible(db, user, project)
    if not may_edit(db, user, project):
        raise Forbidden(f"User does not have permission to modify data of project {project}.")
    return found


def owning(db: Database, user: User, project: str) -> Project:
    """The project, for what only its owner does; raises NotFound or Forbidden."""
    found = visible(db, user, project)
    if not may_own(db, user, project):
        raise Forbidden(f"User does not have permission to edit project {project}.")
    return found
