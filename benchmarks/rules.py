"""The cost of 200 rules over 10,000 headers beside reading those headers from a warm disk cache: below 1 is the aim.

Three protocols: `alike`, whose elements are the same in all objects of a series; `differing`, in which a tenth of the
rules ask an element that differs in every object; `hard`, in which every rule asks such an element.
"""

from __future__ import annotations

import random
import statistics
import tempfile
import time
from pathlib import Path

from xnat_gate.cli.parts import VOCABULARY
from xnat_gate.core import rules
from xnat_gate.core.protocol import Protocol
from xnat_gate.core.study import READ_ALWAYS, Reading, Study, group
from xnat_gate.edge import protocol_file
from xnat_gate.edge.dicom_files import read_folder
from xnat_gate.sandbox.phantoms import ct_series, mr

SERIES, SLICES = 20, 500
RULES = 200
ROUNDS = 5
HEAD = "protocol: 1\nprojects: {hospital: HOSPITAL, quarantine: QUARANTINE}\nallow: {Modality: [CT, MR]}\nrules:\n"
ASKED = (
    "when: {{Modality: CT}}, require: {{ManufacturerModelName: {{not: 'Acme {0}'}}}}",
    "when: {{ManufacturerModelName: {{glob: 'A?me {0}*'}}}}",
    "when: {{Modality: [SC, US], StationName: {{regex: 'CT[0-9]+-{0}'}}}}, require: {{BurnedInAnnotation: 'NO'}}",
    "when: {{Modality: CT}}, require: {{KVP: {{range: {{from: 1, to: {0}00}}}}}}",
    "when: {{any: [{{Modality: US}}, {{'ImageType[1]': 'DERIVED {0}'}}]}}, require: {{StationName: {{present: true}}}}",
    "require: {{PatientID: {{not: {{prefix: 'OLD{0}-'}}}}}}",
    "when: {{StudyDate: {{date_range: {{to: 19{0:02}-01-01}}}}}}",
    "level: series, require: {{FrameOfReferenceUID: {{count: {{to: {0}}}}}}}",
    "level: study, when: {{Modality: {{equals: RTDOSE, not: RTPLAN}}, StudyDescription: 'plan {0}'}}",
    "when: {{not: {{Modality: [CT, MR]}}}}, require: {{InstitutionName: ['Site {0}', 'Clinic*']}}",
)
"""What rules ask; the number makes each one another."""
DIFFERING = (
    "when: {{InstanceNumber: {{range: {{from: 1000{0}}}}}}}, require: {{SliceLocation: {{present: true}}}}",
    "when: {{SOPInstanceUID: {{prefix: '9.{0}.'}}}}",
)


def protocol(*, differing: int, hard: bool = False) -> Protocol:
    """With so many rules that ask an element that differs in every object; `hard`: with one in every rule."""
    lines = []
    for number in range(RULES):
        asks = DIFFERING if number < differing else ASKED
        text = asks[number % len(asks)].format(number % 90 + 1)
        if hard:
            own = f"when: {{SOPInstanceUID: {{not: {{prefix: '9.{number}'}}}}"
            text = text.replace("when: {", f"{own}, ", 1) if "when: {" in text else f"{own}}}, {text}"
        lines.append(f"  - {{id: R-{number}, title: rule {number}, {text}, otherwise: hold}}\n")
    return protocol_file.loads(HEAD + "".join(lines), VOCABULARY, "benchmark")


def written(folder: Path) -> None:
    for number in range(SERIES):
        build = ct_series if number % 2 else mr
        build(
            folder,
            series=number + 1,
            number=number + 1,
            slices=SLICES,
            StationName=f"CT{number}",
            StudyDate="20260131",
        )


def main() -> None:
    ways = {
        "alike": protocol(differing=0),
        "differing": protocol(differing=RULES // 10),
        "hard": protocol(differing=0, hard=True),
    }
    reading: dict[str, list[float]] = {name: [] for name in ways}
    asking: dict[str, list[float]] = {name: [] for name in ways}
    with tempfile.TemporaryDirectory() as name:
        written(Path(name))
        for _ in range(ROUNDS):
            for way in random.sample(sorted(ways), len(ways)):
                start = time.perf_counter()
                found = read_folder(Path(name), READ_ALWAYS | ways[way].keywords)
                reading[way].append(time.perf_counter() - start)
                study = the_study(found)
                start = time.perf_counter()
                assert not list(rules.broken(ways[way].rules, study))
                asking[way].append(time.perf_counter() - start)
    for way, took in asking.items():
        ratio = statistics.median(took) / statistics.median(reading[way])
        print(f"{way}: asking {RULES} rules of {SERIES * SLICES} headers takes {ratio:.3f} of reading them")


def the_study(found: Reading) -> Study:
    (study,) = group(found)
    assert len(study.instances) == SERIES * SLICES
    return study


if __name__ == "__main__":
    main()
