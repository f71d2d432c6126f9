"""What lies beside the images: the locks, the Dockerfile, the compose file and its example settings."""

from __future__ import annotations

import json
import re
import runpy
import shutil
import subprocess
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from scripts import build_images

from xnat_gate.cli.receiving_options import OPTIONS
from xnat_gate.edge.settings import VARIABLES

TOP = Path(__file__).parents[2]
CONTAINERS = TOP / "containers"
DOCKERFILE = (CONTAINERS / "Dockerfile").read_text(encoding="utf-8")
COMPOSE = (CONTAINERS / "compose.yaml").read_text(encoding="utf-8")
EXAMPLE = (CONTAINERS / "env.example").read_text(encoding="utf-8")
PROJECT: dict[str, Any] = tomllib.loads((TOP / "pyproject.toml").read_text(encoding="utf-8"))
WANTED = {
    "requirements.lock": PROJECT["project"]["dependencies"],
    "build.lock": PROJECT["build-system"]["requires"],
}
SERVICES: dict[str, dict[str, Any]] = yaml.safe_load(COMPOSE)["services"]
IMPORTER, RECEIVER = SERVICES["importer"], SERVICES["receiver"]
INSIDE = {"bind", "port", "health-port", "health-bind"}
"""Options of the receiver that a container has from elsewhere: the ports inside of it, and GATE_HEALTH_…"""


def locked(lock: str) -> dict[str, str]:
    """Name to version."""
    text = (CONTAINERS / lock).read_text(encoding="utf-8")
    return {canonicalize_name(name): version for name, version in re.findall(r"^(\S+)==(\S+)", text, re.M)}


@pytest.mark.parametrize("lock", build_images.LOCKS)
def test_the_lock_holds_what_the_project_asks_for(lock: str) -> None:
    versions = locked(lock)
    wishes = [Requirement(text) for text in WANTED[lock]]
    assert wishes
    unmet = [
        str(wish) for wish in wishes if versions.get(canonicalize_name(wish.name), "0") not in wish.specifier
    ]
    assert unmet == [], "compile the lock anew, as containers/README.md says"


@pytest.mark.parametrize("lock", build_images.LOCKS)
def test_the_lock_pins_hashes_and_names_no_server(lock: str) -> None:
    text = (CONTAINERS / lock).read_text(encoding="utf-8")
    assert "://" not in text
    assert "--index" not in text
    requirements = re.split(r"^(?=[^\s#])", text, flags=re.M)[1:]
    assert len(requirements) == len(locked(lock))
    assert [one.split()[0] for one in requirements if "--hash=sha256:" not in one] == []


@pytest.mark.parametrize(
    "feature",
    [r"^# *syntax", r"<<-?\w", r"COPY.* --link", r"COPY.* --chmod", r"--mount=", r"--start-interval"],
)
def test_the_dockerfile_asks_nothing_that_an_old_builder_lacks(feature: str) -> None:
    lines = [line for line in DOCKERFILE.splitlines() if not re.match(r"# (?!syntax)", line)]
    assert [line for line in lines if re.search(feature, line)] == []


def test_the_dockerfile_leaves_the_label_to_the_build() -> None:
    assert not re.search(r"^LABEL", DOCKERFILE, re.M)


def test_everything_that_the_dockerfile_copies_is_let_through_to_the_builder() -> None:
    copied = re.findall(r"^COPY (?!--from)(.*) \S+$", DOCKERFILE, re.M)
    names = [name for line in copied for name in line.split() if "wheelhouse" not in name]
    let_through = re.findall(r"^!(\S+)", (TOP / ".dockerignore").read_text(encoding="utf-8"), re.M)
    assert names
    assert [
        name for name in names if not any(one == name or one.startswith(f"{name}/") for one in let_through)
    ] == []
    assert [name for name in names if not list(TOP.glob(name))] == []


@pytest.mark.parametrize("service", SERVICES)
def test_a_service_of_the_compose_file_is_the_image_of_this_version_and_is_locked_down(service: str) -> None:
    given = SERVICES[service]
    assert given["image"] == f"${{INTAKE_IMAGE:-{build_images.INTAKE}}}"
    assert given["user"] == build_images.SERVICE_USER
    assert (given["read_only"], given["init"], given["tmpfs"]) == (True, True, ["/tmp"])
    assert (given["cap_drop"], given["security_opt"]) == (["ALL"], ["no-new-privileges:true"])
    assert "ulimits" not in given


def test_the_receiver_of_the_compose_file_shares_drop_folder_and_journal_and_knows_no_password() -> None:
    assert RECEIVER["volumes"] == IMPORTER["volumes"]
    assert "env_file" not in RECEIVER
    assert not [
        name for name in RECEIVER["environment"] if name.startswith("XNAT_") and "RECEIVE" not in name
    ]
    assert RECEIVER["ports"] == ["${RECEIVER_PORT:-8104}:8104"]


def test_the_receiver_of_the_compose_file_can_be_given_every_option() -> None:
    variables = [option.variable for option in OPTIONS if option.name not in INSIDE]
    wanted = {name: f"${{{name}:-}}" for name in ["GATE_HEALTH_PORT", "GATE_HEALTH_BIND", *variables]}
    assert RECEIVER["environment"] == {"GATE_SERVICE": "receive", **wanted}


def test_every_option_of_the_receiver_stands_in_the_page_with_its_default() -> None:
    page = (CONTAINERS / "README.md").read_text(encoding="utf-8")
    rows = dict(re.findall(r"^\| `(XNAT_GATE_RECEIVE_\w+)` \|.*\| (.*) \|$", page, re.M))
    assert rows == {
        option.variable: option.default or "empty" for option in OPTIONS if option.name not in INSIDE
    }


def test_the_compose_file_mounts_every_folder_that_the_importer_writes_to() -> None:
    mounted = {volume.rpartition(":")[2] for volume in IMPORTER["volumes"]}
    assert mounted == set(runpy.run_path(str(CONTAINERS / "intake" / "entrypoint.py"))["FOLDERS"].values())


def test_every_setting_of_the_example_is_one_that_somebody_reads() -> None:
    offered = set(re.findall(r"^#?([A-Z_]+)=", EXAMPLE, re.M))
    entrypoint = runpy.run_path(str(CONTAINERS / "intake" / "entrypoint.py"))
    read = {*VARIABLES.values(), *entrypoint["OPTIONS"], *re.findall(r"\$\{([A-Z_]+)", COMPOSE)}
    assert {"XNAT_HOST", "XNAT_USER", "XNAT_PASS"} <= offered
    assert offered <= read
    assert "XNAT_PASS=\n" in EXAMPLE


def test_every_variable_of_the_intake_stands_in_the_page() -> None:
    page = (CONTAINERS / "README.md").read_text(encoding="utf-8")
    entrypoint = runpy.run_path(str(CONTAINERS / "intake" / "entrypoint.py"))
    named = set(re.findall(r"`(GATE_\w+)`", page))
    assert {"GATE_SERVICE", *entrypoint["DEFAULTS"], *entrypoint["OPTIONS"]} <= named


def test_the_intake_is_asked_for_its_health_by_its_own_program() -> None:
    (check,) = re.findall(r"^HEALTHCHECK .*CMD (\[.*\])$", DOCKERFILE, re.M)
    program, word = json.loads(check)
    assert DOCKERFILE.index("AS intake") < DOCKERFILE.index("HEALTHCHECK")
    scripts = PROJECT["tool"]["hatch"]["build"]["targets"]["wheel"]["shared-scripts"]
    assert scripts["containers/intake/entrypoint.py"] == program
    assert f'sys.argv[1:] == ["{word}"]' in (CONTAINERS / "intake" / "entrypoint.py").read_text(
        encoding="utf-8"
    )


def test_compose_itself_takes_the_file(tmp_path: Path) -> None:
    for name, target in (("compose.yaml", "compose.yaml"), ("env.example", ".env")):
        shutil.copy(CONTAINERS / name, tmp_path / target)
    done = subprocess.run([*compose(), "config"], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert yaml.safe_load(done.stdout)["services"]["importer"]["image"] == build_images.INTAKE


def compose() -> list[str]:
    if shutil.which("docker-compose"):
        return ["docker-compose"]
    if shutil.which("docker"):
        done = subprocess.run(["docker", "compose", "version"], capture_output=True, check=False)
        if done.returncode == 0:
            return ["docker", "compose"]
    pytest.skip("neither docker compose nor docker-compose is installed")
