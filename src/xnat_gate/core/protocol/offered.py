"""What an editor offers while a protocol is typed: the elements that protocols ask most, and what may stand for them.

Law: what is offered is no limit; every other element may be written as well.
"""

from __future__ import annotations

from collections.abc import Mapping

from xnat_gate.core.protocol.kinds import Schema

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
"""The elements that are offered, each with what it is."""


def naming(known: Mapping[str, Schema], what: str, others: Schema, pattern: str = "") -> Schema:
    """A mapping in which these names are known; others must be of the pattern, if there is one. `what`: said of all.

    Names are offered by propertyNames, since editors offer nothing of `properties` between the brackets of `{}`.
    """
    names: Schema = {"enum": list(known)}
    return {
        "type": "object",
        "propertyNames": {
            "description": what,
            **({"anyOf": [names, {"pattern": pattern}]} if pattern else names),
        },
        "patternProperties": {f"^{name}$": of for name, of in known.items()},
        "additionalProperties": others,
    }
