"""TLS: our certificate, and which certificates a sender must show.

Law: with a file of authorities, nobody comes in without a certificate that one of them signed (PS3.15 B.9 and later:
TLS 1.2 or newer).
"""

from __future__ import annotations

import ssl
from dataclasses import dataclass
from pathlib import Path


class EncryptionUnusable(Exception):
    """`str()` names the files and what to do."""


@dataclass(frozen=True, slots=True)
class Encryption:
    """PEM files. `authorities`: who signs the certificates of the senders; None when senders need none."""

    certificate: Path
    key: Path
    authorities: Path | None = None

    def context(self) -> ssl.SSLContext:
        """Raises EncryptionUnusable."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        try:
            context.load_cert_chain(self.certificate, self.key, password=_no_password)
        except (OSError, ValueError) as error:
            raise EncryptionUnusable(
                f"certificate {self.certificate} and key {self.key} cannot be used together ({_why(error)}): "
                "name PEM files that belong together, the key without a password"
            ) from error
        if self.authorities:
            try:
                context.load_verify_locations(cafile=self.authorities)
            except (OSError, ValueError) as error:
                raise EncryptionUnusable(
                    f"{self.authorities} is no readable file of certificates ({_why(error)}): name a PEM file"
                ) from error
            context.verify_mode = ssl.CERT_REQUIRED
        return context


def _no_password() -> str:
    """Else OpenSSL would ask on the terminal."""
    raise ValueError("the key has a password")


def _why(error: Exception) -> str:
    return getattr(error, "reason", None) or getattr(error, "strerror", None) or str(error)
