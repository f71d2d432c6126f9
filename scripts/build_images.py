"""Build the images of the jobs (gate) and of the importer (intake), and look whether they became what they should.

`build_images.py` builds on python:3.12-slim-bookworm, with pip's usual index. `--base` names another base image.
`--wheelhouse make` downloads the wheels first, `--wheelhouse DIR` takes them from there; then no network is needed.

Laws: both images are built from one copy of the checkout, so that they cannot differ by an edit in between; the label
org.nrg.commands is made from commands/*.json at each build and handed over as one argument, so that nothing has to be
escaped; an image is reported only after Docker has shown what is in it. Docker is found as its own command finds it
(DOCKER_HOST, DOCKER_BUILDKIT, contexts).
"""

from __future__ import annotations

import argparse
import hashlib
import json
import platform
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from xnat_gate import __version__
from xnat_gate.edge import command_files

TOP = Path(__file__).resolve().parents[1]
FOLDER = TOP / "containers"
PYTHON = "3.12"
"""Of the images, whichever Python runs this."""
LOCKS = ("build.lock", "requirements.lock")
FILES = (".dockerignore", "LICENSE", "README.md", "pyproject.toml")
FOLDERS = ("commands", "containers", "docs/checks", "protocol", "src")
INTAKE = f"xnat-gate/intake:{__version__}"
SERVICE_USER = "10001:10001"
LARGEST_LABEL = 120_000
"""Bytes; Linux takes 128 KiB in one argument."""


class BuildFailed(Exception):
    """No image, or not the one that was asked for; `str()` says what to do."""


@dataclass(frozen=True, slots=True)
class Image:
    """As Docker shows it: `size` in bytes; `layers` are digests, the base's first."""

    tag: str
    size: int
    layers: tuple[str, ...]
    user: str
    entrypoint: tuple[str, ...]
    labels: dict[str, str]


def build(*, base: str | None = None, wheelhouse: str | None = None, prefix: str = "") -> tuple[Image, Image]:
    """The jobs' image and the importer's, built and looked at; `prefix`: before both names. Raises BuildFailed."""
    require_docker()
    wheels = None if wheelhouse is None else made_wheelhouse() if wheelhouse == "make" else Path(wheelhouse)
    arguments = ["--build-arg", f"PYTHON_IMAGE={base}"] if base else []
    if wheels is not None:
        arguments += [
            "--network=none",
            "--build-arg",
            "PIP_NO_INDEX=1",
            "--build-arg",
            "PIP_FIND_LINKS=/wheelhouse",
        ]
    gate, intake = prefix + command_files.IMAGE, prefix + INTAKE
    with build_context(wheels) as context:
        label = commands_label(gate, context)
        docker_build("gate", gate, context, [*arguments, "--label", f"{command_files.LABEL}={label}"])
        docker_build("intake", intake, context, arguments)
    return verified(inspect(gate), inspect(intake), label)


@contextmanager
def build_context(wheels: Path | None) -> Iterator[Path]:
    """A copy of what the Dockerfile asks for, with these wheels in it. Raises BuildFailed when there are none."""
    if wheels is not None and not any(wheels.glob("*.whl")):
        raise BuildFailed(f"{wheels} holds no wheels: fill it, or say --wheelhouse make")
    with tempfile.TemporaryDirectory(prefix="xnat-gate-images-") as folder:
        context = Path(folder)
        for name in FILES:
            shutil.copy2(TOP / name, context)
        for name in FOLDERS:
            shutil.copytree(
                TOP / name, context / name, ignore=shutil.ignore_patterns("__pycache__", "*wheelhouse*")
            )
        if wheels is not None:
            shutil.copytree(wheels, context / "containers" / "wheelhouse")
        yield context


def commands_label(image: str, top: Path = TOP) -> str:
    """What the Container Service will read in this image. Raises BuildFailed."""
    try:
        label = command_files.label(command_files.load(top / "commands", image=image))
    except command_files.CommandFileInvalid as error:
        raise BuildFailed(str(error)) from error
    if len(label) > LARGEST_LABEL:
        raise BuildFailed(
            f"the commands are {len(label)} bytes, too many for a label: shorten the descriptions"
        )
    return label


def require_docker() -> None:
    """Raises BuildFailed when there is no docker command, or no daemon answers it."""
    if shutil.which("docker") is None:
        raise BuildFailed("there is no docker command: install Docker, or put it on PATH")
    done = _docker("version", "--format", "{{.Server.Version}}")
    if done.returncode or not done.stdout.strip():
        raise BuildFailed(
            f"no Docker daemon answers: start it, or name it in DOCKER_HOST ({_last_line(done.stderr)})"
        )


def made_wheelhouse() -> Path:
    """Download what the locks name for the images' Python, unless that lies there already. Raises BuildFailed."""
    place = FOLDER / "wheelhouse"
    stamp = _stamp()
    if (place / stamp).is_file():
        return place
    machine = platform.machine()
    platforms = [
        f"--platform={name}_{machine}" for name in ("manylinux_2_28", "manylinux_2_17", "manylinux2014")
    ]
    with tempfile.TemporaryDirectory(prefix=".wheelhouse-", dir=FOLDER) as folder:
        for lock in LOCKS:
            # --no-deps: the lock is complete, and pip would ask for what the Python that runs it needs
            _pip(
                "download", "--quiet", "--no-deps", "--require-hashes", "--only-binary=:all:", *platforms,
                f"--python-version={PYTHON}", f"--dest={folder}/wheels", f"--requirement={FOLDER / lock}",
            )  # fmt: skip
        Path(folder, "wheels", stamp).touch()
        shutil.rmtree(place, ignore_errors=True)
        Path(folder, "wheels").rename(place)
    return place


def docker_build(target: str, tag: str, context: Path, arguments: list[str]) -> None:
    """One target of the Dockerfile; what Docker says goes to stderr. Raises BuildFailed."""
    dockerfile = context / "containers" / "Dockerfile"
    command = ["docker", "build", "--force-rm", f"--file={dockerfile}", f"--target={target}", f"--tag={tag}"]
    done = subprocess.run([*command, *arguments, str(context)], stdout=sys.stderr, check=False)
    if done.returncode:
        raise BuildFailed(f"{tag} could not be built: docker build ended with {done.returncode}, see above")


def inspect(tag: str) -> Image:
    """Raises BuildFailed when the image is not in the daemon's own store."""
    done = _docker("image", "inspect", tag)
    if done.returncode:
        raise BuildFailed(
            f"{tag} was built and is not among the daemon's images: does the builder only push?"
        )
    (shown,) = json.loads(done.stdout)
    config = shown["Config"]
    return Image(
        tag=tag,
        size=shown["Size"],
        layers=tuple(shown["RootFS"]["Layers"]),
        user=config.get("User") or "",
        entrypoint=tuple(config.get("Entrypoint") or ()),
        labels=config.get("Labels") or {},
    )


def verified(gate: Image, intake: Image, label: str) -> tuple[Image, Image]:
    """Both images, when they are what the Container Service and an administrator rely on. Raises BuildFailed."""
    wrong = {
        f"{gate.tag}: the label {command_files.LABEL} is not what was given": gate.labels.get(
            command_files.LABEL
        )
        != label,
        f"{gate.tag} has a USER, so XNAT's administrator cannot choose one": gate.user,
        f"{gate.tag} has an ENTRYPOINT, which would come before each command line": gate.entrypoint,
        f"{intake.tag} does not run as {SERVICE_USER}": intake.user != SERVICE_USER,
        f"{intake.tag} carries commands": command_files.LABEL in intake.labels,
        f"{intake.tag} shares not all layers with {gate.tag}": intake.layers != gate.layers,
    }
    if said := [sentence for sentence, is_so in wrong.items() if is_so]:
        raise BuildFailed("; ".join(said))
    return gate, intake


def _stamp() -> str:
    """The name of the file that is left beside the wheels: other locks, Python or machine, other name."""
    content = b"".join((FOLDER / lock).read_bytes() for lock in LOCKS)
    return f"{hashlib.sha256(content).hexdigest()[:16]}-{PYTHON}-{platform.machine()}"


def _pip(*arguments: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "pip", "--disable-pip-version-check", "--no-input", *arguments],
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise BuildFailed(f"the wheels could not be downloaded: {_last_line(done.stderr or done.stdout)}")


def _docker(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(["docker", *arguments], capture_output=True, text=True, check=False)


def _last_line(text: str) -> str:
    return (text.strip().splitlines() or ["no reason given"])[-1]


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        description="build the images gate and intake, and look at what they became"
    )
    parser.add_argument("--base", metavar="IMAGE", help="PYTHON_IMAGE; default: the Dockerfile's")
    parser.add_argument("--wheelhouse", metavar="DIR|make", help="build without network, from these wheels")
    parser.add_argument(
        "--tag-prefix", default="", metavar="TEXT", help="before the names, such as your-registry/"
    )
    parser.add_argument(
        "--print-label", action="store_true", help=f"print the value of {command_files.LABEL} and end"
    )
    options = parser.parse_args(arguments)
    try:
        if options.print_label:
            print(commands_label(options.tag_prefix + command_files.IMAGE))
            return 0
        built = build(base=options.base, wheelhouse=options.wheelhouse, prefix=options.tag_prefix)
    except BuildFailed as error:
        print(f"build_images: {error}", file=sys.stderr)
        return 1
    for image in built:
        print(f"{image.tag}  {image.size / 1e6:.0f} MB")
    print(f"all {len(built[0].layers)} layers are shared")
    return 0


if __name__ == "__main__":
    sys.exit(main())
