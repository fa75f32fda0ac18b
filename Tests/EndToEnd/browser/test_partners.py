"""Pages and programs in one game."""

import json
import random

from processes import eventually
from programs import example
from protocol_reading import decode
from test_library import JOIN, wait

SCENES = [
    {"id": "near", "groupSize": 2, "identity": "open", "validatePeers": True, "onValidationFailure": "relay"},
    {"id": "lockstep", "groupSize": 3, "identity": "open", "ticks": {"interval": "40ms", "inputMax": 4}},
]
TICKS = """async () => {
  const { join } = await import('/greenroom.js');
  window.heard = { ended: [] };
  const places = [0, 0, 0];
  window.session = join({
    scene: 'lockstep', subject: 'anna',
    onPlay: ({ seed }) => { heard.seed = seed; },
    onTick: ({ tick, inputs }) => {
      if (tick > 40) return;
      inputs.forEach((bytes, player) => { places[player] += ({ 43: 1, 45: -1 }[bytes?.[0]] ?? 0); });
      session.sendInput(new Uint8Array([45]));
      if (tick === 40) session.finish({ moved: places });
    },
    onEnded: ({ reason, code }) => heard.ended.push(code ?? reason),
  });
}"""


def test_a_page_and_a_program_play_by_relay_where_it_cannot_connect(person, make_servers):
    servers = make_servers(scenes=SCENES).start()
    with example("echo", servers.matchmaker.ws, "near", "echo-bot") as bot:
        anna = person(at=servers.matchmaker.http)
        anna.evaluate(JOIN, {"scene": "near", "subject": "anna"})
        wait(anna, "session.phase === 'playing'")
        assert anna.evaluate("session.transport") == "relay"
        anna.evaluate("for (let n = 0; n < 20; n += 1) session.send(255, new Uint8Array([n]))")
        wait(anna, "heard.messages.length === 20")
        assert anna.evaluate("heard.messages.map(({ bytes }) => bytes[0])") == list(range(20))
        anna.evaluate("session.send(255, new TextEncoder().encode('bye'))")
        anna.evaluate("session.finish()")
        wait(anna, "heard.ended.length > 0")
        assert anna.evaluate("heard.ended") == ["completed"] and bot.said() == "completed"


def test_a_page_and_two_programs_stay_in_step(person, make_servers):
    servers = make_servers(scenes=SCENES).start()
    with example("lockstep", servers.matchmaker.ws, "lockstep", "walker-1") as one, example(
            "lockstep", servers.matchmaker.ws, "lockstep", "walker-2") as two:
        anna = person(at=servers.matchmaker.http)
        anna.evaluate(TICKS)
        wait(anna, "heard.ended.length > 0")
        assert anna.evaluate("heard.ended") == ["completed"] and one.said() == two.said() == "completed"
        session, seed = anna.evaluate("[session.session, heard.seed]")

    def outcome():
        _, records = decode("--journal", servers.folder / "matchmaker" / "journal")
        return [each for each in records if each.get("kind") == "ended" and each["session"] == session]

    [ended] = eventually(outcome, "the outcome is in the journal")
    results = {each["subject"]: json.loads(bytes.fromhex(each["result"])) for each in ended["players"]}
    # The programs began at places that the seed decides, the page at 0; from there all have computed the same.
    seeded = random.Random(seed)
    places = [seeded.randrange(100) + moved for moved in results["anna"]["moved"]]
    assert results["walker-1"]["places"] == results["walker-2"]["places"] == places
