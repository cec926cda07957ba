"""Where secrets are: files that systemd's LoadCredential= puts into the service's own directory, read when needed."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

import msgspec

from edge_agent.domain.errors import AgentError
from edge_agent.domain.settings import Broker, Tls
from edge_agent.gateway.config.sheet import Sheet
from edge_agent.gateway.config.words import Path as SettingPath

BINDKEY = "credentials_bindkey-"
"""With a device's id, the name of the credential that is its key: the unit's own prefix, then the file's name."""

_KEY_BYTES = (12, 16)
"""MiBeacon 2 and 3, and all others."""


class Credentials(msgspec.Struct, frozen=True):
    """The credentials directory, "" outside a service."""

    directory: str

    def file(self, name: str) -> Path | None:
        """Return the file of a credential: an absolute name is itself, another is in the directory, if there is one."""
        if Path(name).is_absolute():
            return Path(name)
        return Path(self.directory, name) if self.directory else None

    def password(self, broker: Broker) -> str | None:
        """Return the broker's password without its line end, None where none is set. OSError if it cannot be read."""
        file = self.file(broker.password) if broker.password else None
        return file.read_text(encoding="utf-8").rstrip("\r\n") if file else None

    def bindkey(self, device: str) -> bytes | None:
        """Return the key with which a device encrypts its adverts, from the credential that `BINDKEY` names, or None.

        AgentError if it is no key of 12 or 16 bytes in hexadecimal; what stands there is not repeated.
        """
        name = f"{BINDKEY}{device}"
        file = self.file(name)
        if file is None or not file.exists():
            return None
        try:
            key = bytes.fromhex(file.read_text(encoding="ascii"))
        except (OSError, ValueError):
            key = b""
        if len(key) not in _KEY_BYTES:
            raise AgentError(f"the credential {name} is no key of 24 or 32 hexadecimal digits")
        return key

    def check(self, broker: Broker, sheet: Sheet) -> None:
        """Complain of every file that the broker connection needs and this process cannot read."""
        named: dict[SettingPath, str] = {("password",): broker.password}
        for field in Tls.__struct_fields__ if broker.tls else ():
            named["tls", field] = getattr(broker.tls, field)
        for path, name in named.items():
            if name and sheet.sound(path):
                self._check_file(path, name, sheet)

    def _check_file(self, path: SettingPath, name: str, sheet: Sheet) -> None:
        file = self.file(name)
        if file is None:
            found, remedy = "a credential, but no credentials directory", "run as the service, or give an absolute path"
            sheet.complain(path, found, "a file this process can read", remedy)
        elif not os.access(file, os.R_OK):
            place = self.directory if not Path(name).is_absolute() else "that path"
            found, remedy = (
                f"no such readable file in {place}",
                "put it there with LoadCredential=, or correct the name",
            )
            sheet.complain(path, found, "a file this process can read", remedy)


def service_credentials(environ: Mapping[str, str]) -> Credentials:
    """Return the credentials that systemd gave this process."""
    return Credentials(environ.get("CREDENTIALS_DIRECTORY", ""))
