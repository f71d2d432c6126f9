"""Which of the objects that are named beside a chain have not come (`Case.come`)."""

from __future__ import annotations

from collections.abc import Iterable

from xnat_gate.core.checks.check import Case, Remark
from xnat_gate.core.pointers import Reference
from xnat_gate.core.study import Instance


class Absence:
    """Answers for one case, and keeps whose references led nowhere."""

    def __init__(self, case: Case) -> None:
        self._come = case.come
        self.naming: list[Instance] = []
        self.lost: dict[str, None] = {}

    def of(self, instance: Instance, references: Iterable[Reference]) -> tuple[str, ...]:
        """Those of the objects that it names so that have not come."""
        named = dict.fromkeys(ref.sop_instance_uid for ref in references)
        lost = tuple(uid for uid in named if uid not in self._come)
        if lost:
            self.naming.append(instance)
            self.lost |= dict.fromkeys(lost)
        return lost

    def remark(self, message: str) -> Remark:
        """A remark about all that name them."""
        return Remark(
            message=message,
            about=tuple(dict.fromkeys(one.sop_instance_uid for one in self.naming)),
            files=tuple(one.file for one in self.naming),
        )
