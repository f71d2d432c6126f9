"""The config service, where the protocol lives."""

from __future__ import annotations

import pytest

from tests.sandbox.client import Client

SITE = "/data/config/xnat-gate/protocol.yaml"
PROJECT = "/data/projects/HOSPITAL/config/xnat-gate/rules/ct.yaml"
CONTENTS = {"contents": "true"}


def test_the_seeded_protocol_is_readable_by_every_user(collaborator: Client) -> None:
    answer = collaborator.get(SITE, params=CONTENTS)
    assert (answer.status_code, answer.text) == (200, "protocol: 1\nname: seeded\n")
    assert [row["tool"] for row in collaborator.rows("/data/config")] == ["xnat-gate"]
    assert [row["path"] for row in collaborator.rows("/data/config/xnat-gate")] == ["protocol.yaml"]


def test_the_site_is_written_by_administrators_alone(admin: Client, owner: Client) -> None:
    assert owner.put(SITE, params={"inbody": "true"}, data=b"new: 1\n").status_code == 403
    assert admin.put(SITE, params={"inbody": "true"}, data=b"new: 1\n").status_code == 200
    assert owner.get(SITE, params=CONTENTS).text == "new: 1\n"


def test_a_project_is_written_by_owners_and_read_by_all_of_it(
    owner: Client, member: Client, collaborator: Client
) -> None:
    assert member.put(PROJECT, params={"inbody": "true"}, data=b"a: 1\n").status_code == 403
    first = owner.put(PROJECT, params={"inbody": "true"}, data=b"a: 1\n")
    assert (first.status_code, first.text) == (201, "")
    assert owner.put(PROJECT, headers={"Content-Type": "text/plain"}, data=b"a: 2\n").status_code == 200
    assert collaborator.get(PROJECT, params=CONTENTS).text == "a: 2\n"
    row = collaborator.rows(PROJECT)[0]
    assert {**row, "create_date": ""} == {
        "tool": "xnat-gate", "path": "rules/ct.yaml", "project": "HOSPITAL", "user": "owner", "create_date": "",
        "reason": "", "contents": "a: 2\n", "unversioned": "false", "version": "2", "status": "enabled",
    }  # fmt: skip


def test_versions_are_kept_and_the_same_text_makes_none(owner: Client) -> None:
    for text in (b"a: 1\n", b"a: 2\n", b"a: 2\n", b"a: 1\n"):
        owner.put(PROJECT, params={"inbody": "true"}, data=text)
    history = owner.rows(PROJECT, action="getHistory")
    assert [(row["version"], row["contents"]) for row in history] == [
        ("1", "a: 1\n"),
        ("2", "a: 2\n"),
        ("3", "a: 1\n"),
    ]
    assert owner.get(PROJECT, params={"version": "2", **CONTENTS}).text == "a: 2\n"
    assert "contents" not in owner.rows(PROJECT, meta="true")[0]


def test_a_deleted_text_is_disabled_not_forgotten(owner: Client) -> None:
    owner.put(PROJECT, params={"inbody": "true"}, data=b"a: 1\n")
    assert owner.delete(PROJECT).status_code == 200
    assert owner.get(PROJECT, params=CONTENTS).status_code == 404
    assert owner.get(PROJECT, params={"accept-not-found": "true", **CONTENTS}).status_code == 204
    assert [row["status"] for row in owner.rows(PROJECT, action="getHistory")] == ["enabled", "disabled"]
    assert owner.put(PROJECT, params={"status": "enabled"}).status_code == 200
    assert owner.get(PROJECT, params=CONTENTS).text == "a: 1\n"


def test_neither_text_nor_status_is_400_and_a_blank_text_500(owner: Client) -> None:
    assert owner.put(PROJECT).status_code == 400
    assert owner.put(PROJECT, params={"status": "maybe"}).status_code == 400
    assert owner.put(PROJECT, params={"inbody": "true"}, data=b"  \n").status_code == 500


def test_the_text_may_come_as_json_or_multipart(owner: Client) -> None:
    assert owner.put(PROJECT, json={"contents": "a: 1\n", "status": "enabled"}).status_code == 201
    assert owner.get(PROJECT, params=CONTENTS).text == "a: 1\n"
    assert owner.put(PROJECT, files={"file": ("x.yaml", b"a: 2\n")}).status_code == 200
    assert owner.get(PROJECT, params=CONTENTS).text == "a: 2\n"


@pytest.mark.parametrize("path", ["/data/config/none/x", "/data/projects/HOSPITAL/config/none/x"])
def test_what_is_not_there_is_404_or_204_when_that_is_accepted(owner: Client, path: str) -> None:
    assert owner.get(path, params=CONTENTS).status_code == 404
    assert owner.get(path, params={"accept-not-found": "true"}).status_code == 204


def test_a_project_may_fall_back_to_the_site(owner: Client) -> None:
    path = "/data/projects/HOSPITAL/config/xnat-gate/protocol.yaml"
    assert owner.get(path, params=CONTENTS).status_code == 404
    assert owner.get(path, params={"defaultToSiteWide": "true", **CONTENTS}).status_code == 200
