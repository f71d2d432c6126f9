"""What the watcher sees in the drop folder: what has settled, what is stuck, and what is told of once."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from xnat_gate.core.settling import Look, Watch
from xnat_gate.edge.drop_folder import DropFolder, DropLook


@dataclass(frozen=True, kw_only=True)
class Stuck:
    """An entry that has been quiet for the whole quiet period and still cannot be taken, with the reason."""

    name: str
    files: int
    why: str


@dataclass(kw_only=True)
class Watching:
    """`left_alone`: how many things lie at the top of the drop folder, at the last look, that are no arrival."""

    drop: DropFolder
    quiet_period: float
    tell: Callable[[str], None]
    left_alone: int = 0
    _watch: Watch = field(default_factory=Watch)
    _told: set[str] = field(default_factory=set)

    @property
    def pause(self) -> float:
        """Seconds between two looks; several of them fit into the quiet period."""
        return min(max(self.quiet_period / 4, 0.05), 5.0)

    def look(self) -> DropLook:
        """Look once more."""
        seen = self.drop.look()
        self._watch = self._watch.seen_all({entry.name: entry.look for entry in seen.entries})
        self.left_alone = len(seen.loose) + sum(1 for left in seen.left_alone if "/" not in left.name)
        if seen.loose:
            self.tell_once(
                f"left alone: {len(seen.loose)} file(s) lie loose at the top; put them into a folder"
            )
        for left in seen.left_alone:
            self.tell_once(f"left alone: something in the drop folder: {left.why}")
        return seen

    def settled(self) -> tuple[tuple[str, Look], ...]:
        return self._watch.all_settled(self.quiet_period)

    def forget(self, name: str) -> None:
        """Should an entry of this name be seen again, it waits its full time."""
        self._watch = self._watch.without(name)

    def tell_once(self, sentence: str) -> None:
        if sentence not in self._told:
            self._told.add(sentence)
            self.tell(sentence)

    def stuck(self, seen: DropLook) -> list[Stuck]:
        """Those that stay where they are until a person does something."""
        stuck = []
        for entry in seen.entries:
            waiting = self._watch.waiting.get(entry.name)
            quiet = (
                waiting is not None
                and waiting.looks > 1
                and waiting.last.at - waiting.first.at >= self.quiet_period
            )
            if quiet and not self._watch.settled(entry.name, self.quiet_period):
                why = _why_stuck(entry.look.whole, seen, entry.name)
                stuck.append(Stuck(name=entry.name, files=len(entry.look.files), why=why))
        return stuck

    def facts(self, seen: DropLook) -> Mapping[str, object]:
        """For whoever asks how the importer is: counts, and no names."""
        return {
            "settling": len(seen.entries),
            "stuck": len(self.stuck(seen)),
            "left_alone": self.left_alone,
        }


def _why_stuck(whole: bool, seen: DropLook, name: str) -> str:
    if not whole:
        return next((left.why for left in seen.left_alone if left.name.split("/")[0] == name), "")
    return "it is empty or holds files that somebody is still writing (.partial, .tmp)"
