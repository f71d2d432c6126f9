"""The free fields of projects, subjects, experiments and scans, and how request parameters name them.

Laws: a key is a shortcut (`date`) or an XML path (`xnat:ctSessionData/date`); a custom variable is
`T/fields/field[name=k]/field`; the value NULL clears; values are strings.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping

CUSTOM = re.compile(r"fields/field\[name=(?P<name>[^\]]+)\]/field$", re.IGNORECASE)
SHORTCUTS = {
    "date", "time", "note", "UID", "modality", "session_type", "dcmAccessionNumber", "dcmPatientId", "dcmPatientName",
    "scanner", "operator", "gender", "age", "yob", "dob", "handedness", "group", "src", "type", "quality",
    "series_description", "condition", "frames", "description", "name", "secondary_ID", "keywords", "pi_firstname",
    "pi_lastname", "acquisition_site", "visit_id",
}  # fmt: skip
NAMES = {name.lower(): name for name in SHORTCUTS}


def named(params: Iterable[tuple[str, str]]) -> tuple[dict[str, str], dict[str, str]]:
    """The fields and the custom variables that the parameters set; other parameters are left out."""
    fields: dict[str, str] = {}
    custom: dict[str, str] = {}
    for key, value in params:
        if found := CUSTOM.search(key):
            custom[found["name"]] = value
        elif (name := NAMES.get(key.rsplit("/", 1)[-1].lower())) is not None:
            fields[name] = value
    return fields, custom


def merged(present: Mapping[str, str], change: Mapping[str, str]) -> dict[str, str]:
    """`present` with the change applied; NULL and the empty string clear."""
    both = {**present, **change}
    return {key: value for key, value in both.items() if value not in {"", "NULL"}}


def load(text: str) -> dict[str, str]:
    return {str(key): str(value) for key, value in json.loads(text).items()}


def dump(fields: Mapping[str, str]) -> str:
    return json.dumps(dict(fields), ensure_ascii=False)
