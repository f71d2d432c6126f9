"""Who works on which study: two workers never have one study, or one session, in hand at the same time.

Law: all that is wanted is taken at once or nothing is, and nobody waits with something in hand; so nobody waits for
ever.
"""

from __future__ import annotations

import threading
from collections.abc import Collection, Iterator
from contextlib import contextmanager


class NotOurTurn(Exception):
    """Another worker has it in hand: try again when that one is done."""


class Turns:
    """Safe for many threads."""

    def __init__(self) -> None:
        self._one = threading.Lock()
        self._taken: set[str] = set()

    @contextmanager
    def take(self, names: Collection[str]) -> Iterator[None]:
        """Hold them until the end of the block. Raises NotOurTurn."""
        wanted = frozenset(names)
        with self._one:
            if wanted & self._taken:
                raise NotOurTurn
            self._taken |= wanted
        try:
            yield
        finally:
            with self._one:
                self._taken -= wanted
