"""Anonymised images of a head, from which the face can be computed."""

from tests.core.studies import ct, study
from xnat_gate.core.finding import Effect, Severity

HEAD = {"PatientIdentityRemoved": "YES", "BodyPartExamined": "HEAD"}
GOOD = study(ct(2, **HEAD, RecognizableVisualFeatures="NO"))
BAD = study(ct(2, **HEAD, RecognizableVisualFeatures="YES"))
FINDS = Effect.NOTE, Severity.INFO
