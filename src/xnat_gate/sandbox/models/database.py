"""The database: one SQLite file in WAL mode behind one lock.

Laws: many threads may call, one statement runs at a time; a transaction is all or nothing and may be nested; a killed
process loses at most what had not been committed.
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from xnat_gate.sandbox.models.tables import ADDED, TABLES


class Database:
    """`rows`, `row`, `value` read; `run` writes and returns the number of rows touched."""

    def __init__(self, path: Path) -> None:
        self._lock = threading.RLock()
        self._depth = 0
        self._afterwards: list[Callable[[], object]] = []
        self._connection = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
        self._connection.row_factory = sqlite3.Row
        self._connection.execute("PRAGMA journal_mode=WAL")
        self._connection.execute("PRAGMA synchronous=NORMAL")
        self._connection.executescript(TABLES)
        self._add_columns()

    def _add_columns(self) -> None:
        for table, column, kind in ADDED:
            present = self._connection.execute("SELECT name FROM pragma_table_info(?)", (table,)).fetchall()
            if column not in {row["name"] for row in present}:
                self._connection.execute(f"ALTER TABLE {table} ADD COLUMN {column} {kind}")

    def close(self) -> None:
        with self._lock:
            self._connection.close()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All or nothing; inside another transaction it joins that one."""
        with self._lock:
            if self._depth:
                yield
                return
            self._connection.execute("BEGIN IMMEDIATE")
            self._depth, self._afterwards = 1, []
            try:
                yield
            except BaseException:
                self._connection.execute("ROLLBACK")
                raise
            else:
                self._connection.execute("COMMIT")
            finally:
                self._depth = 0
            due, self._afterwards = self._afterwards, []
            for act in due:
                act()

    def after_commit(self, act: Callable[[], object]) -> None:
        """Do this once the transaction is through, at once outside of one, and never when it is rolled back."""
        with self._lock:
            if self._depth:
                self._afterwards.append(act)
                return
        act()

    def rows(self, sql: str, *values: object, **named: object) -> list[sqlite3.Row]:
        """Values for `?` in order, or by name for `:name`."""
        with self._lock:
            return self._connection.execute(sql, named or values).fetchall()

    def row(self, sql: str, *values: object, **named: object) -> sqlite3.Row | None:
        found = self.rows(sql, *values, **named)
        return found[0] if found else None

    def run(self, sql: str, *values: object) -> int:
        with self._lock:
            return self._connection.execute(sql, values).rowcount

    def insert(self, sql: str, *values: object) -> int:
        """Run an INSERT; the number of the new row."""
        with self._lock:
            return int(self._connection.execute(sql, values).lastrowid or 0)

    def next_number(self, name: str) -> int:
        """The next value of a named counter; numbers are never handed out twice."""
        with self.transaction():
            self.run("INSERT OR IGNORE INTO counters(name, value) VALUES (?, 0)", name)
            self.run("UPDATE counters SET value = value + 1 WHERE name = ?", name)
            found = self.row("SELECT value FROM counters WHERE name = ?", name)
            return int(found["value"]) if found else 0
