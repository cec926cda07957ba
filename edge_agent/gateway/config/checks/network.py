"""Devices that call over TCP: where they call, and from where. Nothing unknown is let in."""

from __future__ import annotations

from ipaddress import ip_address

from edge_agent.domain.errors import AgentError
from edge_agent.domain.settings import Device
from edge_agent.gateway.config.sheet import Sheet
from edge_agent.gateway.config.words import Path, shown
from edge_agent.gateway.listening import split_listen

_LOWEST_PORT, _HIGHEST_PORT = 1024, 65535


def check_network(device: Device, path: Path, sheet: Sheet) -> None:
    """Complain of what cannot be listened on, or would be open to everybody."""
    _check_listen(device, (*path, "listen"), sheet)
    if sheet.sound((*path, "peers")):
        _check_peers(device, (*path, "peers"), sheet)


def _check_listen(device: Device, path: Path, sheet: Sheet) -> None:
    try:
        _, port = split_listen(device.listen)
    except AgentError:
        found = shown(device.listen) if device.listen else "nothing"
        remedy = "`ip -brief address` shows this gateway's; 0.0.0.0 stands for all of them"
        sheet.complain(path, found, "an address of this gateway and a port, such as 192.0.2.10:2575", remedy)
        return
    if not _LOWEST_PORT <= port <= _HIGHEST_PORT:
        remedy = "HL7 monitors usually call port 2575"
        sheet.complain(path, f"port {port}", f"a port from {_LOWEST_PORT} to {_HIGHEST_PORT}", remedy)


def _check_peers(device: Device, path: Path, sheet: Sheet) -> None:
    if not device.peers:
        remedy = "write the address that the monitor shows in its network menu"
        sheet.complain(path, "nothing", "the addresses from which the device may call", remedy)
    for index, peer in enumerate(device.peers):
        if not _is_address(peer):
            sheet.complain((*path, index), shown(peer), "an IP address such as 192.0.2.41", "names are not looked up")


def _is_address(text: str) -> bool:
    try:
        ip_address(text)
    except ValueError:
        return False
    return True
