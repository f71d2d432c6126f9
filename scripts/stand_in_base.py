"""Make a stand-in for python:X.Y-slim out of this Debian machine's own files, for where no registry can be reached.

`stand_in_base.py [--tag local/py:3.12] [--python 3.12]` needs root, a Docker daemon, and a CPython with a prefix of its
own, such as pyenv's. It needs no network.

Laws: what goes in are the packages that Debian marks as required, those that CPython links to, and CPython itself;
no compiler, no documentation, no tests. The image is for building and testing here, never for pushing.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

OF_CPYTHON = (
    "ca-certificates", "netbase", "tzdata", "libbz2-1.0", "libffi8", "libsqlite3-0", "libssl3", "libreadline8",
    "libncursesw6", "libuuid1", "zlib1g", "libexpat1", "liblzma5", "libnsl2", "libtirpc3", "libcrypt1",
)  # fmt: skip
FIELDS = (
    "binary:Package",
    "Package",
    "db:Status-Status",
    "Essential",
    "Priority",
    "Provides",
    "Pre-Depends",
    "Depends",
)
UNWANTED = re.compile(
    r"/usr/share/(doc|man|locale|info|lintian|bug)/(?!.*/copyright$)|/var/cache/|/usr/lib/python"
)
FOLDERS = (
    "usr/bin", "usr/sbin", "usr/lib", "usr/lib64", "usr/local/bin", "usr/local/lib", "etc", "root", "home", "proc",
    "sys", "dev", "run",
)  # fmt: skip
MERGED = ("bin", "sbin", "lib", "lib64")
"""Folders of the root that are links into usr."""


class CannotStandIn(Exception):
    """This machine cannot be made an image of; `str()` says what is missing."""


@dataclass(frozen=True, slots=True)
class Package:
    """`listed_as`: the name with its architecture; `wants`: for each dependency the names that would do."""

    name: str
    listed_as: str
    required: bool
    provides: tuple[str, ...]
    wants: tuple[tuple[str, ...], ...]


def make(tag: str, version: str) -> None:
    """Make and import the image; `version` as in 3.12. Raises CannotStandIn."""
    if os.geteuid() != 0:
        raise CannotStandIn("only root may read and lay out all files of the system")
    if absent := [program for program in ("dpkg-query", "docker", "tar") if shutil.which(program) is None]:
        raise CannotStandIn(f"there is no {' and no '.join(absent)} here")
    prefix = find_python(version)
    with tempfile.TemporaryDirectory(prefix="stand-in-") as folder:
        root = Path(folder, "root")
        lay_out_debian(root)
        lay_out_python(root, prefix, version)
        import_image(root, tag)


def find_python(version: str) -> Path:
    """The prefix of a CPython that can be moved: pyenv's, or the one that runs this. Raises CannotStandIn."""
    pyenv = Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv")
    candidates = [
        *sorted(pyenv.glob(f"versions/{version}.*"), reverse=True),
        Path(sys.base_prefix),
        Path("/usr/local"),
    ]
    for prefix in candidates:
        if prefix != Path("/usr") and (prefix / "bin" / f"python{version}").is_file():
            return prefix
    raise CannotStandIn(f"no CPython {version} with a prefix of its own: install one with pyenv")


def installed() -> dict[str, Package]:
    """All packages of this machine by name."""
    form = "\t".join(f"${{{field}}}" for field in FIELDS) + "\n"
    found: dict[str, Package] = {}
    for line in _output("dpkg-query", "--show", f"--showformat={form}").splitlines():
        listed_as, name, status, essential, priority, provides, *wants = line.split("\t")
        if status == "installed":
            required = essential == "yes" or priority == "required"
            provided = tuple(_bare(one) for one in provides.split(","))
            alternatives = tuple(
                tuple(map(_bare, one.split("|"))) for field in wants for one in field.split(",")
            )
            found.setdefault(name, Package(name, listed_as, required, provided, alternatives))
    return found


def needed(known: Mapping[str, Package]) -> list[Package]:
    """What is required, what CPython links to, and all that these depend on."""
    provider = {name: package.name for package in known.values() for name in package.provides}
    provider |= {name: name for name in known}
    todo = [package.name for package in known.values() if package.required] + [*OF_CPYTHON]
    taken: dict[str, Package] = {}
    while todo:
        name = provider.get(todo.pop())
        if name is not None and name not in taken:
            taken[name] = known[name]
            todo += [next((one for one in wanted if one in provider), "") for wanted in known[name].wants]
    return list(taken.values())


def files_of(packages: Iterable[Package]) -> Iterator[str]:
    """Their files and folders that are there, as on a system whose /bin is a link to /usr/bin."""
    listed = _output("dpkg-query", "--listfiles", *sorted(package.listed_as for package in packages))
    for line in sorted(set(listed.splitlines())):
        path = re.sub(rf"^/({'|'.join(MERGED)})/", r"/usr/\1/", line)
        if (
            path.startswith("/")
            and path not in ("/", "/.")
            and not UNWANTED.search(path)
            and os.path.lexists(path)
        ):
            yield path


def lay_out_debian(root: Path) -> None:
    """The packages, the accounts of a fresh system, and the certificates that this machine trusts."""
    for folder in FOLDERS:
        (root / folder).mkdir(parents=True)
    for folder in MERGED:
        (root / folder).symlink_to(f"usr/{folder}")
    for folder in ("tmp", "var/tmp"):
        (root / folder).mkdir(parents=True)
        (root / folder).chmod(0o1777)
    certificates = ["/etc/ssl/certs", *map(str, sorted(Path("/etc/ssl/certs").glob("*")))]
    links = [
        path
        for path in ("/etc/alternatives/awk", "/usr/bin/awk", "/etc/nsswitch.conf")
        if os.path.lexists(path)
    ]
    paths = dict.fromkeys([*files_of(needed(installed())), *links, *certificates])
    _copy(Path("/"), root, "--no-recursion", *(path[1:] for path in paths))
    for accounts in ("passwd", "group"):
        master = Path(f"/usr/share/base-passwd/{accounts}.master").read_text(encoding="utf-8")
        (root / "etc" / accounts).write_text(master.replace(":*:", ":x:"), encoding="utf-8")


def lay_out_python(root: Path, prefix: Path, version: str) -> None:
    """CPython below /usr/local, with pip and nothing else in its site-packages."""
    library = f"lib/python{version}"
    unwanted = (
        "test",
        "idlelib",
        "tkinter",
        "turtledemo",
        "config-*",
        "site-packages/*",
        "lib-dynload/_tkinter*",
    )
    excluded = [f"--exclude={library}/{name}" for name in unwanted]
    shared = [path.relative_to(prefix) for path in prefix.glob(f"lib/libpython{version}.so*")]
    names = [f"bin/python{version}", "bin/python3", library, *map(str, shared)]
    local = root / "usr" / "local"
    _copy(prefix, local, "--exclude=__pycache__", *excluded, *names)
    (local / "bin" / "python").symlink_to("python3")
    if shutil.which("strip"):
        binaries = [
            *local.glob(f"bin/python{version}"),
            *local.glob("lib/*.so*"),
            *local.glob(f"{library}/lib-dynload/*"),
        ]
        subprocess.run(["strip", "--strip-unneeded", *binaries], check=False)
    _run("chroot", str(root), "/sbin/ldconfig")
    _run("chroot", str(root), "/usr/local/bin/python3", "-B", "-m", "ensurepip", "--default-pip")


def import_image(root: Path, tag: str) -> None:
    """One layer, with the environment that the real image sets."""
    environment = ["PATH=/usr/local/bin:/usr/local/sbin:/usr/sbin:/usr/bin:/sbin:/bin", "LANG=C.UTF-8"]
    if os.environ.get(
        "PIP_CERT"
    ):  # a machine with a certificate authority of its own: its pip trusts it here too
        environment.append("PIP_CERT=/etc/ssl/certs/ca-certificates.crt")
    changes = [f"--change=ENV {one}" for one in environment] + ['--change=CMD ["python3"]']
    _piped(["tar", "-C", str(root), "-c", "."], ["docker", "import", *changes, "-", tag])


def _bare(relation: str) -> str:
    """The name in `name:any (>= 1.0)`."""
    return re.split(r"[ :(]", relation.strip(), maxsplit=1)[0]


def _copy(source: Path, target: Path, *arguments: str) -> None:
    _piped(["tar", "-C", str(source), "-c", *arguments], ["tar", "-C", str(target), "-xp"])


def _piped(first: list[str], second: list[str]) -> None:
    with subprocess.Popen(first, stdout=subprocess.PIPE) as sending:
        receiving = subprocess.run(second, stdin=sending.stdout, stdout=subprocess.DEVNULL, check=False)
    for command, code in ((first, sending.returncode), (second, receiving.returncode)):
        if code:
            raise CannotStandIn(f"{' '.join(command[:2])} ended with {code}")


def _run(*command: str) -> None:
    _output(*command)


def _output(*command: str) -> str:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise CannotStandIn(
            f"{' '.join(command[:3])} ended with {done.returncode}: {done.stderr.strip()[-500:]}"
        )
    return done.stdout


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        description="make a stand-in for python:X.Y-slim from this Debian machine"
    )
    parser.add_argument("--python", default="3.12", metavar="X.Y", help="default: 3.12")
    parser.add_argument("--tag", metavar="TAG", help="default: local/py:X.Y")
    options = parser.parse_args(arguments)
    tag = options.tag or f"local/py:{options.python}"
    try:
        make(tag, options.python)
    except CannotStandIn as error:
        print(f"stand_in_base: {error}", file=sys.stderr)
        return 1
    print(tag)
    return 0


if __name__ == "__main__":
    sys.exit(main())
