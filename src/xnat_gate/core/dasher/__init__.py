"""DASHER's protocol.txt, a file of two lines, as a protocol of ours.

Laws: what a line cannot be read as is a fault, never skipped; nothing that DASHER kept out is let in untold: every way
in which its substring comparisons behaved otherwise is named.
"""

from xnat_gate.core.dasher.differences import Difference, differences
from xnat_gate.core.dasher.reading import Line, Sorting, read
from xnat_gate.core.dasher.writing import protocol_text

__all__ = ["Difference", "Line", "Sorting", "differences", "protocol_text", "read"]
