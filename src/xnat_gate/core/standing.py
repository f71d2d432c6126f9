"""Who somebody is in XNAT, and what that lets them do with a session.

Law: what XNAT does not say of an account, the account may not do.
"""

from __future__ import annotations

from dataclasses import dataclass

SITE_ADMINISTRATOR = "Administrator"
DATA_ADMINISTRATORS = "ALL_DATA_ADMIN"


@dataclass(frozen=True, kw_only=True)
class Standing:
    """One account: its site roles, its groups (`ALL_DATA_ADMIN`, `PROJECT_owner`) and the projects it may edit."""

    user: str
    roles: frozenset[str] = frozenset()
    groups: frozenset[str] = frozenset()
    editable: frozenset[str] = frozenset()

    @property
    def administers(self) -> bool:
        """A site or data administrator."""
        return SITE_ADMINISTRATOR in self.roles or DATA_ADMINISTRATORS in self.groups

    def owns(self, project: str) -> bool:
        """May delete there, and so take sessions away: the stock groups give that to owners alone. A custom group
        that may delete cannot be seen over REST, and does not count."""
        return self.administers or f"{project}_owner" in self.groups

    def may_create(self, project: str) -> bool:
        """May put sessions there: members and owners."""
        return self.administers or project in self.editable
