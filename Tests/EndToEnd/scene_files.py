"""Scene files, good and bad: what the schema in compose/ and the matchmaker say of each must agree."""

import json
import re

from processes import ROOT

SCHEMA = json.loads((ROOT / "compose/scenes.schema.json").read_text())
EXAMPLE = ROOT / "compose/greenroom.json"


def without_comments(text):
    """JSON as its readers want it: comments from // to the end of a line become spaces, but not within strings."""
    return re.sub(r'"(?:\\.|[^"\\\n])*"|//[^\n]*', lambda found: found[0] if found[0][0] == '"' else " ", text)


def scene(**keys):
    return {"scenes": [{"id": "a", "groupSize": 4, **keys}]}


def rules(**rules):
    return scene(rules=rules)


def skill(*steps, **keys):
    return rules(skill={"attribute": "elo", "steps": list(steps), **keys})


def latency(*steps, **keys):
    return rules(latency={"steps": list(steps), **keys})


RELAY = {"messagesPerSecond": 1, "bytesPerSecond": 1024, "backlogMax": 65_536}
FIRST = {"after": 0, "width": 1}
CAP = {"after": 0, "cap": "80ms"}

# Both refuse these.
BAD = {
    "scenes that are no list": {"scenes": {}}, "no scenes": {"scenes": []}, "a scene that is a text": {"scenes": ["duo"]},
    "too many scenes": {"scenes": [{"id": f"{number}", "groupSize": 2} for number in range(1025)]},
    "an unknown key with a structure": {"scense": [{}]}, "no id": {"scenes": [{"groupSize": 2}]},
    "no size": {"scenes": [{"id": "a"}]}, "an empty id": scene(id=""), "a long id": scene(id="x" * 65),
    "an id of two lines": scene(id="a\nb"), "an id that is a number": scene(id=1), "an unknown key": scene(colour="red"),
    "size 0": scene(groupSize=0), "size 256": scene(groupSize=256), "half a player": scene(groupSize=2.5),
    "a size in quotes": scene(groupSize="2"), "an unknown identity": scene(identity="none"), "open as a number": scene(open=1),
    "nobody may wait": scene(waitingMax=0), "too many wait": scene(waitingMax=10_000_001),
    "an unknown failure action": scene(onValidationFailure="retry"), "validation in words": scene(validatePeers="yes"),
    "a time in words": scene(waitTimeout="soon"), "a time in days": scene(waitTimeout="1d"), "no time": scene(waitTimeout=0),
    "no time in seconds": scene(waitTimeout="0s"), "a short time": scene(playTimeout=99),
    "a long time": scene(playTimeout=604_800_001), "a time with a fraction": scene(enterTimeout=1000.5),
    "a negative time": scene(barrierTimeout=-5), "a time of null": scene(reconnectGrace=None),
    "a time in a list": scene(validationTimeout=["5s"]), "confirming at once": scene(confirmTimeout=0),
    "ICE servers that are no list": scene(iceServers={}), "an ICE server that is a text": scene(iceServers=["stun:a"]),
    "too many ICE servers": scene(iceServers=[{}] * 17), "a code for no reason": scene(completionCodes={"won": "C"}),
    "a code that is a number": scene(completionCodes={"completed": 5}), "an empty code": scene(completionCodes={"completed": ""}),
    "a long code": scene(completionCodes={"completed": "x" * 129}),
    "an unknown end of waiting": scene(whenWaitIsOver="stop"), "a move to nowhere": scene(whenWaitIsOver={}),
    "a move to a number": scene(whenWaitIsOver={"moveTo": 1}), "rules in a list": scene(rules=[]),
    "an unknown rule": rules(luck=1), "a smaller group at once": rules(smallerGroups=[{"after": 0, "size": 2}]),
    "a smaller group at 0s": rules(smallerGroups=[{"after": "0s", "size": 2}]),
    "a smaller group of nobody": rules(smallerGroups=[{"after": 1, "size": 0}]),
    "a smaller group without time": rules(smallerGroups=[{"size": 2}]),
    "too many smaller groups": rules(smallerGroups=[{"after": n + 1, "size": 1} for n in range(33)]),
    "skill without attribute": rules(skill={"steps": [FIRST]}), "skill without steps": skill(), "a late first step": skill({"after": 1, "width": 1}),
    "a first step at 1s": skill({"after": "1s", "width": 1}), "a negative window": skill({"after": 0, "width": -1}),
    "an unknown window": skill({"after": 0, "width": "all"}), "an endless window": skill({"after": 0, "width": 1e13}),
    "a step without window": skill({"after": 0}), "an unknown key of a step": skill({**FIRST, "cap": 1}),
    "too many steps": skill(*({"after": n, "width": n} for n in range(33))),
    "a fallback in words": skill(FIRST, fallback="none"), "a cap of nothing": latency({"after": 0, "cap": 0}),
    "a cap of a minute and more": latency({"after": 0, "cap": 60_001}), "a late first cap": latency({"after": 5, "cap": 9}),
    "regions without attribute": latency(CAP, regions=[]),
    "one region": latency(CAP, regionAttribute="r", regions=[{"between": ["eu"], "roundTrip": 5}]),
    "three regions": latency(CAP, regionAttribute="r", regions=[{"between": ["eu", "us", "as"], "roundTrip": 5}]),
    "regions at no distance": latency(CAP, regionAttribute="r", regions=[{"between": ["eu", "us"]}]),
    "two attribute rules in one": rules(attributes=[{"equal": "a", "different": "b"}]),
    "an empty attribute rule": rules(attributes=[{}]), "an attribute without name": rules(attributes=[{"equal": ""}]),
    "roles without attribute": rules(roles={"seats": [{"role": "p", "count": 4}]}),
    "roles without seats": rules(roles={"attribute": "r", "seats": []}),
    "a role for nobody": rules(roles={"attribute": "r", "seats": [{"role": "p", "count": 0}, {"role": "q", "count": 4}]}),
    "a seat for bots": rules(roles={"attribute": "r", "seats": [{"role": "bot", "count": 4}]}),
    "unknown encounters": rules(encounters="once"), "a reunion without end": rules(encounters={"reunite": {}}),
    "a reunion at once": rules(encounters={"reunite": {"wait": 0}}),
    "encounters in one scene": rules(encounters="never", encountersIn="b"), "encounters in a scene twice": rules(encounters="never", encountersIn=["b", "b"]),
    "encounters in too many scenes": rules(encounters="never", encountersIn=[f"{number}" for number in range(17)]),
    "a reunion with whom": rules(encounters={"reunite": {"wait": "5m", "otherwise": "wait"}}),
    "parties of nobody": rules(partySizeMax=0), "bots at no time": rules(bots={}), "bots alone": rules(bots={"after": 1, "playersMin": 0}),
    "treatments without seed": scene(treatments={"list": [{"name": "t"}]}),
    "no treatments": scene(treatments={"seed": 1, "list": []}), "a nameless treatment": scene(treatments={"seed": 1, "list": [{}]}),
    "a treatment of no weight": scene(treatments={"seed": 1, "list": [{"name": "t", "weight": 0}]}),
    "a treatment for nobody": scene(treatments={"seed": 1, "list": [{"name": "t", "quota": 0}]}),
    "an origin that is a text": scene(origins="https://a.example"), "no origin": scene(origins=[]),
    "an origin without scheme": scene(origins=["a.example"]), "an origin with a path": scene(origins=["https://a.example/"]),
    "every origin": scene(origins=["*"]), "too many origins": scene(origins=["null"] * 65),
    "tokens without a secret": scene(admission={}), "a secret in the scene": scene(admission={"jwtSecret": "x"}),
    "an empty path": scene(admission={"jwtSecretFile": ""}), "a nameless issuer": scene(admission={"jwtSecretFile": "a", "issuer": ""}),
    "an audience of two": scene(admission={"jwtSecretFile": "a", "audience": ["b", "c"]}),
    "tokens on request": scene(admission={"jwtSecretFile": "a", "required": "yes"}),
    "a negative seed": scene(treatments={"seed": -1, "list": [{"name": "t"}]}),
    "attempts without time": scene(attempts={"max": 3}), "no attempts": scene(attempts={"max": 0, "timeout": "5s"}),
    "an attempt of no time": scene(attempts={"max": 1, "timeout": 499}), "eleven attempts": scene(attempts={"max": 11, "timeout": "5s"}),
    "a start without countdown": scene(start={}), "a long countdown": scene(start={"countdown": 60_001}),
    "a relay without limits": scene(relay={}), "no messages": scene(relay={**RELAY, "messagesPerSecond": 0}),
    "a small backlog": scene(relay={**RELAY, "backlogMax": 65_535}), "an unknown slow reader": scene(relay={**RELAY, "slowReader": "wait"}),
    "ticks without interval": scene(ticks={}), "ticks of 4ms": scene(ticks={"interval": 4}),
    "a great input": scene(ticks={"interval": 50, "inputMax": 4_097}), "late for ever": scene(ticks={"interval": 50, "lateInput": "keep"}),
    "an unknown loss": scene(absence={"loss": "pause"}), "nobody left": scene(absence={"playersMin": 0}),
    "an unknown end of a barrier": scene(barriers={"missing": "wait"}), "episodes without count": scene(episodes={"timeout": "1m"}),
    "episodes without time": scene(episodes={"count": 2}), "no episodes": scene(episodes={"count": 0, "timeout": "1m"}),
    "a round trip for no time": scene(watch={"roundTripMax": "1s"}), "for how long of what": scene(watch={"roundTripFor": "1s"}),
    "silence of no time": scene(watch={"silentFor": 0}), "hidden in words": scene(watch={"hiddenFor": "long"}),
    "a seed beyond doubles": scene(treatments={"seed": 2**53, "list": [{"name": "t"}]}),
}

# What tells of several values together: only the matchmaker refuses these.
SENSELESS = {
    "a scene twice": {"scenes": [{"id": "a", "groupSize": 2}] * 2}, "validation of 17": scene(groupSize=17, validatePeers=True),
    "a falling window": skill(FIRST, {"after": 5, "width": 0.5}), "steps at once": skill(FIRST, {"after": "0s", "width": 2}),
    "a step behind any": skill({"after": 0, "width": "any"}, {"after": 5, "width": 3}),
    "a smaller group that is not": rules(smallerGroups=[{"after": 1, "size": 4}]),
    "too few seats": rules(roles={"attribute": "r", "seats": [{"role": "p", "count": 3}]}),
    "an attribute twice": rules(attributes=[{"equal": "a"}, {"different": "a"}]),
    "a move past origins": {"scenes": [
        {"id": "a", "groupSize": 2, "whenWaitIsOver": {"moveTo": "b"}}, {"id": "b", "groupSize": 2, "origins": ["https://b.example"]}]},
    "a move past tokens": {"scenes": [
        {"id": "a", "groupSize": 2, "whenWaitIsOver": {"moveTo": "b"}}, {"id": "b", "groupSize": 2, "admission": {"jwtSecretFile": "s"}}]},
    "nobody to lose": scene(absence={"playersMin": 4}), "a tick of a minute": scene(ticks={"interval": "1m"}),
    "a tick beyond a message": scene(groupSize=16, ticks={"interval": 50, "inputMax": "4KiB"}),
    "a tick of a crowd": scene(groupSize=255, ticks={"interval": 50}),
    "encounters nowhere known": rules(encounters="never", encountersIn=["b"]), "encounters that count for nothing": {"scenes": [
        {"id": "a", "groupSize": 2, "rules": {"encountersIn": ["b"]}}, {"id": "b", "groupSize": 2}]},
    "encounters in the scene itself": rules(encounters="never", encountersIn=["a"]),
    "a party that fits nowhere": rules(partySizeMax=5), "no seat for a bot": rules(bots={"after": 1, "playersMin": 4}),
    "a treatment twice": scene(treatments={"seed": 1, "list": [{"name": "t"}, {"name": "t"}]}),
    "a move to itself": scene(whenWaitIsOver={"moveTo": "a"}), "a move to nowhere known": scene(whenWaitIsOver={"moveTo": "b"}),
    "a secret that is not there": scene(admission={"jwtSecretFile": "/nowhere/secret"}),
    "an origin at no port": scene(origins=["https://a.example:65536"]),
    "trust in names and tokens": scene(identity="open", admission={"jwtSecretFile": "/nowhere/secret"}),
    "a region pair twice": latency(CAP, regionAttribute="r", regions=[
        {"between": ["eu", "us"], "roundTrip": 5}, {"between": ["us", "eu"], "roundTrip": 5}]),
}

# Files that are no JSON, or hold it in a way that readers differ about.
ONE = '{"scenes": [{"id": "a", "groupSize": %s}]}'
GARBLED = {
    "nothing": b"", "blanks": b" \n\t", "noughts": bytes(64), "half a file": (ONE % 2)[:20], "two files": (ONE % 2) * 2,
    "a byte order mark": b"\xef\xbb\xbf" + (ONE % 2).encode(), "UTF-16": (ONE % 2).encode("utf-16"),
    "Latin-1": b'{"scenes": [{"id": "\xe4", "groupSize": 2}]}', "half a surrogate pair": '{"scenes": [{"id": "\\ud800", "groupSize": 2}]}',
    "a nought in a name": '{"scenes": [{"id": "a\\u0000", "groupSize": 2}]}', "a key twice": ONE % '2, "groupSize": 3',
    "a key twice in other letters": ONE % '2, "group\\u0053ize": 3', "all scenes twice": '{"scenes": [{"id": "a", "groupSize": 2}], "scenes": []}',
    "a comma too many": ONE % "2,", "a comment that Python would take": "# scenes\n" + ONE % 2, "a number beyond doubles": ONE % "1e400",
    "a number beyond words": ONE % "18446744073709551618", "no number": ONE % "NaN", "an endless number": ONE % ("1" * 100_000),
    "a nest": '{"scenes": ' + "[" * 100_000, "a large file": " " * 2_000_000 + ONE % 2,
}

# At their limits, good.
GOOD = {
    "the least": {"scenes": [{"id": "a", "groupSize": 1}]}, "the most": scene(groupSize=255, waitingMax=10_000_000),
    "times": scene(waitTimeout="168h", playTimeout=100, enterTimeout="100ms", barrierTimeout="604800s"),
    "windows": skill({"after": "0ms", "width": 0}, {"after": 1, "width": 1e12}, {"after": "168h", "width": "any"}, fallback=-1e12),
    "caps": latency({"after": "0h", "cap": 1}, {"after": 5, "cap": "60s"}, regionAttribute="r" * 64, regions=[]),
    "a reunion": rules(encounters={"reunite": {"wait": 100}}), "anybody": rules(encounters="any"), "parties": rules(partySizeMax=4),
    "treatments": scene(treatments={"seed": 2**53 - 1, "list": [{"name": "t", "weight": 1000, "quota": 1_000_000_000}]}),
    "its schema and an option": {"$schema": "./scenes.schema.json", "idleTimeout": "2m", **scene(completionCodes={"completed": "x" * 128})},
    "origins": scene(origins=["null", "https://a.example:8443", "http://[::1]:3000", "HTTPS://B.example"]),
    "the least of play": scene(attempts={"max": 1, "timeout": 500}, start={"countdown": 0}, relay=RELAY, ticks={"interval": 5}, absence={},
                               barriers={}, episodes={"count": 1, "timeout": 100}, watch={}),
    "the most of play": scene(
        attempts={"max": 10, "timeout": "10m"}, start={"countdown": "1m"},
        relay={"messagesPerSecond": 100_000, "bytesPerSecond": 1_000_000_000, "backlogMax": "16MiB", "slowReader": "dropLatest"},
        ticks={"interval": "10s", "inputMax": "4KiB", "kept": 10_000, "missingInput": "repeat", "lateInput": "drop"},
        absence={"pauses": True, "loss": "bot", "playersMin": 3}, barriers={"missing": "lose", "countdown": "60s"},
        episodes={"count": 10_000, "timeout": "168h", "resetTimeout": "168h", "endsWhen": "anySays"},
        watch={"roundTripMax": "1m", "roundTripFor": "24h", "silentFor": "24h", "hiddenFor": "24h", "warning": "24h"}),
    "a tick of a whole message": scene(groupSize=255, ticks={"interval": 50, "inputMax": 254}),
    "validation of 16": scene(groupSize=16, validatePeers=True), "no rules": scene(rules={}),
}
