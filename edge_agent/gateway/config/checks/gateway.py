"""The gateway's own half: broker address, TLS, account."""

from __future__ import annotations

from edge_agent.domain.settings import Broker, LocalSettings
from edge_agent.gateway.config.sheet import Sheet
from edge_agent.gateway.config.words import shown

_TLS_PORT = 8883
"""Registered with IANA for MQTT over TLS; plain MQTT is 1883."""


def check_gateway(local: LocalSettings, sheet: Sheet) -> None:
    """Complain of what the gateway's own settings contradict in each other."""
    broker, part = local.broker, sheet.section("broker")
    _check_host(broker, part)
    _check_tls(broker, part)
    if broker.password and not broker.username and part.sound(("username",), ("password",)):
        part.complain(("username",), "a password without a user name", "both or none", "add `username:`")


def _check_host(broker: Broker, sheet: Sheet) -> None:
    host, colon, port = broker.host.partition(":")
    if colon and ":" not in port and sheet.sound(("host",)):
        remedy = f"write `host: {host}` and `port: {port}` on two lines"
        sheet.complain(("host",), shown(broker.host), "a host name or an IP address, without its port", remedy)


def _check_tls(broker: Broker, sheet: Sheet) -> None:
    tls = broker.tls
    if tls is None:
        if broker.port == _TLS_PORT and sheet.sound(("port",), ("tls",)):
            remedy = "add `tls:` with `ca:`, or `port: 1883` for a connection anybody can read"
            sheet.complain(("port",), f"{_TLS_PORT}, the port for TLS, without tls", "tls, or another port", remedy)
        return
    if sheet.sound(("tls", "key"), ("tls", "certificate")) and bool(tls.key) != bool(tls.certificate):
        there, missing = ("key", "certificate") if tls.key else ("certificate", "key")
        sheet.complain(("tls", missing), f"a {there} without its {missing}", "both or none", f"add `{missing}:`")
