"""A gate in front of XNAT: DICOM is sorted by a protocol, checked for RT linkage, and loses nothing on the way."""

__version__ = "0.5.0"
