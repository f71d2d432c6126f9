"""One request as the routes see it: who asks, the path's words, the parameters, the uploaded file.

Laws: query and form parameters are one set, the query wins; values arrive HTML-escaped, as XNAT escapes them; a flag is
true for anything but `false` and `0`.
"""

from __future__ import annotations

import html
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import BinaryIO

from xnat_gate.sandbox.exceptions import BadRequest
from xnat_gate.sandbox.models.users import User
from xnat_gate.sandbox.world import World

INBODY_TYPES = {
    "application/zip": ".zip", "application/x-zip-compressed": ".zip", "application/x-tar": ".tar",
    "application/x-gtar": ".tar", "application/gzip": ".tar.gz", "application/x-gzip": ".tar.gz",
    "application/dicom": ".dcm", "application/octet-stream": "", "text/plain": ".txt", "text/xml": ".xml",
    "application/xml": ".xml", "text/csv": ".csv", "application/pdf": ".pdf", "application/xar": ".xar",
}  # fmt: skip
NOBODY = User(0, "guest", "", "", "", admin=False, enabled=False)


@dataclass(frozen=True, slots=True)
class Upload:
    """A file that came with the request, at its start; `name` may come from outside: never a path."""

    name: str
    content_type: str
    file: BinaryIO


@dataclass(slots=True, kw_only=True)
class Call:
    """`path` is normalised: without /data, /REST and /archive; `args` are the path's words, unquoted."""

    world: World
    method: str
    path: str
    asked_path: str
    args: Mapping[str, str]
    params: Sequence[tuple[str, str]]
    headers: Mapping[str, str]
    body: BinaryIO
    body_length: int
    uploads: Sequence[Upload] = ()
    user: User = field(default=NOBODY)
    session: str | None = None

    def param(self, *names: str) -> str | None:
        """The value of the first of these parameters that is given, escaped; the query's before the form's."""
        for name in names:
            for key, value in self.params:
                if key == name:
                    return html.escape(value, quote=True).replace("&#x27;", "'")
        return None

    def every(self, name: str) -> list[str]:
        return [value for key, value in self.params if key == name]

    def flag(self, *names: str, default: bool = False) -> bool:
        value = self.param(*names)
        return default if value is None else value not in {"false", "0"}

    def is_true(self, name: str) -> bool:
        """The few parameters that count only as the literal `true`."""
        return self.param(name) == "true"

    @property
    def content_type(self) -> str:
        return self.headers.get("content-type", "").split(";")[0].strip().lower()

    def inbody(self) -> Upload | None:
        """The body as a file: `inbody=true`, or one of the content types XNAT knows; None when there is none."""
        known = self.content_type in INBODY_TYPES or self.content_type.startswith("image/")
        if not (known or self.flag("inbody")) or not self.body_length:
            return None
        return Upload("upload" + INBODY_TYPES.get(self.content_type, ""), self.content_type, self.body)

    def one_file(self) -> Upload | None:
        """The uploaded file, multipart or in-body; raises BadRequest when there are several."""
        if len(self.uploads) > 1:
            raise BadRequest("Importer is limited to one uploaded resource at a time.")
        return self.uploads[0] if self.uploads else self.inbody()

    def text(self) -> str:
        """The uploaded text (or the plain body)."""
        file = self.one_file()
        raw = file.file.read() if file else self.body.read()
        try:
            return raw.decode("utf-8")
        except UnicodeDecodeError as error:
            raise BadRequest("The body is not UTF-8 text.") from error

    @property
    def format(self) -> str:
        """The asked representation in lower case: `format=`, else what Accept names, else ''."""
        asked = self.param("format") or ""
        if not asked:
            accept = self.headers.get("accept", "").split(",")[0].split(";")[0].strip().lower()
            asked = "" if accept == "*/*" else accept
        return {"application/json": "json", "text/xml": "xml", "application/xml": "xml", "text/csv": "csv",
                "text/html": "html", "application/zip": "zip"}.get(asked.lower(), asked.lower())  # fmt: skip
