"""XNAT over REST: the only door to the network, and to the `xnat` client and `requests` beneath it.

Laws: every call names the statuses it accepts; a 200 that hides a failure is read as one; after an unknown outcome
the state is read again and never assumed; passwords appear in no message.
"""

from xnat_gate.edge.xnat.gateway import Xnat, connected
from xnat_gate.edge.xnat.login import Account

__all__ = ["Account", "Xnat", "connected"]
