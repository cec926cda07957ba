"""Where a device calls this gateway: an address and a port in one word."""

from __future__ import annotations

from ipaddress import IPv6Address, ip_address

from edge_agent.domain.errors import AgentError


def split_listen(listen: str) -> tuple[str, int]:
    """Return the parts of `ADDRESS:PORT`, an IPv6 address in brackets. AgentError if it is not that."""
    host, _, port = listen.rpartition(":")
    bare = host[1:-1] if host.startswith("[") and host.endswith("]") else host
    try:
        bracketed = isinstance(ip_address(bare), IPv6Address)
    except ValueError as error:
        raise AgentError(f"{listen}: no address") from error
    if bracketed != (bare != host) or not (port.isascii() and port.isdecimal()):
        raise AgentError(f"{listen}: no address and port")
    return bare, int(port)
