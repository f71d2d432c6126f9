"""A project as an XML document in a request's body: the other way to name its fields.

Laws: an ID that is not that of the URL is 417; a document that cannot be read is 400; elements that the sandbox does
not keep are passed over.
"""

from __future__ import annotations

import xml.etree.ElementTree as ET

from xnat_gate.sandbox.call import Call
from xnat_gate.sandbox.exceptions import BadRequest, Expected

SPACE = {"xnat": "http://nrg.wustl.edu/xnat"}
PATHS = {
    "name": "xnat:name", "description": "xnat:description", "keywords": "xnat:keywords",
    "pi_firstname": "xnat:PI/xnat:firstname", "pi_lastname": "xnat:PI/xnat:lastname",
}  # fmt: skip


def named(call: Call, project: str) -> dict[str, str]:
    """The fields that the body names; none when it is no XML. Raises BadRequest and Expected."""
    if call.content_type not in {"text/xml", "application/xml"} or not call.body_length:
        return {}
    try:
        root = ET.parse(call.body).getroot()  # noqa: S314 - expat refuses documents that grow without end
    except ET.ParseError as error:
        raise BadRequest(f"The project's XML cannot be read: {error}") from error
    if root.get("ID", project) != project:
        raise Expected("The project ID of the document is not that of the URL.")
    found = {name: root.findtext(path, namespaces=SPACE) for name, path in PATHS.items()}
    return {
        name: value
        for name, value in {**found, "secondary_ID": root.get("secondary_ID")}.items()
        if value is not None
    }
