"""XML paths that have a short name: XNAT shows such a column under the short name, however it was asked for.

Source: XNAT's list of shortcuts (XMLPathShortcuts). `UID` is left out: it has two short names there, and which of them
wins is not known.
"""

from __future__ import annotations

from collections.abc import Mapping

FIELDS = {
    "xnat:projectdata": {"id", "secondary_id", "name", "description", "keywords"},
    "xnat:subjectdata": {"id", "label", "project", "group", "src"},
    "xnat:subjectassessordata": {"subject_id"},
    "xnat:experimentdata": {"id", "label", "project", "date", "time", "note"},
    "xnat:imagesessiondata": {
        "scanner", "operator", "modality", "session_type", "dcmaccessionnumber", "dcmpatientid", "dcmpatientname",
    },
    "xnat:imagescandata": {"id", "type", "note", "quality", "series_description", "scanner", "modality", "frames"},
}  # fmt: skip


def of(path: str, columns: Mapping[str, str]) -> str | None:
    """The column that a path names, if it is a shortcut's; `columns` by lower-cased name."""
    element, _, field = path.lower().rpartition("/")
    if element == "xnat:subjectdata" and f"subject_{field}" in columns:
        return columns[f"subject_{field}"]  # a list of experiments, with its subjects' columns
    return columns.get(field) if field in FIELDS.get(element, ()) else None
