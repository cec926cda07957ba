"""The one door to MQTT: a connection, once. The next one is a new object.

paho 2 is kept to what it does well. Measured (reference: conventions C1): on a reconnect it ignores its own limit and
the broker's Receive Maximum, nothing can overtake its queue, an exception in a callback kills its thread while
`is_connected` stays true. So it never reconnects here, is given no more than the outbox's window, and every callback is
guarded and only hops to the loop.
"""

from __future__ import annotations

import asyncio
import os
import socket
import ssl
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import lru_cache
from typing import Any, NamedTuple, TypeVar

import msgspec
from paho.mqtt.client import Client, ConnectFlags, DisconnectFlags, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion, MQTTErrorCode, MQTTProtocolVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from edge_agent.domain.errors import AgentError
from edge_agent.wire.outgoing import Outgoing

MOST_IN_FLIGHT = 8
"""Messages of QoS 1 in flight at most, whatever the broker allows."""

ANSWER_S = 5.0
"""How long the broker may take for CONNACK or SUBACK; also paho's limit for the TCP connection."""

SESSION_EXPIRY_S = 24 * 3600
"""How long the broker keeps commands for a gateway that is away (MQTT 5.0, 3.1.2.11.2)."""

WILL_DELAY_S = 5
"""A blip shorter than this is no `offline` (MQTT 5.0, 3.1.3.2.2)."""

TAKEN_OVER = 0x8E
"""DISCONNECT reason: another client has connected with our id (MQTT 5.0, 3.14.2.1)."""

REFUSED = 0x80
"""Reason codes from here on are refusals (MQTT 5.0, 2.4)."""

OVERHEAD = 256
"""Bytes of a packet beside topic and payload at most, properties included."""

GOODBYE_S = 1.0
"""How long a polite end may take."""

CONTENT_TYPE = "application/json"

T = TypeVar("T")


class Endpoint(msgspec.Struct, frozen=True, kw_only=True):
    """Where the broker is and who we are. Secrets as values, files as paths; without `ca`, no TLS.

    `lasting`: the broker keeps what we subscribe to while we are away.
    """

    host: str
    port: int
    client_id: str
    version_5: bool = True
    keepalive_s: int = 10
    lasting: bool = True
    username: str = ""
    password: str = ""
    ca: str = ""
    certificate: str = ""
    key: str = ""

    def __repr__(self) -> str:
        """Return who connects where, and no secret: this may end in a log."""
        return f"Endpoint({self.client_id} at {self.host}:{self.port})"


class Inbound(NamedTuple):
    """A message as it came. `correlation` is "" without MQTT 5, or when it is no text."""

    topic: str
    payload: bytes
    qos: int
    retain: bool
    correlation: str


class BrokerError(AgentError):
    """The connection did not come about, or did not last long enough to be used; the text says why."""


class Lost(NamedTuple):
    """Why a connection is over; `code` is the broker's DISCONNECT reason, 0 when it gave none."""

    code: int
    why: str


class Callbacks(NamedTuple):
    """Whom a connection tells, on the loop: PUBACKs (packet id, reason code), messages, exceptions met on the way."""

    acked: Callable[[int, int], None]
    received: Callable[[Inbound], None]
    failed: Callable[[BaseException], None]


class Connection:
    """One connection to the broker, to be opened once.

    `window` and `largest` (bytes of topic and payload) are the broker's limits, known once it is open. `lost` is
    resolved when the connection is over.
    """

    def __init__(self, endpoint: Endpoint, will: Outgoing | None, callbacks: Callbacks) -> None:
        self.window = 1
        self.largest: int | None = None
        self._endpoint = endpoint
        self._callbacks = callbacks
        self._loop = asyncio.get_running_loop()
        self.lost: asyncio.Future[Lost] = self._loop.create_future()
        self._welcome: asyncio.Future[str] = self._loop.create_future()
        self._unanswered: set[int] = set()
        self._confirmed: dict[int, asyncio.Future[list[int]]] = {}
        self._client: Client | None = self._build(will)

    async def open(self) -> None:
        """Connect. Raises BrokerError. Cancelled, it leaves nothing behind."""
        client = self._client
        dialled: asyncio.Future[str] = self._loop.create_future()
        threading.Thread(target=self._dial, args=(client, dialled), name="mqtt-dial", daemon=True).start()
        try:
            refusal = await dialled
            if client is not None and not refusal:
                client.loop_start()
                await self._either(self._welcome)
                refusal = self._welcome.result() if self._welcome.done() else self._silence()
        except asyncio.CancelledError:
            self.drop()
            raise
        if refusal:
            self.drop()
            raise BrokerError(refusal)

    async def subscribe(self, filters: Sequence[tuple[str, int]]) -> list[str]:
        """Subscribe to (filter, QoS); return the filters that the broker refused. Raises BrokerError."""
        packet = None if self._client is None else self._client.subscribe([*filters])[1]
        if packet is None:
            raise BrokerError(self._silence())
        answer = self._confirmed[packet] = self._loop.create_future()
        await self._either(answer)
        if not answer.done():
            raise BrokerError(self._silence())
        return [name for (name, _), code in zip(filters, answer.result(), strict=False) if code >= REFUSED]

    def send(self, message: Outgoing, topic: str, expires_s: int | None) -> int | None:
        """Hand over a message; return its packet id, None when the connection is over. Call on the loop."""
        if self.lost.done() or self._client is None:
            return None
        properties = _properties(expires_s, message.correlation) if self._endpoint.version_5 else None
        info = self._client.publish(topic, message.payload, message.qos, message.retain, properties)
        if info.rc is not MQTTErrorCode.MQTT_ERR_SUCCESS:
            return None
        if message.qos:
            self._unanswered.add(info.mid)
        return info.mid

    async def close(self) -> None:
        """Say goodbye, so that the broker forgets the will; after a second without effect, cut the connection."""
        if self._client is not None:
            self._client.disconnect()
            await asyncio.wait([self.lost], timeout=GOODBYE_S)
        self.drop()

    def drop(self) -> None:
        """Cut the connection without a word. paho's thread meets the end of the stream, and ends."""
        client, self._client = self._client, None
        if client is not None:
            # paho closes its sockets when the last reference to it goes, and these would be a cycle.
            client.on_connect = client.on_disconnect = client.on_publish = client.on_subscribe = client.on_message = (
                None
            )
            _cut(client)

    def _build(self, will: Outgoing | None) -> Client:
        end = self._endpoint
        protocol = MQTTProtocolVersion.MQTTv5 if end.version_5 else MQTTProtocolVersion.MQTTv311
        client = Client(
            CallbackAPIVersion.VERSION2,
            end.client_id,
            clean_session=None if end.version_5 else not end.lasting,
            protocol=protocol,
            reconnect_on_failure=False,
        )
        client.connect_timeout = ANSWER_S
        client.username_pw_set(end.username or None, end.password or None)
        if will is not None:
            properties = _will_properties() if end.version_5 else None
            client.will_set(will.topic, will.payload, will.qos, will.retain, properties)
        client.on_connect = self._guarded(self._on_connect)
        client.on_disconnect = self._guarded(self._on_disconnect)
        client.on_publish = self._guarded(self._on_publish)
        client.on_subscribe = self._guarded(self._on_subscribe)
        client.on_message = self._guarded(self._on_message)
        return client

    def _dial(self, client: Client, dialled: asyncio.Future[str]) -> None:
        """In a thread of its own: names, TCP and TLS take their time."""
        end = self._endpoint
        refusal = ""
        try:
            if end.ca:
                context = ssl.create_default_context(cafile=end.ca)
                # Chain, name and dates are verified; but an upgrade of Python (3.13 turned this on) must not be what
                # cuts a ward off because the hospital's own CA left out an extension that RFC 5280 asks for.
                context.verify_flags &= ~ssl.VERIFY_X509_STRICT
                if end.certificate:
                    context.load_cert_chain(end.certificate, end.key or None)
                client.tls_set_context(context)
            if end.version_5:
                properties = _connect_properties(SESSION_EXPIRY_S if end.lasting else 0)
                client.connect(end.host, end.port, end.keepalive_s, clean_start=not end.lasting, properties=properties)
            else:
                client.connect(end.host, end.port, end.keepalive_s)
        except (OSError, ValueError) as error:
            refusal = f"{end.host}:{end.port}: {error}"
        if self._client is None:
            _cut(client)
        self._hop(_resolve, dialled, refusal)

    async def _either(self, answer: asyncio.Future[Any]) -> None:
        """Wait for `answer`, the end of the connection, or too long."""
        await asyncio.wait([answer, self.lost], timeout=ANSWER_S, return_when=asyncio.FIRST_COMPLETED)

    def _silence(self) -> str:
        return self.lost.result().why if self.lost.done() else "the broker does not answer"

    # ------------------------------------------------------------------------------------------------ in paho's thread

    def _guarded(self, callback: Callable[..., None]) -> Callable[..., None]:
        """Return `callback` so that paho's thread survives whatever it raises."""

        def guarded(*args: Any) -> None:  # noqa: ANN401 - whatever paho passes
            try:
                callback(*args)
            except Exception as error:  # noqa: BLE001 - see the module's first lines
                self._hop(self._callbacks.failed, error)

        return guarded

    def _hop(self, what: Callable[..., None], *args: Any) -> None:  # noqa: ANN401 - the arguments of `what`
        with suppress(RuntimeError):  # the loop has been closed: nobody listens any more
            self._loop.call_soon_threadsafe(self._on_loop, what, args)

    def _on_loop(self, what: Callable[..., None], args: tuple[Any, ...]) -> None:
        try:
            what(*args)
        except Exception as error:  # noqa: BLE001 - one bad message must not end the connection
            self._callbacks.failed(error)

    def _on_connect(
        self, _client: Client, _userdata: object, _flags: ConnectFlags, reason: ReasonCode, properties: Properties
    ) -> None:
        refusal = f"the broker refused the connection: {reason} (0x{reason.value:02x})" if reason.is_failure else ""
        if getattr(properties, "MaximumQoS", 1) == 0:
            refusal = "the broker offers QoS 0 only, which loses alerts"
        window = min(getattr(properties, "ReceiveMaximum", MOST_IN_FLIGHT), MOST_IN_FLIGHT)
        self._hop(self._welcomed, refusal, window, getattr(properties, "MaximumPacketSize", None))

    def _welcomed(self, refusal: str, window: int, packet_size: int | None) -> None:
        self.window = window
        self.largest = None if packet_size is None else packet_size - OVERHEAD
        _resolve(self._welcome, refusal)

    def _on_disconnect(
        self, _client: Client, _userdata: object, flags: DisconnectFlags, reason: ReasonCode, _properties: Properties
    ) -> None:
        said = flags.is_disconnect_packet_from_server
        why = f"the broker ended the connection: {reason}" if said else f"the connection was lost: {reason}"
        self._hop(_resolve, self.lost, Lost(reason.value if said else 0, why))

    def _on_publish(
        self, _client: Client, _userdata: object, packet: int, reason: ReasonCode, _properties: Properties
    ) -> None:
        self._hop(self._answered, packet, reason.value)

    def _answered(self, packet: int, code: int) -> None:
        if (
            packet in self._unanswered and self._client is not None
        ):  # paho reports QoS 0 as well, when it is merely written to the socket
            self._unanswered.discard(packet)
            self._callbacks.acked(packet, code)

    def _on_subscribe(
        self, _client: Client, _userdata: object, packet: int, reasons: list[ReasonCode], _properties: Properties
    ) -> None:
        self._hop(self._confirm, packet, [reason.value for reason in reasons])

    def _confirm(self, packet: int, codes: list[int]) -> None:
        _resolve(self._confirmed.pop(packet), codes)

    def _on_message(self, _client: Client, _userdata: object, message: MQTTMessage) -> None:
        correlation = getattr(message.properties, "CorrelationData", b"").decode(errors="replace")
        inbound = Inbound(message.topic, bytes(message.payload), message.qos, message.retain, correlation)
        self._hop(self._callbacks.received, inbound)


def _cut(client: Client) -> None:
    connection = client.socket()
    if connection is not None:
        with suppress(OSError), socket.socket(fileno=os.dup(connection.fileno())) as twin:
            twin.shutdown(socket.SHUT_RDWR)  # beneath TLS, whose object belongs to paho's thread


def _resolve(future: asyncio.Future[T], result: T) -> None:
    if not future.done():
        future.set_result(result)


def _new(packet_type: int) -> Properties:
    return Properties(packet_type)  # type: ignore[no-untyped-call] # paho types all but this


@lru_cache(maxsize=256)
def _properties(expires_s: int | None, correlation: str) -> Properties:
    """Return the properties of a message; paho does not change them, so equal ones are shared."""
    properties = _new(PacketTypes.PUBLISH)
    properties.PayloadFormatIndicator = 1
    properties.ContentType = CONTENT_TYPE
    if expires_s is not None:
        properties.MessageExpiryInterval = expires_s
    if correlation:
        properties.CorrelationData = correlation.encode()
    return properties


def _connect_properties(session_expiry_s: int) -> Properties:
    properties = _new(PacketTypes.CONNECT)
    properties.SessionExpiryInterval = session_expiry_s
    return properties


def _will_properties() -> Properties:
    properties = _new(PacketTypes.WILLMESSAGE)
    properties.WillDelayInterval = WILL_DELAY_S
    properties.PayloadFormatIndicator = 1
    properties.ContentType = CONTENT_TYPE
    return properties
