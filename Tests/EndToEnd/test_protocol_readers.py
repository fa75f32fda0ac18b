"""The session protocol read by others: decode.py, and Wireshark's dissector."""

import asyncio
import json
import subprocess
import sys
import unicodedata

import pytest
from players import finish, playing
from processes import eventually
from protocol_peer import SECRET, frame, hello, port_of
from protocol_reading import (
    FIXTURES, FIXTURES_2, LINKS, PROTO, Capture, by_tag, decode, first, flat, leaves, message_of, streams, tshark, write_capture)
from rawsocket import Raw

import decode as protocol

LIFE = ["assign", "accepted", "state", "state", "ended", "endedAck"]


def in_both(capture, messages, frames):
    """The dissector shows the frames of a link as decode.py reads them, field by field."""
    assert len(frames) == len(messages)
    for message, shown in zip(messages, frames, strict=True):
        assert list(leaves(shown)) == list(flat(message_of(message)))
        assert first(shown, "sender") == (None if message["kind"] == "reject" else message["sender"])


@pytest.fixture
def joined(make_servers):
    """Two servers that are joined over TCP with a secret, and captured from their first word on."""
    servers = make_servers(tcp=True, secret=SECRET)
    with Capture(servers.folder / "capture", port_of(servers)) as capture:
        servers.start()
        yield servers, capture


async def test_tshark_and_decode_see_a_real_session_alike_from_its_assignment_to_its_acknowledgement(joined):
    servers, capture = joined
    players = await playing(servers, "duo", prefix="žofie-")
    await finish(players)
    session = players[0].session
    await asyncio.to_thread(capture.until, kind="endedAck", session=session)
    capture.stop()

    messages = capture.messages()
    assert [message["kind"] for message in messages[:5]] == ["hello", "challenge", "proof", "welcome", "inventoryEnd"]
    assert not [message for message in messages if "error" in message]
    life = [message for message in messages if message.get("session") == session]
    assert [message["kind"] for message in life] == LIFE
    for message, sender in zip(life, "mccccm", strict=True):
        assert message["sender"][0] == sender and str(port_of(servers)) in message["to" if sender == "c" else "from"]
    assert [seat["ticket"] for seat in life[0]["players"]] == [player.match["ticket"] for player in players]
    assert [message["state"] for message in life if message["kind"] == "state"] == ["validating", "playing"]
    assert [json.loads(bytes.fromhex(seat["result"])) for seat in life[4]["players"]] == [{"score": 0}, {"score": 1}]

    # Found by the port, and without it by what the frames look like.
    for port in (port_of(servers), None):
        frames = tshark(capture.file, port)
        assert not [shown for shown in frames if first(shown, "error")]
        in_both(capture, messages, frames)

    frames = tshark(capture.file, only=f'greenroom.session == "{session}"')
    followed = [shown for shown in frames if first(shown, "session")]
    assert [first(shown, "kind") for shown in followed] == LIFE
    roster = [value for name, value in followed[0]["fields"] if name == "subject"]
    assert roster == [player.subject for player in players]
    assert first(followed[4], "reason") == "completed" and first(followed[4], "endedIn") == "playing"
    assert tshark(capture.file, only='greenroom.session == "00000000000000000000000000000000"') == []


async def test_a_capture_that_begins_in_the_middle_of_a_link_is_read_too(make_servers):
    servers = make_servers(tcp=True, secret=SECRET).start()
    with Capture(servers.folder / "capture", port_of(servers)) as capture:
        players = await playing(servers, "duo-relay")
        await finish(players)
        await asyncio.to_thread(capture.until, kind="endedAck")
    messages = capture.messages()
    assert [message["kind"] for message in messages if message.get("session")] == [
        "assign", "accepted", "state", "ended", "endedAck"]
    assert {message["sender"] for message in messages} == {"coordinator", "matchmaker"}
    # No port is given here.
    code, alike = decode("--pcap", capture.file)
    assert code == 0 and alike == messages
    in_both(capture, messages, tshark(capture.file))


@pytest.mark.parametrize("link", LINKS)
@pytest.mark.parametrize("port", [7400, 7401], ids=["IPv4", "IPv6"])
def test_segments_are_put_in_order_whatever_carried_them(tmp_path, link, port):
    """Out of order, sent twice, overlapping, around the wrap of sequence numbers, and beside a stranger's connection."""
    data = hello("far", 7, bytes(32)) + frame("inventoryEnd") + frame("ping", bytes(16)) * 3
    first = 2**32 - 50
    cuts = [(0, 30), (60, 90), (20, 65), (0, 30), (95, len(data)), (85, 100), (150, 155)]
    segments = [(9999, port, first, 2, b""), (9999, 80, 5, 0x18, b"GET / HTTP/1.1\r\nHost: greenroom\r\n\r\n")]
    segments += [(9999, port, first + 1 + start, 0x18, data[start:end]) for start, end in cuts]
    segments += [(port, 9999, 1, 0x18, frame("pong", bytes(8)))]
    for order in "<>":
        write_capture(tmp_path / "capture", segments, link, order)
        code, messages = decode("--pcap", tmp_path / "capture")
        assert code == 0
        assert [message["kind"] for message in messages] == ["hello", "inventoryEnd", "ping", "ping", "ping", "pong"]
        assert [message["sender"] for message in messages] == ["coordinator"] * 5 + ["matchmaker"]
    # A segment that was never captured is said to be missing.
    write_capture(tmp_path / "capture", segments[:3] + segments[6:], link)
    code, messages = decode("--pcap", "--port", port, tmp_path / "capture")
    assert code == 1 and [message.get("error") for message in messages] == [None, "bytes are missing from the capture"]


BAD_FRAMES = {
    "badChecksum": hello("liar", 1, bytes(32))[:8] + bytes(4) + hello("liar", 1, bytes(32))[12:],
    "badMagic": frame("hello", b"GREENHOUSE" + bytes(60)),
    "unknownVersion": b"\0\0\0\x08\x02" + frame("drain")[5:],
    "lengthTooLarge": b"\xff" * 16,
    "badValue": hello("liar", 1, bytes(32), versions=(2, 1)),
    "badText": hello("", 1, bytes(32)),
    "trailingBytes": frame("hello", hello("liar", 1, bytes(32))[12:] + b"!"),
    "truncated": frame("hello", hello("liar", 1, bytes(32))[12:-1]),
}


@pytest.mark.parametrize("error", BAD_FRAMES)
def test_a_malformed_frame_on_the_link_is_marked_with_its_error(joined, error):
    servers, capture = joined
    with Raw(("127.0.0.1", port_of(servers))) as raw:
        raw.send(BAD_FRAMES[error])
        answer = raw.rest()
    ((_, _, rejected),) = protocol.Stream().feed(answer)
    assert rejected["kind"] == "reject" and rejected["code"] == "malformed"
    capture.until(kind="reject")
    capture.stop()

    code, messages = decode("--pcap", "--port", capture.port, capture.file)
    assert code == 1
    assert [message["error"] for message in messages if "error" in message] == [error]
    marked = tshark(capture.file, capture.port, only=f"greenroom.error.{error}")
    assert [first(shown, "error") for shown in marked if first(shown, "error")] == [error]
    assert len(tshark(capture.file, capture.port, only="greenroom.error")) == len(marked)


@pytest.fixture
def journal(make_servers):
    """The journal of a real matchmaker after one game, and the session."""
    servers = make_servers(tcp=True, secret=SECRET).start()

    async def game():
        players = await playing(servers, "duo")
        await finish(players)
        return players[0].session

    return servers, asyncio.run(game())


def test_a_journal_tells_where_a_session_went_and_how_it_ended(journal, tmp_path):
    servers, session = journal
    file = servers.folder / "matchmaker/journal"
    code, (matched, gone) = decode("--journal", file)
    assert code == 0
    assert matched["kind"] == "journalMatched" and matched["node"] == "node-1" and matched["session"] == session
    assert gone["kind"] == "ended" and gone["session"] == session and gone["reason"] == "completed"
    theirs = servers.folder / "node-1/journal"
    # The players are told at the same time as the acknowledgement is written down.
    eventually(lambda: decode("--journal", theirs)[1][-1].get("kind") == "endedAck", lambda: decode("--journal", theirs))
    code, (gone_there, acknowledged) = decode("--journal", theirs)
    assert code == 0 and message_of(gone_there) == message_of(gone) and acknowledged["kind"] == "endedAck"

    whole, second = file.read_bytes(), gone["offset"]

    def read(data):
        (tmp_path / "damaged").write_bytes(data)
        code, found = decode("--journal", tmp_path / "damaged")
        return code, found[0] == matched, found[1:]

    # What a crash leaves: a part of a frame, a frame of which not all was written, zeros.
    for cut in range(second + 1, len(whole)):
        assert read_in_process(whole[:cut]) == [0, (second, None)]
    assert read(whole[:-1]) == (0, True, [{"offset": second, "tornTailBytes": len(whole) - 1 - second}])
    assert read(whole[:second + 50] + bytes(300)) == (0, True, [{"offset": second, "tornTailBytes": 350}])
    assert read(whole + bytes(100))[2] == [gone, {"offset": len(whole), "tornTailBytes": 100}]
    # What no crash leaves: another bit in either frame, and frames behind a bad one.
    for bit in range(8 * len(whole)):
        data = bytearray(whole)
        data[bit // 8] ^= 1 << bit % 8
        with pytest.raises(protocol.FrameError) as raised:
            read_in_process(bytes(data))
        assert raised.value.offset == (0 if bit < 8 * second else second)
    flipped = whole[:second + 30] + bytes([whole[second + 30] ^ 1]) + whole[second + 31:]
    assert read(flipped + whole) == (1, True, [{"offset": second, "error": "badChecksum"}])


def read_in_process(data):
    """The offset of the first frame, and all that comes after it."""
    (offset, _), *rest = protocol.read_journal(data)
    return [offset, *rest]


@pytest.mark.parametrize("end", ["cut", "zeros", "flipped", "damaged"])
def test_a_matchmaker_takes_the_journals_that_decode_takes(journal, end):
    """Starts the real one on a journal that was tampered with: it must say what decode.py says."""
    servers, _ = journal
    servers.stop()
    # Where the end has been lost, the session has come back.
    servers.must_be_empty = False
    file = servers.folder / "matchmaker/journal"
    whole = file.read_bytes()
    last = decode("--journal", file)[1][-1]["offset"]
    at = {"flipped": len(whole) - 1, "damaged": 50}.get(end)
    file.write_bytes(
        whole[:-1] if end == "cut" else whole + bytes(99) if end == "zeros"
        else whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1:])
    code, found = decode("--journal", file)
    matchmaker = servers.start_matchmaker()
    if end == "damaged":
        assert code == 1 and found == [{"offset": 0, "error": "badChecksum"}]
        assert matchmaker.wait() == 2 and matchmaker.said("journal is damaged at byte 0")
        servers.all.remove(matchmaker)
        return
    if end == "flipped":
        # The last record was written whole, and may have been acknowledged.
        assert code == 1 and found[-1] == {"offset": last, "error": "badChecksum"}
        assert matchmaker.wait() == 2 and matchmaker.said(f"journal is damaged at byte {last}")
        servers.all.remove(matchmaker)
        return
    assert code == 0 and "tornTailBytes" in found[-1]
    matchmaker.until_alive()
    assert file.read_bytes() == (whole if end == "zeros" else whole[:last])


@pytest.mark.parametrize("folder", [FIXTURES, FIXTURES_2], ids=["v1", "v2"])
def test_decode_agrees_with_every_fixture(folder):
    done = decode_fixtures(folder)
    assert done.returncode == 0, done.stdout
    for sort in ("valid", "invalid", "conversations"):
        assert f"{len(list((folder / sort).glob('*.json')))} {sort}" in done.stdout
    assert done.stdout.endswith("; 0 differences\n")


def test_decode_names_fixtures_that_it_does_not_agree_with(tmp_path):
    for name, change in {
        "valid/accepted.json": {"message": {"kind": "drain"}},
        "invalid/checksum-zero.json": {"error": "badMagic"},
        "conversations/handshake.json": {"secrets": {"coordinator": "00", "matchmaker": "00"}},
    }.items():
        (tmp_path / name).parent.mkdir()
        (tmp_path / name).write_text(json.dumps(json.loads((FIXTURES / name).read_text()) | change))
    done = decode_fixtures(tmp_path)
    assert done.returncode == 1
    for name in ("valid/accepted", "invalid/checksum-zero", "conversations/handshake"):
        assert f"{name}.json: " in done.stdout


def decode_fixtures(folder):
    return subprocess.run([sys.executable, PROTO / "decode.py", "--fixtures", folder], capture_output=True, text=True)


def fixtures(sort):
    return [
        json.loads(file.read_text("utf-8"))
        for folder in (FIXTURES, FIXTURES_2) for file in sorted((folder / sort).glob("*.json"))]


def bytes_of(fixture):
    return bytes.fromhex("".join(fixture["hex"]))


def test_the_dissector_shows_every_field_of_every_valid_fixture(tmp_path):
    found = fixtures("valid")
    for each in fixtures("conversations"):
        found += [{"why": each["why"], **step} for step in each["steps"] if "hex" in step]
    write_capture(tmp_path / "capture", streams(*map(bytes_of, found)))
    frames = tshark(tmp_path / "capture", 7400)
    assert len(frames) == len(found) > 0
    for fixture, shown in zip(found, frames, strict=True):
        assert first(shown, "error") is None, fixture["why"]
        said = [leaf for name, value in by_tag(fixture["message"]) for leaf in flat(value, name)]
        assert list(leaves(shown)) == said, fixture["why"]


def test_the_dissector_names_the_error_of_every_invalid_fixture(tmp_path):
    # A link without its beginning does not say that it speaks version 1, and Lua knows nothing of canonical equivalence.
    found = [fixture for fixture in fixtures("invalid") if fixture.get("version") != 1
             and (fixture["error"] != "duplicateSubject" or unicodedata.is_normalized("NFD", subjects(fixture)))]
    write_capture(tmp_path / "capture", streams(*map(bytes_of, found)))
    frames = tshark(tmp_path / "capture", 7400)
    assert [first(shown, "error") for shown in frames] == [fixture["error"] for fixture in found]
    assert len(found) > 60


def subjects(fixture):
    return bytes_of(fixture).decode("utf-8", "ignore")
