"""What a phantom plan treats with: static beams of one machine in one fraction group (PS3.3 C.8.8.13, C.8.8.14).

Law: the numbers agree. Each beam is in the fraction group once, and has a control point at either end.
"""

from __future__ import annotations

from pydicom.dataset import Dataset

from xnat_gate.sandbox.phantoms.parts import item

JAWS = ("ASYMX", "ASYMY")


def treatment(beams: int, position: str) -> dict[str, object]:
    """Of so many beams, on a patient who lies in this position."""
    return {
        "FractionGroupSequence": [fraction_group(1, range(1, beams + 1))],
        "PatientSetupSequence": [
            item(PatientPosition=position, PatientSetupNumber=1, SetupTechnique="ISOCENTRIC")
        ],
        "BeamSequence": [beam(number) for number in range(1, beams + 1)],
    }


def fraction_group(number: int, beams: range) -> Dataset:
    """One fraction of these beams."""
    return item(
        FractionGroupNumber=number,
        NumberOfFractionsPlanned=1,
        NumberOfBeams=len(beams),
        NumberOfBrachyApplicationSetups=0,
        ReferencedBeamSequence=[item(ReferencedBeamNumber=each, BeamMeterset="100") for each in beams],
    )


def beam(number: int) -> Dataset:
    """A static photon beam into the middle of the phantom."""
    return item(
        TreatmentMachineName="PHANTOM",
        PrimaryDosimeterUnit="MU",
        SourceAxisDistance="1000",
        BeamLimitingDeviceSequence=[
            item(RTBeamLimitingDeviceType=jaw, NumberOfLeafJawPairs=1) for jaw in JAWS
        ],
        BeamNumber=number,
        BeamName=f"Phantom beam {number}",
        BeamType="STATIC",
        RadiationType="PHOTON",
        TreatmentDeliveryType="TREATMENT",
        NumberOfWedges=0,
        NumberOfCompensators=0,
        NumberOfBoli=0,
        NumberOfBlocks=0,
        FinalCumulativeMetersetWeight="1",
        NumberOfControlPoints=2,
        ControlPointSequence=[_start(), item(ControlPointIndex=1, CumulativeMetersetWeight="1")],
        ReferencedPatientSetupNumber=1,
    )


def _start() -> Dataset:
    return item(
        ControlPointIndex=0,
        NominalBeamEnergy="6",
        BeamLimitingDevicePositionSequence=[
            item(RTBeamLimitingDeviceType=jaw, LeafJawPositions=["-2", "2"]) for jaw in JAWS
        ],
        GantryAngle="0",
        GantryRotationDirection="NONE",
        BeamLimitingDeviceAngle="0",
        BeamLimitingDeviceRotationDirection="NONE",
        PatientSupportAngle="0",
        PatientSupportRotationDirection="NONE",
        TableTopEccentricAngle="0",
        TableTopEccentricRotationDirection="NONE",
        TableTopVerticalPosition=None,
        TableTopLongitudinalPosition=None,
        TableTopLateralPosition=None,
        IsocenterPosition=["0", "0", "6"],
        CumulativeMetersetWeight="0",
    )


def contribution(summation: str, beams: tuple[int, ...]) -> list[Dataset] | None:
    """ReferencedFractionGroupSequence of a dose of this summation type; None where it has none (PS3.3 C.8.8.3)."""
    if summation not in ("FRACTION", "BEAM"):
        return None
    named = {"ReferencedBeamSequence": [item(ReferencedBeamNumber=each) for each in beams]}
    return [item(ReferencedFractionGroupNumber=1, **(named if summation == "BEAM" else {}))]
