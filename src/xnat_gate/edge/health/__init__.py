"""Whether a service lives and takes data, and what it has done, told over HTTP; the only door to prometheus_client.

Laws: it answers GET and HEAD at three paths, says nothing back of what a request holds, and lets nobody hold it up;
whatever goes wrong here, the service goes on; label values come from closed sets, so that no UID, AE title or name
can ever stand in a metric.
"""

from xnat_gate.edge.health.importer_meters import ImporterMeters
from xnat_gate.edge.health.meters import Disks, Meters
from xnat_gate.edge.health.receiver_meters import ReceiverMeters
from xnat_gate.edge.health.server import Health, HealthUnavailable, Probe

__all__ = ["Disks", "Health", "HealthUnavailable", "ImporterMeters", "Meters", "Probe", "ReceiverMeters"]
