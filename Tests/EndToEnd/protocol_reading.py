"""The readers in proto/, run as somebody else would run them: decode.py, tcpdump, and tshark with the dissector."""

import json
import re
import signal
import struct
import subprocess
import sys
import xml.etree.ElementTree

from processes import ROOT, eventually

PROTO = ROOT / "proto"
FIXTURES = PROTO / "fixtures/v1"
FIXTURES_2 = PROTO / "fixtures/v2"
sys.path.insert(0, str(PROTO))

from messages import EXTENSIONS  # noqa: E402 (found by the line above)

# Fields that the dissector shows beside those of the message, and names that it has to tell apart.
BESIDE = {
    "length", "version", "flags", "reserved", "checksum", "sender", "magic", "roster", "player", "completionCodes",
    "completionCode", "failedPairs", "failedPair", "blame", "extensions", "extension", "roles", "role",
    "pairs", "pair", "losses", "loss",
}
RULES = {"attempts", "start", "relay", "ticks", "absence", "barriers", "episodes", "watch"}
RENAMED = {
    "refusal": "reason", "completionCode.reason": "reason", "completionCode.code": "code",
    "failedPair.player": "failedPairs", "role.player": "player", "role.name": "role", "extension.tag": "tag",
    "extension.bytes": "bytes", "pair.player": "players", "pair.roundTripUs": "roundTripUs",
    "loss.player": "player", "loss.reason": "reason", "loss.text": "text",
}
TEXTS = {
    "session", "node", "scene", "subject", "detail", "publicURL", "iceServers", "completionCode.code", "result",
    "sender", "error", "treatment", "role.name", "extension.bytes", "loss.text",
}


def decode(*arguments, data=None):
    """Exit code and printed objects of decode.py."""
    done = subprocess.run(
        [sys.executable, PROTO / "decode.py", *map(str, arguments)], input=data, capture_output=True, timeout=60)
    assert done.stderr == b"", done.stderr.decode()
    return done.returncode, [json.loads(line) for line in done.stdout.decode().splitlines()]


class Capture:
    """tcpdump on the loopback interface while the block lasts."""

    def __init__(self, file, port):
        self.file, self.port = file, port

    def __enter__(self):
        with open(self.file, "wb") as out:
            self.tcpdump = subprocess.Popen(
                # Without a delay each packet takes room for the largest one, so the buffer is large as well.
                ["tcpdump", "-i", "lo", "-U", "--immediate-mode", "-B", "65536", "-s", "0", "-w", "-",
                 f"tcp port {self.port}"],
                stdout=out, stderr=subprocess.PIPE, text=True)
        while "listening on" not in (line := self.tcpdump.stderr.readline()):
            assert line, "tcpdump does not capture"
        return self

    def __exit__(self, *_):
        self.stop()

    def stop(self):
        """What has been captured by now is all."""
        if self.tcpdump.poll() is None:
            self.tcpdump.send_signal(signal.SIGINT)
            said = self.tcpdump.communicate(timeout=10)[1]
            assert "\n0 packets dropped by kernel" in said, said

    def messages(self):
        return decode("--pcap", "--port", self.port, self.file)[1]

    def until(self, **fields):
        """Waits until a message with these fields has been captured."""
        eventually(lambda: any(fields.items() <= message.items() for message in self.messages()), f"{fields} captured")


def tshark(capture, port=None, only="greenroom"):
    """What the dissector makes of a capture: an object a frame, with its `fields` in order, name and value."""
    done = subprocess.run(
        ["tshark", "-X", f"lua_script:{PROTO}/greenroom.lua", "-o", f"greenroom.port:{port or 0}",
         "-r", str(capture), "-Y", only, "-T", "pdml"], capture_output=True, timeout=120)
    complaints = [line for line in done.stderr.decode().splitlines() if not line.startswith("Running as user")]
    assert done.returncode == 0 and not complaints, complaints
    return [
        {"packet": number, "fields": fields}
        for number, packet in enumerate(xml.etree.ElementTree.fromstring(done.stdout).iter("packet"))
        for proto in packet.findall("proto") if proto.get("name") == "greenroom"
        if (fields := list(shown(proto)))
    ]


def shown(proto):
    """Name and value of each field that the dissector shows, names without their prefix."""
    for field in proto.iter("field"):
        name = field.get("name")
        if not name.startswith("greenroom.") or name.startswith("greenroom.error."):
            continue
        name, value = name.removeprefix("greenroom."), field.get("show")
        named = re.fullmatch(r"[^:]+: (\w+) \(\d+\)", field.get("showname") or "")
        if name in TEXTS:
            pass
        elif named:
            value = named[1]
        elif re.fullmatch("0x[0-9a-f]+|[0-9]+", value):
            value = int(value, 0)
        yield name, value


def first(frame, name):
    return next((value for field, value in frame["fields"] if field == name), None)


def leaves(frame):
    """The fields of the message in a frame, as `flat` gives them."""
    is_header = True
    for name, value in frame["fields"]:
        # The version of a challenge has the name of the header's.
        if name in RULES or name in BESIDE and not (name == "version" and not is_header):
            continue
        is_header = is_header and name != "kind"
        if name in ("ticket", "nonce", "proof", "placeSignature", "releaseSignature"):
            value = value.replace(":", "")
        rule, _, part = name.partition(".")
        yield part if rule in RULES else RENAMED.get(name, name), value


def flat(value, name=None):
    """The leaves of a message as decode.py prints it."""
    if isinstance(value, dict):
        for key, each in value.items():
            yield from flat(each, key)
    elif isinstance(value, list):
        for each in value:
            yield from flat(each, name)
    elif name == "result":
        data = bytes.fromhex(value)
        try:
            yield name, readable(data.decode())
        except UnicodeDecodeError:
            yield name, "".join(chr(byte) if 0x20 <= byte < 0x7F else f"\\x{byte:02x}" for byte in data)
    elif name in TEXTS:
        yield name, readable(value)
    elif isinstance(value, bool):
        yield name, int(value)
    elif isinstance(value, str) and re.fullmatch("[0-9]{16,20}", value):
        yield name, int(value)
    else:
        yield name, value


def by_tag(message):
    """A message with its extensions in the order of their tags, as they stand in its frame."""
    tags = {name: tag for tag, (name, _) in EXTENSIONS.items()}
    found = [(tags[name], name, value) for name, value in message.items() if name in tags]
    found += [(each["tag"], "extensions", each) for each in message.get("extensions", [])]
    plain = [(name, value) for name, value in message.items() if name not in tags and name != "extensions"]
    return plain + [(name, value) for _, name, value in sorted(found, key=lambda entry: entry[0])]


def readable(text):
    return re.sub("[\0-\x1f\x7f]", lambda found: f"\\x{ord(found[0]):02x}", text)


def message_of(entry):
    """A message without what a journal or a capture says about it."""
    return {key: value for key, value in entry.items() if key not in ("offset", "time", "from", "to", "sender")}


# Bytes before an IP packet, by the type of link of a pcap file: Ethernet with a VLAN tag, loopback, Linux's "any", raw.
LINKS = {
    1: bytes(12) + b"\x81\x00\x00\x07\x08\x00", 0: b"\2\0\0\0", 108: b"\0\0\0\2", 113: bytes(14) + b"\x08\x00",
    276: b"\x08\x00" + bytes(18), 101: b"",
}


def write_capture(file, segments, link=101, order="<"):
    """A pcap file of TCP segments: ports, sequence number, flags and payload of each."""
    with open(file, "wb") as out:
        out.write(struct.pack(order + "IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 1 << 20, link))
        for number, (source, target, sequence, flags, payload) in enumerate(segments):
            tcp = struct.pack("!HHIIBBHHH", source, target, sequence % 2**32, 1, 0x50, flags, 65535, 0, 0) + payload
            if target % 2:
                local = bytes(15) + b"\1"
                packet = struct.pack("!IHBB16s16s", 6 << 28, len(tcp), 6, 64, local, local) + tcp
            else:
                local = bytes([127, 0, 0, 1])
                packet = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 20 + len(tcp), 0, 0, 64, 6, 0, local, local) + tcp
            packet = LINKS[link] + packet
            out.write(struct.pack(order + "IIII", 1_700_000_000 + number, 7, len(packet), len(packet)) + packet)


def streams(*data):
    """Segments of connections to port 7400, one for each of these byte strings, in several sizes."""
    for number, each in enumerate(data):
        size = (7, 1000, 60_000)[number % 3] if len(each) < 3000 else 60_000
        yield 10_000 + number, 7400, 0, 2, b""
        for at in range(0, len(each), size):
            yield 10_000 + number, 7400, at + 1, 0x18, each[at:at + size]
