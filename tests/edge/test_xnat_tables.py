"""A table that is none, or lacks what was asked for, is an answer that cannot be believed."""

from __future__ import annotations

import json

import pytest
import requests

from xnat_gate.core.archive import ArchiveUnavailable
from xnat_gate.edge.xnat.connection import strings, table


def answer(body: object) -> requests.Response:
    made = requests.Response()
    made.status_code = 200
    made._content = json.dumps(body).encode()
    made.request = requests.Request("GET", "http://127.0.0.1/").prepare()
    return made


@pytest.mark.parametrize(
    "body",
    [
        None,
        [],
        {},
        {"ResultSet": None},
        {"ResultSet": {"Result": None}},
        {"ResultSet": {"Result": ["a"]}},
        "text",
    ],
    ids=str,
)
def test_what_is_no_table_is_no_empty_table(body: object) -> None:
    with pytest.raises(ArchiveUnavailable, match="something else than a table"):
        table(answer(body))


def test_a_column_that_was_relied_on_must_be_there() -> None:
    (row,) = table(answer({"ResultSet": {"Result": [{"ID": "A", "label": None}]}}))
    assert (row["ID"], row["label"], row.get("UID", "")) == ("A", "", "")
    with pytest.raises(ArchiveUnavailable, match="no column project"):
        row["project"]


@pytest.mark.parametrize("body", [{"Administrator": False}, "Administrator", [1], [None], None], ids=str)
def test_roles_are_a_list_of_names_and_nothing_else(body: object) -> None:
    with pytest.raises(ArchiveUnavailable):
        strings(answer(body))
