"""The JSON schema of the protocol language, made from the table of keys.

Law: the schema refuses nothing that the parser accepts; the parser is the stricter of the two.
"""

from __future__ import annotations

from xnat_gate.core.protocol.document import plain
from xnat_gate.core.protocol.keys import GROUPS, KEYS, Key
from xnat_gate.core.protocol.kinds import ADDRESS, Schema
from xnat_gate.core.protocol.phrases import JOINING
from xnat_gate.core.protocol.questions import PAGES, RuleType

OFTEN_ASKED: dict[str, str] = {
    "Modality": "CT, MR, PT, US, SC, RTSTRUCT, RTPLAN, RTDOSE ...",
    "Manufacturer": "Who made the equipment.",
    "ManufacturerModelName": "The model of the scanner or planning system.",
    "StationName": "The name of the machine.",
    "DeviceSerialNumber": "The serial number of the machine.",
    "SoftwareVersions": "The versions of its software.",
    "InstitutionName": "The hospital.",
    "InstitutionalDepartmentName": "The department.",
    "StudyDescription": "What the study was made for.",
    "SeriesDescription": "What the series shows.",
    "ProtocolName": "The name of the scan protocol.",
    "BodyPartExamined": "CHEST, HEAD ...",
    "SOPClassUID": "The kind of object, as a UID.",
    "ImageType": "ORIGINAL or DERIVED, PRIMARY or SECONDARY, and more; ImageType[1] is the first of them.",
    "ConversionType": "How a secondary capture came about.",
    "BurnedInAnnotation": "YES where the pixels show who the patient is.",
    "RecognizableVisualFeatures": "YES where a face could be recognised.",
    "PatientIdentityRemoved": "YES where the object has been de-identified.",
    "SliceThickness": "In mm.",
    "KVP": "Tube voltage in kV.",
    "ApprovalStatus": "APPROVED, UNAPPROVED or REJECTED, of plans and structure sets.",
    "PlanIntent": "CURATIVE, VERIFICATION, RESEARCH ...",
    "DoseUnits": "GY or RELATIVE.",
    "DoseSummationType": "PLAN, BEAM, FRACTION ...",
    "StudyDate": "The day of the study.",
    "PatientBirthDate": "The day of birth.",
    "ReceivingApplicationEntityTitle": "The AE title to which the object was sent.",
    "PixelData": "Whether there are pixels.",
}
"""The elements that an editor offers; all others may be asked as well."""


def schema() -> Schema:
    """JSON schema, draft 2020-12."""
    top: Schema = {}
    for key in KEYS:
        name = key.group or key.name
        top.setdefault(name, _group(key.group) if key.group else _property(key))
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "xnat-gate protocol",
        **_object(top, _required("")),
        "$defs": {"condition": _condition(), "test": _test()},
    }


def _group(group: str) -> Schema:
    members: Schema = {key.name: _property(key) for key in KEYS if key.group == group}
    return {"description": GROUPS[group], **_object(members, _required(group))}


def _object(properties: Schema, required: list[str]) -> Schema:
    closed: Schema = {"type": "object", "additionalProperties": False, "properties": properties}
    return {**closed, "required": required} if required else closed


def _property(key: Key[object]) -> Schema:
    default: Schema = {} if key.default is None else {"default": plain(key.default)}
    return {"description": key.does, **key.kind.schema(), **default}


def _required(group: str) -> list[str]:
    own = [key.name for key in KEYS if key.group == group and key.default is None]
    groups = {key.group for key in KEYS if key.group and key.default is None}
    return own if group else own + sorted(groups)


def _condition() -> Schema:
    conditions: Schema = {"type": "array", "minItems": 1, "items": {"$ref": "#/$defs/condition"}}
    joining: dict[str, Schema] = {"all": conditions, "any": conditions, "not": {"$ref": "#/$defs/condition"}}
    value: Schema = {
        "anyOf": [PAGES[RuleType.EQUALS].schema, PAGES[RuleType.ONE_OF].schema, {"$ref": "#/$defs/test"}]
    }
    return {
        "type": "object",
        "minProperties": 1,
        "properties": {
            **{word: {"description": JOINING[word], **of} for word, of in joining.items()},
            **{word: {"description": does, **value} for word, does in OFTEN_ASKED.items()},
        },
        "patternProperties": {f"{ADDRESS.removesuffix('$')}(\\[[1-9][0-9]*\\])?$": {}},
        "additionalProperties": False,
    }


def _test() -> Schema:
    types = {word: {"description": page.does, **page.schema} for word, page in PAGES.items()}
    return {"type": "object", "minProperties": 1, "additionalProperties": False, "properties": types}
