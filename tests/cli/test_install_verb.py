"""`xnat-gate install` as somebody at a command line sees it: what it prints, and how it ends."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import requests

from tests.hospital import Site
from xnat_gate.cli.doors import main
from xnat_gate.cli.exits import Exit
from xnat_gate.sandbox.faults import Fault, Kind

OTHER_PROJECTS = "protocol: 1\nprojects: {hospital: CLINIC, quarantine: BARRED}\nallow: {Modality: [CT]}\n"
CHECKOUT = Path(__file__).parents[2]


def plan_of(capsys: pytest.CaptureFixture[str], *options: str) -> tuple[int, Any]:
    """The exit code, and the plan as JSON."""
    capsys.readouterr()
    code = main(["install", "--format", "json", *options])
    return code, json.loads(capsys.readouterr().out)


def names(site: Site) -> list[str]:
    return [each["name"] for each in site.get("/xapi/commands").json()]


def test_a_dry_run_prints_the_plan_and_does_nothing(site: Site, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["install", "--dry-run", "--enable-events"]) == Exit.PASSED
    told = capsys.readouterr().out
    assert "what would be done:" in told
    assert "register the command check-prearchive of image xnat-gate/gate:" in told
    assert "switch the Event Service on, for the whole site" in told
    assert names(site) == []


def test_installing_tells_each_step_and_the_second_time_that_there_is_nothing_to_do(
    site: Site, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["install", "--enable-events"]) == Exit.PASSED
    first = capsys.readouterr()
    steps = first.err.splitlines()
    assert "enable check-session for QUARANTINE" in steps
    assert f"installed: {len(steps)} steps" in first.out
    assert "runs with the rights of admin" in first.out
    assert main(["install"]) == Exit.PASSED
    second = capsys.readouterr()
    assert "nothing to do: everything is as wished" in second.out
    assert second.err == ""


def test_an_event_service_that_is_off_is_left_to_a_person(
    site: Site, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["install"]) == Exit.WRONG
    told = capsys.readouterr().out
    assert "a person must do this first; nothing was changed:" in told
    assert "--enable-events" in told
    assert names(site) == []


def test_an_account_without_the_role_is_told_how_to_get_it(
    site: Site, capsys: pytest.CaptureFixture[str]
) -> None:
    requests.delete(
        f"{site.sandbox.url}/xapi/users/admin/roles/ContainerManager", auth=("admin", "admin"), timeout=30
    ).raise_for_status()
    code, told = plan_of(capsys)
    assert code == Exit.WRONG
    role, events = told["problems"]
    assert role["what"].startswith("admin does not have the role Container Manager")
    assert events["what"].startswith("XNAT's Event Service is switched off")
    assert f"PUT {site.sandbox.url}/xapi/users/admin/roles/ContainerManager" in told["problems"][0]["remedy"]
    assert told["taken"] == 0


def test_somebody_who_is_no_administrator_is_told_so(
    site: Site, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XNAT_USER", "owner")
    monkeypatch.setenv("XNAT_PASS", "owner")
    code, told = plan_of(capsys)
    assert code == Exit.WRONG
    assert told["problems"][0]["what"] == "owner is not a site administrator"


def test_the_plan_as_json_names_each_step(site: Site, capsys: pytest.CaptureFixture[str]) -> None:
    code, told = plan_of(capsys, "--dry-run", "--enable-events", "--every", "30m")
    assert code == Exit.PASSED
    assert (told["version"], told["dry_run"], told["taken"], told["problems"]) == (1, True, 0, [])
    kinds = [each["step"] for each in told["steps"]]
    assert kinds.count("register-command") == 4
    assert kinds.count("subscribe") == 4 + 2
    assert {"switch-events-on", "enable"} < set(kinds)


def test_rows_that_xnat_would_archive_by_itself_are_warned_of(
    site: Site, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    from xnat_gate.sandbox.phantoms import Patient, ct_series

    code = f"{site.sandbox.url}/data/projects/HOSPITAL/prearchive_code"
    requests.put(f"{code}/4", auth=("admin", "admin"), timeout=30).raise_for_status()
    ct_series(tmp_path / "ct", Patient("PHANTOM^CORK", "CORK-1"))
    row = site.upload(tmp_path / "ct", "HOSPITAL")
    assert main(["install", "--enable-events"]) == Exit.PASSED
    told = capsys.readouterr().out
    assert "to be known:" in told
    assert row in told
    assert requests.get(code, auth=("admin", "admin"), timeout=30).text == "0"


def test_the_projects_are_those_of_the_protocol_in_force(
    site: Site, capsys: pytest.CaptureFixture[str]
) -> None:
    protocol = site.protocol("", base=OTHER_PROJECTS)
    clash = main(["install", "--enable-events", "--protocol", str(protocol)])
    assert clash == Exit.WRONG
    told = capsys.readouterr().err
    assert "put the file in force: PUT http" in told
    assert "protocol push" not in told
    requests.put(
        f"{site.sandbox.url}/data/config/xnat-gate/protocol.yaml?inbody=true",
        data=protocol.read_bytes(), headers={"Content-Type": "text/plain"}, auth=("admin", "admin"), timeout=30,
    ).raise_for_status()  # fmt: skip
    for _ in range(2):
        assert main(["install", "--enable-events", "--protocol", str(protocol)]) == Exit.PASSED
    assert site.get("/data/projects/CLINIC/prearchive_code").text == "0"
    assert site.get("/data/projects/BARRED/accessibility").text == "private"


def test_a_broken_protocol_is_told_before_xnat_is_asked(
    site: Site, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XNAT_HOST", "http://127.0.0.1:9")
    assert main(["install", "--protocol", str(site.protocol("allows: 1\n"))]) == Exit.WRONG
    assert "allows" in capsys.readouterr().err


BROKEN = b"protocol: 1\nbroken: ["


def in_force(site: Site, text: bytes | None = None) -> bytes:
    """The protocol in XNAT, after it was replaced when there is a text."""
    url = f"{site.sandbox.url}/data/config/xnat-gate/protocol.yaml"
    if text is not None:
        requests.put(
            f"{url}?inbody=true", data=text, headers={"Content-Type": "text/plain"}, auth=("admin", "admin"),
            timeout=30,
        ).raise_for_status()  # fmt: skip
    answer = requests.get(f"{url}?contents=true", auth=("admin", "admin"), timeout=30)
    return answer.content if answer.status_code == 200 else b""


def test_a_broken_protocol_in_xnat_is_told_with_what_mends_it(
    site: Site, capsys: pytest.CaptureFixture[str]
) -> None:
    in_force(site, BROKEN)
    assert main(["install", "--enable-events"]) == Exit.WRONG
    told = capsys.readouterr().err
    assert "the protocol in force in XNAT is broken (line 2, column 10: not YAML" in told
    assert f"PUT {site.sandbox.url}/data/config/xnat-gate/protocol.yaml?inbody=true" in told
    assert "--replace-broken-protocol" in told
    assert "protocol push" not in told
    assert names(site) == []


def test_a_good_protocol_goes_before_a_broken_one_in_xnat_and_replaces_it_only_when_told_to(
    site: Site, capsys: pytest.CaptureFixture[str]
) -> None:
    in_force(site, BROKEN)
    mine = site.protocol("", base=OTHER_PROJECTS)
    options = ("--enable-events", "--protocol", str(mine))
    code, told = plan_of(capsys, *options)
    assert code == Exit.WRONG
    (problem,) = told["problems"]
    assert "is broken" in problem["what"]
    assert "not replaced unasked" in problem["what"]
    assert "create the private project CLINIC" in [each["sentence"] for each in told["steps"]]
    assert (in_force(site), names(site)) == (BROKEN, [])
    code, told = plan_of(capsys, *options, "--replace-broken-protocol")
    assert code == Exit.PASSED
    assert told["taken"] == len(told["steps"])
    assert in_force(site) == mine.read_bytes()
    assert main(["install", *options]) == Exit.PASSED


def test_a_protocol_that_can_be_read_is_not_replaced_by_the_switch_for_broken_ones(
    site: Site, capsys: pytest.CaptureFixture[str]
) -> None:
    before = in_force(site)
    mine = site.protocol("")
    options = ("--enable-events", "--protocol", str(mine), "--replace-broken-protocol")
    assert main(["install", *options]) == Exit.PASSED
    assert "another protocol in force than the one that was named, and keeps it" in capsys.readouterr().out
    assert in_force(site) == before


def test_replacing_a_broken_protocol_needs_one_to_put_in_its_place(
    site: Site, capsys: pytest.CaptureFixture[str]
) -> None:
    in_force(site, BROKEN)
    assert main(["install", "--replace-broken-protocol"]) == Exit.WRONG
    assert "needs --protocol FILE" in capsys.readouterr().err
    assert in_force(site) == BROKEN


def test_the_protocol_is_put_in_force_byte_by_byte(site: Site) -> None:
    url = f"{site.sandbox.url}/data/config/xnat-gate/protocol.yaml"
    requests.delete(url, auth=("admin", "admin"), timeout=30).raise_for_status()
    mine = site.root / "mine.yaml"
    mine.write_bytes(OTHER_PROJECTS.replace("\n", "\r\n").encode())
    assert main(["install", "--enable-events", "--protocol", str(mine)]) == Exit.PASSED
    assert in_force(site) == mine.read_bytes()


def test_half_an_installation_is_not_told_as_done(site: Site, capsys: pytest.CaptureFixture[str]) -> None:
    ping = "/xapi/docker/server/ping"
    with site.sandbox.faults.add(Fault(kind=Kind.STATUS, path=ping, code=500, skip=3)):
        assert main(["install", "--enable-events"]) == Exit.WRONG
    told = capsys.readouterr()
    assert told.out == ""
    assert "steps are done and stay; before it can go on, a person must do this:" in told.err
    assert "  - subscribe 'xnat-gate: check-prearchive at minute 55'" in told.err.partition("not done:")[2]
    assert main(["install", "--enable-events"]) == Exit.PASSED
    assert "installed: 17 steps" in capsys.readouterr().out


def test_an_event_service_that_may_not_be_seen_stops_it_before_anything_is_done(
    site: Site, capsys: pytest.CaptureFixture[str]
) -> None:
    with site.sandbox.faults.add(Fault(kind=Kind.STATUS, path="/xapi/events/*", code=403, body="Not yours.")):
        assert main(["install", "--enable-events"]) == Exit.WRONG
    assert "/xapi/events/subscriptions with 403: Not yours." in capsys.readouterr().err
    assert names(site) == []


def test_another_image_is_registered_as_it_is_written(site: Site) -> None:
    image = "registry.example.org:5000/trials/gate:7"
    assert main(["install", "--enable-events", "--image", image]) == Exit.PASSED
    assert {each["image"] for each in site.get("/xapi/commands").json()} == {image}


@pytest.mark.parametrize(
    "options",
    [
        ("--every", "7m"),
        ("--every", "90s"),
        ("--every", "soon"),
        ("--every", "0m"),
        ("--image", "gate"),
        ("--image", "host:5000/gate"),
    ],
)
def test_what_xnat_would_not_take_is_a_wrong_call(
    options: tuple[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["install", *options])
    assert ended.value.code == Exit.WRONG
    assert options[1] in capsys.readouterr().err


def test_an_xnat_that_is_away_is_another_exit_code(site: Site, capsys: pytest.CaptureFixture[str]) -> None:
    site.sandbox.faults.add(Fault(kind=Kind.STATUS, path="/xapi/commands", code=503))
    assert main(["install", "--enable-events"]) == Exit.UNAVAILABLE
    assert "503" in capsys.readouterr().err


def test_uninstalling_takes_it_back_and_says_what_stays(
    site: Site, capsys: pytest.CaptureFixture[str]
) -> None:
    main(["install", "--enable-events"])
    capsys.readouterr()
    assert main(["install", "--uninstall"]) == Exit.PASSED
    told = capsys.readouterr().out
    assert "taken back:" in told
    assert "projects, data, protocol and the Event Service stay as they are" in told
    assert names(site) == []
    assert main(["install", "--uninstall"]) == Exit.PASSED
    assert "nothing to do" in capsys.readouterr().out


@pytest.mark.parametrize("named", ["none", "broken"])
def test_uninstalling_reads_no_protocol(site: Site, capsys: pytest.CaptureFixture[str], named: str) -> None:
    main(["install", "--enable-events"])
    in_force(site, BROKEN)
    file = site.protocol("allows: 1\n" if named == "broken" else "")
    options = [] if named == "none" else ["--protocol", str(file)]
    capsys.readouterr()
    assert main(["install", "--uninstall", *options]) == Exit.PASSED
    assert "taken back: 32 steps" in capsys.readouterr().out
    assert (names(site), in_force(site)) == ([], BROKEN)


def test_uninstalling_while_docker_is_down(site: Site, capsys: pytest.CaptureFixture[str]) -> None:
    main(["install", "--enable-events"])
    capsys.readouterr()
    with site.sandbox.faults.add(Fault(kind=Kind.STATUS, path="/xapi/docker/server/ping", code=500)):
        assert main(["install", "--uninstall"]) == Exit.PASSED
    assert "taken back: 32 steps" in capsys.readouterr().out
    assert names(site) == []


def test_the_script_is_a_door_to_the_verb() -> None:
    answer = subprocess.run(
        [sys.executable, CHECKOUT / "scripts" / "install.py", "--help"],
        capture_output=True, text=True, check=True, timeout=60,
    )  # fmt: skip
    assert "--uninstall" in answer.stdout
