"""The site: build information, the schemas xnatpy makes its classes from, search elements."""

from __future__ import annotations

from pathlib import Path

from starlette.responses import Response

from xnat_gate.sandbox import replies
from xnat_gate.sandbox.call import Call
from xnat_gate.sandbox.exceptions import NotFound
from xnat_gate.sandbox.models import clock

SCHEMAS = Path(__file__).parent.parent / "schemas"
NAMES = ("xdat", "xnat")


def build_info(call: Call) -> Response:
    """Build information as a JSON object of strings."""
    return replies.json_value(_build_info(call))


def build_property(call: Call) -> Response:
    """One property as text; 404."""
    value = _build_info(call).get(call.args["name"])
    if value is None:
        raise NotFound(f"No build property {call.args['name']}")
    return replies.text(value)


def schemas(call: Call) -> Response:
    """The names of the schemas as a JSON list: xdat, xnat.

    Not played: the schemas of plugins.
    """
    return replies.json_value(list(NAMES))


def schema(call: Call) -> Response:
    """One schema as XML, reduced to the types that the sandbox has; 404.

    Not played: the full schemas of XNAT.
    """
    name = call.args["name"]
    if name not in NAMES:
        raise NotFound(f"No schema {name}")
    text = (SCHEMAS / f"{name}.xsd").read_text(encoding="utf-8")
    return replies.text(text, media_type="application/xml;charset=UTF-8")


def search_elements(call: Call) -> Response:
    """An empty table: no element is searchable, which clients accept.

    Not played: searches.
    """
    return replies.table(call, ("ELEMENT_NAME", "SINGULAR", "PLURAL", "SECURED", "COUNT"), [])


def login_page(call: Call) -> Response:
    """An HTML page with a form, for browsers without a login.

    Not played: the form itself.
    """
    return replies.login_page()


def _build_info(call: Call) -> dict[str, str]:
    version = call.world.settings.version
    return {
        "version": version, "buildNumber": "0", "buildDate": "", "sha": "sandbox", "isDirty": "false",
        "timestamp": clock.printed(clock.now()), "hostName": "localhost",
    }  # fmt: skip
