"""A small XNAT for the demo and the tests: the REST contract of a stock XNAT, real files, its own database.

Laws: it plays a foreign system, so nothing of xnat_gate is imported here; it answers on loopback alone; what it does
not know it refuses loudly (501 with method and path), it never guesses. Four rooms, as in moto: urls (which path is
whose), responses (the faces), models (the memory), exceptions (the refusals); jobs holds what takes time (receiving,
building, archiving), dicom what is read out of an object, and faults what goes wrong when somebody asks for it.
"""
