"""The only door to pynetdicom: a Storage SCP that lays what it is sent into a landing, and answers then.

Laws: the data set goes from the wire to a file as it came, in pieces, never decoded and never whole in memory;
nothing is told to a sender before the bytes are safe, and no trouble with the disk ends an association; every
association ends with one told line, and each object that was not taken with another, without names.
"""

from xnat_gate.edge.receiver.condition import live, ready
from xnat_gate.edge.receiver.encryption import Encryption, EncryptionUnusable
from xnat_gate.edge.receiver.receiver import Receiver, ReceiverUnavailable
from xnat_gate.edge.receiver.service import Landing, Limits, Service

__all__ = [
    "Encryption",
    "EncryptionUnusable",
    "Landing",
    "Limits",
    "Receiver",
    "ReceiverUnavailable",
    "Service",
    "live",
    "ready",
]
