"""The files commands/*.json, completed: what the Container Service is given, in an image's label or at registration.

Laws: image and version stand in no file, they are those of the package, so that a release cannot name another one's
image; the label and the registration are made here alone, so that they cannot differ.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from xnat_gate import __version__

LABEL = "org.nrg.commands"
"""The image label in which the Container Service looks for commands: the text of a JSON array."""
IMAGE = f"xnat-gate/gate:{__version__}"
"""The image of the jobs; the tag that is built and the text in each command must be the same, letter by letter."""

_PACKAGE = Path(__file__).parents[1]
_FILLED_IN = ("image", "version")


class CommandFileInvalid(Exception):
    """The installation is damaged or a command was written wrongly; `str()` names the file and what is wrong."""

    def __init__(self, path: Path, wrong: str) -> None:
        super().__init__(f"{path}: {wrong}")
        self.path = path


@dataclass(frozen=True, slots=True)
class Command:
    """One command; `definition` is the whole command.json as XNAT takes it, `wrappers` are the names under `xnat`."""

    name: str
    image: str
    version: str
    wrappers: tuple[str, ...]
    definition: Mapping[str, object]


def default_directory() -> Path:
    """The commands that come with the program: inside an installed package, at the top of a checkout."""
    installed = _PACKAGE / "commands"
    return installed if installed.is_dir() else _PACKAGE.parents[1] / "commands"


def load(directory: Path | None = None, *, image: str = IMAGE) -> tuple[Command, ...]:
    """All commands of a folder by name; None is the folder that comes with the program.

    `image`: with its tag, for those who build under another name. Raises CommandFileInvalid.
    """
    folder = directory or default_directory()
    files = [path for path in sorted(folder.glob("*.json")) if not path.name.endswith(".schema.json")]
    if not files:
        raise CommandFileInvalid(folder, "holds no command: is the installation whole?")
    return tuple(completed(_read(path), path, image=image) for path in files)


def completed(
    written: Mapping[str, object], path: Path, *, image: str = IMAGE, version: str = __version__
) -> Command:
    """The command with image and version filled in; `path`: the file it is from. Raises CommandFileInvalid."""
    name = written.get("name")
    if not isinstance(name, str) or name != path.stem:
        raise CommandFileInvalid(path, f"its name is {name!r}: a command is named like its file")
    if stray := [key for key in _FILLED_IN if key in written]:
        raise CommandFileInvalid(path, f"holds {' and '.join(stray)}: take it out, it is filled in")
    definition = {"name": name, "image": image, "version": version, **written}
    return Command(name, image, version, _wrappers(written, path), definition)


def label(commands: Iterable[Command]) -> str:
    """The value of LABEL: compact, on one line, ASCII."""
    return json.dumps([dict(command.definition) for command in commands], separators=(",", ":"))


def _wrappers(written: Mapping[str, object], path: Path) -> tuple[str, ...]:
    wrappers = written.get("xnat", [])
    if not isinstance(wrappers, list):
        raise CommandFileInvalid(path, "xnat is no list of wrappers")
    names = tuple(wrapper.get("name") if isinstance(wrapper, dict) else None for wrapper in wrappers)
    named = tuple(name for name in names if isinstance(name, str) and name)
    if len(named) != len(names) or len(set(named)) != len(named):
        raise CommandFileInvalid(path, "a wrapper has no name, or two have the same")
    return named


def _read(path: Path) -> dict[str, object]:
    try:
        written = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise CommandFileInvalid(path, f"cannot be read ({error.strerror})") from error
    except ValueError as error:
        raise CommandFileInvalid(path, f"is no JSON ({error})") from error
    if not isinstance(written, dict):
        raise CommandFileInvalid(path, "is no JSON object")
    return written
