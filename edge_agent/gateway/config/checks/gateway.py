"""The gateway's own half: broker address, TLS, account, and what sounds here."""

from __future__ import annotations

import msgspec

from edge_agent.domain.settings import Broker, LocalSettings
from edge_agent.gateway.config.sheet import Sheet
from edge_agent.gateway.config.words import one_of, shown

_TLS_PORT = 8883
"""Registered with IANA for MQTT over TLS; plain MQTT is 1883."""


def check_gateway(local: LocalSettings, sheet: Sheet) -> None:
    """Complain of what the gateway's own settings contradict in each other."""
    _check_one(local.local_output, sheet.section("local_output"))
    _check_one(local.local_input, sheet.section("local_input"))
    _check_lines(local, sheet.section("local_input"))
    broker, part = local.broker, sheet.section("broker")
    _check_host(broker, part)
    _check_tls(broker, part)
    if broker.password and not broker.username and part.sound(("username",), ("password",)):
        part.complain(("username",), "a password without a user name", "both or none", "add `username:`")


def _check_one(choice: msgspec.Struct, sheet: Sheet) -> None:
    """Refuse a second kind of output or input, and one that is named without being one."""
    kinds = choice.__struct_fields__
    written = [kind for kind in kinds if sheet.written((kind,))]
    for kind in written[1:]:
        remedy = f"keep `{written[0]}:` or `{kind}:`"
        sheet.complain((kind,), f"{kind} beside {written[0]}", f"one of {one_of(kinds)}", remedy)
    for kind in written[:1]:
        if not getattr(choice, kind) and sheet.sound((kind,)):
            sheet.complain((kind,), "nothing", "what it is", f"write what is there, or leave out `{kind}:`")


def _check_lines(local: LocalSettings, sheet: Sheet) -> None:
    sounding, button = local.local_output.gpio, local.local_input.gpio
    if sounding is None or button is None or not sheet.sound(("gpio",)):
        return
    if (sounding.chip, sounding.line) == (button.chip, button.line):
        found, allowed = f"{button.line}, the line of local_output", "a line of its own"
        sheet.complain(("gpio", "line"), found, allowed, "choose the line of the button")


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
