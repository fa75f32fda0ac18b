"""The session protocol spoken by a coordinator in Python that shares no line with ours."""

import asyncio
import base64
import time

import pytest
from players import Player
from processes import eventually
from protocol_peer import SECRET, Peer, about, ended, frame, hello, port_of
from protocol_reading import decode

import decode as protocol


@pytest.fixture
def alone(make_servers):
    """A matchmaker that waits for coordinators, over TCP with a secret."""
    servers = make_servers(tcp=True, secret=SECRET)
    servers.start_matchmaker().until_alive()
    return servers


async def dial(servers):
    return await Peer.dial(("127.0.0.1", port_of(servers)))


async def test_a_coordinator_written_from_the_specification_takes_a_session_and_ends_it(alone):
    peer = await dial(alone)
    welcome = await peer.shake_hands(SECRET.encode())
    assert peer.believes, "the matchmaker's proof holds"
    assert welcome["kind"] == "welcome"
    peer.send(frame("inventoryEnd"))
    peer.ping(4711)
    _, pong = await peer.expect("pong")
    assert pong["sentAtMs"] == 4711

    ann, ben = Player(alone, "ann"), Player(alone, "ben")
    for player in (ann, ben):
        await player.join("duo")
    _, assign = await peer.expect("assign")
    assert [seat["subject"] for seat in assign["players"]] == ["ann", "ben"]
    assert (assign["attempt"], assign["scene"], assign["validatesPeers"]) == (1, "duo", True)
    assert ann.room.heard == [] or all(message["type"] == "waiting" for message in ann.room.heard)
    peer.send(frame("accepted", about(assign)))
    for player, seat in zip((ann, ben), assign["players"], strict=True):
        match = await player.matched()
        assert match["session"] == assign["session"].hex() and match["ticket"] == seat["ticket"].hex()
        assert match["url"] == "ws://127.0.0.1:1/v1/play"
    for state in (3, 4):
        peer.send(frame("state", about(assign) + bytes([state])))
    mirrored = alone.matchmaker.state
    await asyncio.to_thread(eventually, lambda: mirrored()["sessions"]["playing"] == 1, "the session is mirrored")
    now_ms = int(time.time() * 1000)
    outcome = ended(assign, "player_left", "playing", [(1, 0, 0, b""), (0, 0, 1, b'{"score":7}')], now_ms)
    for _ in range(2):
        # The repeat is acknowledged too.
        peer.send(outcome)
        _, acknowledged = await peer.expect("endedAck")
        assert (acknowledged["session"], acknowledged["attempt"]) == (assign["session"], 1)
    await asyncio.to_thread(alone.until_empty)
    (said,) = alone.matchmaker.outcomes(assign["session"].hex())
    assert said["reason"] == "player_left"
    _, journal = await asyncio.to_thread(decode, "--journal", alone.folder / "matchmaker/journal")
    assert [entry["kind"] for entry in journal[:2]] == ["journalMatched", "ended"]
    await peer.close()


async def test_resumes_are_read_and_made_from_the_specification(alone):
    peer = await dial(alone)
    assert (await peer.shake_hands(SECRET.encode()))["kind"] == "welcome"
    peer.send(frame("inventoryEnd"))
    players = [Player(alone, "ann"), Player(alone, "ben")]
    for player in players:
        await player.join("duo")
    _, assign = await peer.expect("assign")
    peer.send(frame("accepted", about(assign)))
    made = []
    for player, seat in zip(players, assign["players"], strict=True):
        place = protocol.read_resume(player.resume)
        assert (place["kind"], place["scene"], place["subject"]) == ("place", "duo", player.subject)
        assert place["sinceUnixMs"] == seat["sinceUnixMs"]
        await player.matched()
        made.append(resume(3, assign, seat, seat["placeSignature"]))
        read = protocol.read_resume(made[-1])
        assert (read["kind"], read["session"]) == ("releasedPlace", assign["session"])
        assert read["signature"] == seat["placeSignature"]

    # Ann goes, and Ben comes back to his place with what the coordinator gives him.
    peer.send(ended(assign, "player_left", "validating", [(1, 0, 0, b""), (0, 1, 0, b"")], int(time.time() * 1000)))
    await peer.expect("endedAck")
    ben = Player(alone, "ben")
    await ben.join("duo", resume=made[1])
    assert protocol.read_resume(ben.resume)["sinceUnixMs"] == assign["players"][1]["sinceUnixMs"]
    forged = Player(alone, "ann")
    await forged.join("duo", resume=resume(3, assign, assign["players"][0], bytes(16)))
    assert protocol.read_resume(forged.resume)["sinceUnixMs"] > assign["players"][0]["sinceUnixMs"]
    await ben.closes()
    await forged.closes()
    await peer.close()


async def test_a_release_that_was_shown_is_good_after_a_restart_of_the_matchmaker(alone):
    peer = await dial(alone)
    assert (await peer.shake_hands(SECRET.encode()))["kind"] == "welcome"
    peer.send(frame("inventoryEnd"))
    ann, ben = Player(alone, "ann"), Player(alone, "ben")
    for player in (ann, ben):
        await player.join("duo")
    _, assign = await peer.expect("assign")
    peer.send(frame("accepted", about(assign)))
    for player in (ann, ben):
        await player.matched()

    # Out of reach, the coordinator tells Ann the end.
    await peer.close()
    seat = assign["players"][0]
    waiting = await ann.join("duo", resume=resume(2, assign, seat, seat["releaseSignature"]))
    assert waiting["players"] == 1 and waiting["session"] != assign["session"].hex()
    place = protocol.read_resume(ann.resume)
    assert (place["kind"], place["releasedFrom"]) == ("placeBehindRelease", [assign["session"]])
    await asyncio.sleep(0.5)
    alone.matchmaker.kill()
    alone.start_matchmaker().until_alive()
    waiting = await ann.join("duo", resume=ann.resume)
    assert waiting["players"] == 1 and waiting["session"] != assign["session"].hex() and waiting["waitedMs"] >= 500
    await ann.closes()

    # Back without the session, which settles it.
    peer = await dial(alone)
    assert (await peer.shake_hands(SECRET.encode()))["kind"] == "welcome"
    peer.send(frame("inventoryEnd"))
    await asyncio.to_thread(alone.until_empty)
    await peer.close()


def resume(kind, assign, seat, signature):
    scene, subject = assign["scene"].encode(), seat["subject"].encode()
    data = bytes([1, kind]) + assign["session"]
    data += seat["sinceUnixMs"].to_bytes(8, "big") + assign["resumeExpiresUnixMs"].to_bytes(8, "big")
    data += len(scene).to_bytes(2, "big") + scene + len(subject).to_bytes(2, "big") + subject
    return base64.urlsafe_b64encode(data + signature).rstrip(b"=").decode()


async def test_a_coordinator_with_another_secret_is_rejected_and_sees_that_the_matchmaker_has_another(alone):
    peer = await dial(alone)
    reject = await peer.shake_hands(b"not the secret of them")
    assert not peer.believes
    assert (reject["kind"], reject["code"]) == ("reject", "bad_proof")
    assert await peer.next() == (None, None)


async def test_a_coordinator_without_a_common_version_hears_so(alone):
    peer = await dial(alone)
    reject = await peer.shake_hands(SECRET.encode(), versions=(3, 9))
    assert (reject["kind"], reject["code"]) == ("reject", "no_common_version")
    assert await peer.next() == (None, None)


async def test_a_proof_cannot_be_reflected_or_replayed(alone):
    """The matchmaker's own proof, and a proof of an earlier link, are no proofs of a coordinator."""
    said = hello("echo", 1, bytes(32))
    first_link, second_link = await dial(alone), await dial(alone)
    first_link.send(said)
    raw, challenge = await first_link.expect("challenge")
    earlier = protocol.handshake_proof(SECRET.encode(), protocol.COORDINATOR, said, raw)
    second_link.send(said)
    _, second = await second_link.expect("challenge")
    assert challenge["nonce"] != second["nonce"]
    for link, proof in ((first_link, challenge["proof"]), (second_link, earlier)):
        link.send(frame("proof", proof))
        _, reject = await link.expect("reject")
        assert reject["code"] == "bad_proof"


async def test_what_another_coordinator_still_holds_is_taken_on_and_what_it_lost_has_ended(alone):
    """The inventory: a link breaks, and its session is in the next one's inventory, or is not."""
    peer = await dial(alone)
    assert (await peer.shake_hands(SECRET.encode()))["kind"] == "welcome"
    peer.send(frame("inventoryEnd"))
    players = [Player(alone), Player(alone)]
    for player in players:
        await player.join("duo-relay")
    raw, assign = await peer.expect("assign")
    peer.send(frame("accepted", about(assign)))
    await asyncio.gather(*(player.matched() for player in players))
    await peer.close()

    again = await dial(alone)
    assert (await again.shake_hands(SECRET.encode()))["kind"] == "welcome"
    again.send(frame("holding", bytes([4]) + raw[12:]) + frame("inventoryEnd"))
    again.ping(1, 1, 2)
    await again.expect("pong")
    assert alone.matchmaker.state()["tables"]["assignedSessions"] == 1
    await again.close()

    forgetful = await dial(alone)
    assert (await forgetful.shake_hands(SECRET.encode()))["kind"] == "welcome"
    forgetful.send(frame("inventoryEnd"))
    forgetful.ping(2)
    await forgetful.expect("pong")
    await asyncio.to_thread(alone.until_empty)
    (said,) = alone.matchmaker.outcomes(assign["session"].hex())
    assert said["reason"] == "coordinator_lost"
    await forgetful.close()
