"""The images as they are: what is in them and what not, and that they work where they are allowed nearly nothing."""

from __future__ import annotations

import json

import pytest
from packaging.markers import default_environment
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from scripts import build_images

from tests.docker_daemon import docker
from tests.images.built import ACCOUNT, Images
from xnat_gate import __version__
from xnat_gate.edge import command_files

pytestmark = pytest.mark.xdist_group("docker")

VERSIONS = """
import importlib.metadata, json, platform
found = {one.metadata["Name"]: one.version for one in importlib.metadata.distributions()}
print(json.dumps([platform.python_version(), found]))
"""
PACKED = """
import json
from xnat_gate.edge import command_files, protocol_file
assert protocol_file.default_path().is_relative_to("/opt/app"), protocol_file.default_path()
print(command_files.label(command_files.load()))
"""
TOOLS = ("gcc", "cc", "c++", "make", "ld", "as", "git", "hatchling", "uv")


def test_the_build_tells_what_it_made_and_how_large_it_is(images: Images) -> None:
    print(images.said)
    assert (images.gate, images.intake) == (command_files.IMAGE, build_images.INTAKE)
    assert images.said.count(" MB\n") == 2


def test_the_label_is_what_the_files_say_with_the_image_that_was_built(images: Images) -> None:
    label = docker(images.host, "image", "inspect", "--format={{json .Config.Labels}}", images.gate)
    commands = json.loads(json.loads(label)[command_files.LABEL])
    assert commands == [command.definition for command in command_files.load()]
    assert {(command["image"], command["version"]) for command in commands} == {(images.gate, __version__)}


def test_the_jobs_leave_user_and_entrypoint_to_xnat_and_the_importer_is_no_root(images: Images) -> None:
    shown = [
        docker(
            images.host,
            "image",
            "inspect",
            "--format={{json .Config.User}} {{json .Config.Entrypoint}}",
            image,
        )
        for image in (images.gate, images.intake)
    ]
    assert shown == ['"" null\n', '"10001:10001" ["xnat-gate-intake"]\n']


def test_both_images_are_the_same_layers(images: Images) -> None:
    gate, intake = (
        json.loads(docker(images.host, "image", "inspect", "--format={{json .RootFS.Layers}}", image))
        for image in (images.gate, images.intake)
    )
    assert gate == intake
    base = json.loads(
        docker(images.host, "image", "inspect", "--format={{json .RootFS.Layers}}", "local/py:3.12")
    )
    assert gate[: len(base)] == base


def test_what_is_installed_is_what_the_lock_pins(images: Images) -> None:
    done = images.run(images.gate, "python", "-c", VERSIONS)
    python, installed = json.loads(done.stdout)
    pinned = {"xnat-gate": __version__}
    place = {**default_environment(), "python_full_version": python, "python_version": build_images.PYTHON}
    for line in (build_images.FOLDER / "requirements.lock").read_text(encoding="utf-8").splitlines():
        if "==" in line and not line.startswith(("#", " ")):
            wish = Requirement(line.rstrip(" \\"))
            if wish.marker is None or wish.marker.evaluate(place):
                pinned[canonicalize_name(wish.name)] = str(wish.specifier).removeprefix("==")
    assert {canonicalize_name(name): version for name, version in installed.items()} == pinned


def test_the_commands_and_the_protocol_lie_in_the_image(images: Images) -> None:
    done = images.run(images.gate, "python", "-c", PACKED)
    assert done.stdout.strip() == command_files.label(command_files.load()), done.stderr


def test_nothing_to_build_with_is_left_behind(images: Images) -> None:
    script = (
        f"for tool in {' '.join(TOOLS)}; do command -v $tool; done;"
        " ls -d /wheelhouse /build /dist /root/.cache 2>/dev/null;"
        " find / -xdev -name '*.whl' -not -path '*/ensurepip/_bundled/*'; find /opt/app -name pip; true"
    )
    done = images.run(images.gate, "sh", "-c", script, user="0:0")
    assert (done.returncode, done.stdout) == (0, "")


def test_a_container_that_may_do_nearly_nothing_does_the_whole_job(images: Images) -> None:
    version = images.run(images.gate, "xnat-gate", "--version")
    assert (version.returncode, version.stdout) == (0, f"xnat-gate {__version__}\n")
    demo = images.run(images.gate, "xnat-gate", "demo")
    assert demo.returncode == 0, demo.stderr
    assert "everything went where it belongs" in demo.stderr


@pytest.mark.parametrize(
    ("environment", "code", "said"),
    [
        ({}, 2, "XNAT_HOST is not set"),
        ({"XNAT_HOST": "http://127.0.0.1:1", **ACCOUNT}, 3, "cannot be reached"),
    ],
)
def test_a_job_that_cannot_work_says_why(
    images: Images, environment: dict[str, str], code: int, said: str
) -> None:
    done = images.run(
        images.gate, "xnat-gate-job", "check-prearchive", GATE_PROJECT="HOSPITAL", **environment
    )
    assert done.returncode == code, done.stderr
    assert said in done.stderr
    assert "Traceback" not in done.stderr
