"""Reads messages of the session protocol out of a capture (pcap) of a link over TCP."""

import datetime
import ipaddress
import struct

from decode import VERSION, Stream
from messages import SENDERS, FrameError

PENDING_BYTES_MAX = 16 << 20
TCP = 6
FIN, SYN, RST, ACK = 1, 2, 4, 16
# Bytes before the IP header, by the type of link (https://www.tcpdump.org/linktypes.html).
LINK_HEADERS = {0: 4, 1: 14, 12: 0, 14: 0, 101: 0, 108: 4, 113: 16, 228: 0, 229: 0, 276: 20}
ETHERNET = 1
# The first bytes of a file: order of bytes, and fractions of a second.
PCAP = {
    b"\xd4\xc3\xb2\xa1": ("<", 1_000_000), b"\x4d\x3c\xb2\xa1": ("<", 1_000_000_000),
    b"\xa1\xb2\xc3\xd4": (">", 1_000_000), b"\xa1\xb2\x3c\x4d": (">", 1_000_000_000),
}
VLAN_TAGS = (0x8100, 0x88A8)
# IPv6 headers that can stand before TCP (RFC 8200, section 4): hop-by-hop, routing, destination.
EXTENSIONS = (0, 43, 60)


class CaptureError(Exception):
    """A file that is not a capture that can be read."""


def read_link(file, port=None):
    """Gives an entry for each message: time, who sent it to whom, and its fields; for bytes that are none, an `error`.

    Without a port, every connection that begins like the protocol counts.
    """
    connections = {}
    for time, packet in packets(file):
        segment = tcp_segment(packet)
        if segment is None:
            continue
        source, target, sequence, flags, payload = segment
        if port is not None and port not in (source[1], target[1]):
            continue
        ways = connections.setdefault(frozenset((source, target)), {})
        if flags & SYN and not flags & ACK:
            # A new connection between the same ports.
            ways.clear()
            ways["dialler"] = source
        elif flags & SYN:
            ways.setdefault("dialler", target)
        elif port is not None:
            ways.setdefault("dialler", source if target[1] == port else target)
        way = ways.setdefault(source, Way(port is None, ways.get("version", VERSION)))
        for fields in way.take(sequence, flags, payload):
            if fields.get("kind") == "challenge":
                agreed(ways, fields["version"])
            yield {"time": moment(time), "from": address(source), "to": address(target),
                   "sender": sender(ways, source, fields), **fields}
    for ways in connections.values():
        for source, way in ways.items():
            if isinstance(way, Way) and (left := way.left()):
                yield {"from": address(source), "error": left}


def agreed(ways, version):
    """From here on this version is spoken on a connection, both ways."""
    ways["version"] = version
    for way in ways.values():
        if isinstance(way, Way):
            way.stream.version = version


def sender(ways, source, fields):
    if "dialler" in ways:
        return "coordinator" if ways["dialler"] == source else "matchmaker"
    return SENDERS.get(fields.get("kind"), "unknown")


class Way:
    """One direction of one connection: puts segments in order and reads frames from them."""

    def __init__(self, must_look_right, version):
        self.next = None
        self.pending = {}
        self.stream = Stream(version)
        self.must_look_right = must_look_right
        self.is_dead = False

    def take(self, sequence, flags, payload):
        if flags & SYN:
            self.next = sequence = (sequence + 1) % (1 << 32)
        if self.is_dead or not payload:
            return
        if self.next is None:
            self.next = sequence
        self.pending[sequence] = max(self.pending.get(sequence, b""), payload, key=len)
        if sum(map(len, self.pending.values())) > PENDING_BYTES_MAX:
            self.is_dead = True
            yield {"error": "bytes are missing from the capture"}
            return
        try:
            for _, _, message in self.stream.feed(self.in_order()):
                self.must_look_right = False
                yield message
            # The header has been judged, all but its checksum.
            self.must_look_right = self.must_look_right and len(self.stream.buffer) < 8
        except FrameError as error:
            self.is_dead = True
            # A connection whose very first bytes are not the protocol is somebody else's.
            if not self.must_look_right:
                yield {"error": error.name}

    def in_order(self):
        """The bytes that follow what was read so far; what was sent twice counts once."""
        data = b""
        progress = True
        while progress:
            progress = False
            for sequence in sorted(self.pending, key=self.ahead):
                ahead = self.ahead(sequence)
                if ahead > 0:
                    break
                fresh = self.pending.pop(sequence)[-ahead:]
                data += fresh
                self.next = (self.next + len(fresh)) % (1 << 32)
                progress = True
        return data

    def ahead(self, sequence):
        """How far a sequence number is from the next expected one, around the wrap."""
        return (sequence - self.next + (1 << 31)) % (1 << 32) - (1 << 31)

    def left(self):
        """What is wrong at the end of the capture."""
        if self.is_dead or self.must_look_right:
            return None
        if self.pending:
            return "bytes are missing from the capture"
        return "truncated" if self.stream.buffer else None


# --- Packets ---


def packets(file):
    """Gives time and IP packet of each record of a classic pcap file."""
    head = file.read(24)
    order, fractions = PCAP.get(head[:4], (None, None))
    if head[:4] == b"\x0a\x0d\x0d\x0a":
        raise CaptureError("this is a pcapng file; editcap -F pcap IN OUT makes a pcap file of it")
    if order is None or len(head) < 24:
        raise CaptureError("this is not a pcap file")
    link = struct.unpack(order + "I", head[20:])[0] & 0xFFFF
    if link not in LINK_HEADERS:
        raise CaptureError(f"captures of link type {link} are not read")
    while len(record := file.read(16)) == 16:
        seconds, fraction, captured, _ = struct.unpack(order + "IIII", record)
        if captured > 1 << 24:
            raise CaptureError("a packet of the capture is too long to be one")
        packet = file.read(captured)
        skip = LINK_HEADERS[link]
        if link == ETHERNET:
            while len(packet) > skip + 4 and int.from_bytes(packet[skip - 2:skip], "big") in VLAN_TAGS:
                skip += 4
        yield seconds + fraction / fractions, packet[skip:]


def tcp_segment(packet):
    """Source, target, sequence number, flags and payload of an IP packet; None when it is no whole TCP segment."""
    if len(packet) < 20:
        return None
    if packet[0] >> 4 == 4:
        header = (packet[0] & 0xF) * 4
        # A length of 0 is what the kernel writes for packets that the network card will split.
        end = int.from_bytes(packet[2:4], "big") or len(packet)
        is_fragment = int.from_bytes(packet[6:8], "big") & 0x3FFF
        if packet[9] != TCP or is_fragment:
            return None
        source, target = packet[12:16], packet[16:20]
    elif packet[0] >> 4 == 6 and len(packet) >= 40:
        header = 40
        end = header + int.from_bytes(packet[4:6], "big") if any(packet[4:6]) else len(packet)
        protocol = packet[6]
        while protocol in EXTENSIONS and len(packet) >= header + 2:
            protocol, header = packet[header], header + 8 + 8 * packet[header + 1]
        if protocol != TCP:
            return None
        source, target = packet[8:24], packet[24:40]
    else:
        return None
    segment = packet[header:end]
    if len(segment) < 20:
        return None
    from_port, to_port, sequence = struct.unpack("!HHI", segment[:8])
    return (source, from_port), (target, to_port), sequence, segment[13], segment[(segment[12] >> 4) * 4:]


def address(end):
    host = ipaddress.ip_address(end[0])
    return f"[{host}]:{end[1]}" if host.version == 6 else f"{host}:{end[1]}"


def moment(time):
    return datetime.datetime.fromtimestamp(time, datetime.timezone.utc).isoformat(timespec="microseconds")
