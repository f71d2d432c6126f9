"""The scans of archived sessions. A scan ID is a string; never an int."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass

from xnat_gate.sandbox.models import fields
from xnat_gate.sandbox.models.database import Database


@dataclass(frozen=True, slots=True)
class Scan:
    """`number` is XNAT's `xnat_imagescandata_id`; `experiment` an accession ID."""

    number: int
    experiment: str
    id: str
    xsi_type: str
    fields: Mapping[str, str]

    @property
    def uid(self) -> str:
        return self.fields.get("UID", "")


def listed(db: Database, experiment: str) -> list[Scan]:
    return [
        _scan(row) for row in db.rows("SELECT * FROM scans WHERE experiment = ? ORDER BY number", experiment)
    ]


def find(db: Database, experiment: str, key: str) -> Scan | None:
    row = db.row("SELECT * FROM scans WHERE experiment = ? AND id = ?", experiment, key)
    return _scan(row) if row else None


def by_number(db: Database, number: int) -> Scan | None:
    row = db.row("SELECT * FROM scans WHERE number = ?", number)
    return _scan(row) if row else None


def create(db: Database, experiment: str, key: str, xsi_type: str, values: Mapping[str, str]) -> Scan:
    number = db.insert(
        "INSERT INTO scans(experiment, id, xsi_type, fields) VALUES (?, ?, ?, ?)",
        experiment, key, xsi_type, fields.dump(fields.merged({}, values)),
    )  # fmt: skip
    return Scan(number, experiment, key, xsi_type, dict(values))


def update(db: Database, scan: Scan, change: Mapping[str, str]) -> None:
    db.run(
        "UPDATE scans SET fields = ? WHERE number = ?",
        fields.dump(fields.merged(scan.fields, change)),
        scan.number,
    )


def delete(db: Database, number: int) -> None:
    db.run("DELETE FROM scans WHERE number = ?", number)


def _scan(row: sqlite3.Row) -> Scan:
    return Scan(row["number"], row["experiment"], row["id"], row["xsi_type"], fields.load(row["fields"]))
