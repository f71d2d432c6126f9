"""The grid on which a dose tells its values (PS3.3 C.8.8.3.2).

Law: a grid that is not told whole, or in a way that can be read in two, has no box.
"""

from __future__ import annotations

from itertools import pairwise
from statistics import median_low

from xnat_gate.core.geometry.boxes import Box, Sheet, box_around
from xnat_gate.core.geometry.planes import frames_of, orientation_of, point_of, size_of, spacing_of
from xnat_gate.core.geometry.vectors import Vector, along, numbers
from xnat_gate.core.study import Instance

_UP: Vector = (0.0, 0.0, 1.0)


def dose_box(dose: Instance) -> Box | None:
    """Around all voxels of the grid."""
    origin = point_of(dose.values("ImagePositionPatient"))
    orientation = orientation_of(dose.values("ImageOrientationPatient"))
    spacing, size = spacing_of(dose.values("PixelSpacing")), size_of(dose)
    offsets = _offsets(dose)
    if origin is None or orientation is None or spacing is None or size is None or offsets is None:
        return None
    upright = abs(orientation.normal[2]) > _UPRIGHT
    if offsets[0] == 0 and origin[2] == 0 and upright and orientation.normal[2] < 0 and any(offsets):
        return None
    if offsets[0] == 0:
        direction = orientation.normal
    elif abs(offsets[0] - origin[2]) < _SAME and upright:
        direction = _UP
    else:
        return None
    layers = (along(origin, direction, offset - offsets[0]) for offset in (min(offsets), max(offsets)))
    steps = [abs(after - before) for before, after in pairwise(offsets)]
    return box_around(
        (Sheet(layer, spacing, size) for layer in layers), orientation, median_low(steps or [0.0])
    )


_SAME = 0.01
_UPRIGHT = 0.999
"""The offsets are places in the patient where the first one is that of the first frame, and frames are transverse."""


def _offsets(dose: Instance) -> tuple[float, ...] | None:
    """GridFrameOffsetVector, one for each frame; a single frame needs none."""
    frames, told = frames_of(dose), dose.values("GridFrameOffsetVector")
    if not told:
        return (0.0,) if frames == 1 else None
    found = numbers(told)
    return found if found is not None and len(found) == frames else None
