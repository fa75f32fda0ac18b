"""Who may join: tokens that PyPI's PyJWT makes, as a web backend would, and what they say of subjects."""

import asyncio
import json
import signal
import time

import jwt
import pytest
from players import Line, Player, finish
from processes import eventually

SECRET = "a secret that backend and matchmaker share, of some length"
PAIRS = {"id": "pairs", "groupSize": 2}


def token(subject, secret=SECRET, algorithm="HS256", headers=None, life_s=60, **claims):
    claims = {"sub": subject, "exp": time.time() + life_s, **claims}
    return jwt.encode({k: v for k, v in claims.items() if v is not None}, secret, algorithm, headers)


def refused(matchmaker, reason):
    """How many joins were refused for a reason."""
    name = f'greenroom_joins_refused_total{{reason="{reason}"}}'
    return next(float(line.split()[-1]) for line in matchmaker.get("/metrics")[1].splitlines() if line.startswith(name))


def logged(server, event, **fields):
    """Waits for a line of the log, which may still be on its way."""
    return eventually(lambda: server.log(event, **fields), lambda: f"{event} {fields} in\n{server.text()}")


@pytest.fixture
def lab(make_servers, tmp_path):
    """Servers whose scene `pairs` asks for tokens, and pairs people of one cohort; `open-door` takes them without."""
    secret = tmp_path / "jwt-secret"
    secret.write_text(SECRET + "\n")
    admission = {"jwtSecretFile": str(secret)}
    rules = {"attributes": [{"equal": "cohort"}]}
    servers = make_servers(scenes=[
        {**PAIRS, "admission": admission, "rules": rules},
        {**PAIRS, "id": "open-door", "admission": {**admission, "required": False}},
        {**PAIRS, "id": "elsewhere", "admission": {**admission, "issuer": "us", "audience": "greenroom"}},
    ]).start()
    servers.secret_file = secret
    return servers


async def refusal(servers, subject, scene="pairs", **fields):
    """Joins, and hears why not: the message of a `bad_token` that closes the connection."""
    line = await Line.open(servers.matchmaker.ws + "/v1/join")
    await line.send("join", scene=scene, subject=subject, **fields)
    error = await line.expect("error", code="bad_token")
    await line.closes(4019)
    return error["message"]


async def test_those_with_a_token_play(lab):
    players = [Player(lab, name) for name in ("ann", "bob")]
    for player in players:
        await player.join("pairs", token=token(player.subject, scene=["pairs", "trios"], iat=time.time(), nbf=time.time()))
    await asyncio.gather(*(player.matched() for player in players))
    await asyncio.gather(*(player.enter() for player in players))
    await asyncio.gather(*(player.until_play() for player in players))
    await finish(players)


FORGED = {
    "token_missing": (lambda: None, "without a token"),
    "token_malformed": (lambda: "a.b", "no JWT"),
    "token_algorithm": (lambda: jwt.encode({"sub": "ann", "exp": 2**33}, None, "none"), "HS256"),
    "token_signature": (lambda: token("ann", secret=SECRET + "\n"), "signature"),
    "token_expired": (lambda: token("ann", life_s=-60), "expired"),
    "token_endless": (lambda: token("ann", exp=None), "`exp`"),
    "token_early": (lambda: token("ann", nbf=time.time() + 120), "not valid yet"),
    "token_subject": (lambda: token("bob"), "another subject"),
    "token_scene": (lambda: token("ann", scene="trios"), "another scene"),
    "token_audience": (lambda: token("ann", aud="greenroom"), "another audience"),
    "token_claim": (lambda: token("ann", attributes=[1]), "wrong kind"),
    "token_header": (lambda: token("ann", headers={"crit": ["b64"], "b64": False}), "not understood"),
}


@pytest.mark.parametrize("reason", FORGED)
async def test_a_token_that_does_not_count_is_refused_with_the_reason(lab, reason):
    make, words = FORGED[reason]
    before = refused(lab.matchmaker, reason)
    shown = make()
    assert words in await refusal(lab, "ann", **({"token": shown} if shown else {}))
    assert refused(lab.matchmaker, reason) == before + 1
    assert logged(lab.matchmaker, "join_refused", why=reason, subject="ann", scene="pairs")
    # The next one is not disturbed, and nothing secret is in the log.
    player = Player(lab, "ann")
    await player.join("pairs", token=token("ann"))
    await player.closes()
    assert SECRET not in lab.matchmaker.text()
    assert not shown or shown not in lab.matchmaker.text()


async def test_other_algorithms_are_refused(lab):
    for algorithm in ("HS384", "HS512"):
        assert "HS256" in await refusal(lab, "ann", token=token("ann", secret=SECRET * 2, algorithm=algorithm))


async def test_issuer_and_audience_are_those_of_the_scene(lab):
    assert "issuer" in await refusal(lab, "ann", "elsewhere", token=token("ann", iss="them", aud="greenroom"))
    assert "audience" in await refusal(lab, "ann", "elsewhere", token=token("ann", iss="us"))
    player = Player(lab, "ann")
    await player.join("elsewhere", token=token("ann", iss="us", aud=["other", "greenroom"]))
    await player.closes()


async def test_a_token_takes_over_the_place_and_a_name_does_not(lab):
    first, second = Player(lab, "ann"), Player(lab, "ann")
    waiting = await first.join("open-door", token=token("ann"))
    line = await Line.open(lab.matchmaker.ws + "/v1/join")
    await line.send("join", scene="open-door", subject="ann")
    await line.expect("error", code="subject_in_use")
    await line.closes(4018)
    again = await second.join("open-door", token=token("ann"))
    assert again["session"] == waiting["session"]
    assert (await first.room.until("ended"))["reason"] == "superseded"
    bob = Player(lab, "bob")
    await bob.join("open-door")
    await asyncio.gather(second.matched(), bob.matched())
    # And a live session: the same ticket again.
    third = Player(lab, "ann")
    third.room = await Line.open(lab.matchmaker.ws + "/v1/join")
    await third.room.send("join", scene="open-door", subject="ann", token=token("ann"))
    await third.matched()
    assert third.match == second.match
    await asyncio.gather(third.enter(), bob.enter())
    await asyncio.gather(third.until_play(), bob.until_play())
    await finish([third, bob])


async def test_what_a_backend_signs_counts_for_more_than_what_its_client_says(lab):
    ann, bob, cid = (Player(lab, name) for name in ("ann", "bob", "cid"))
    await cid.join("pairs", token=token("cid", attributes={"cohort": "b"}))
    await ann.join("pairs", token=token("ann", attributes={"cohort": "a"}), attributes={"cohort": "b", "mood": "good"})
    await bob.join("pairs", token=token("bob"), attributes={"cohort": "a"})
    await asyncio.gather(ann.matched(), bob.matched())
    assert ann.session == bob.session
    await cid.closes()
    await asyncio.gather(ann.enter(), bob.enter())
    await asyncio.gather(ann.until_play(), bob.until_play())
    await finish([ann, bob])


@pytest.mark.parametrize("attributes, words", [
    ({"x": None}, "`x` must not be null"), ({"x": {"y": 1}}, "`x` must not be an object"), ({"x": [1]}, "`x` must be a list of texts"),
    ({f"a{number}": 1 for number in range(33)}, "more than 32"), ({"x": "y" * 257}, "`x` has a text of more than 256 bytes"),
    ({"x" * 65: 1}, "1 to 64 bytes"),
])
async def test_attributes_that_are_not_flat_are_refused_by_name(lab, attributes, words):
    line = await Line.open(lab.matchmaker.ws + "/v1/join")
    await line.send("join", scene="open-door", subject="ann", attributes=attributes)
    assert words in (await line.expect("error", code="bad_message"))["message"]
    await line.closes(4011)


async def test_a_new_secret_counts_from_a_reload_on_and_a_bad_one_changes_nothing(lab):
    matchmaker = lab.matchmaker

    def reload(secret, event):
        count = len(matchmaker.log(event))
        lab.secret_file.write_text(secret)
        matchmaker.signal(signal.SIGHUP)
        eventually(lambda: len(matchmaker.log(event)) > count, lambda: f"{event} in\n{matchmaker.text()}")
        return matchmaker.log(event)[-1]

    waiting = Player(lab, "ann")
    await waiting.join("pairs", token=token("ann"))
    why = reload("too short", "reload_failed")["why"]
    assert "jwtSecretFile" in why and 'scene "pairs"' in why and "greenroom.json" in why and "too short" not in why
    bob = Player(lab, "bob")
    await bob.join("pairs", token=token("bob"), attributes={"cohort": "z"})
    await bob.closes()
    new = SECRET[::-1]
    assert reload(new, "reloaded")["changed"] == "pairs,open-door,elsewhere"
    assert "changed" not in reload(new, "reloaded")
    assert "signature" in await refusal(lab, "bob", token=token("bob"))
    # One who was admitted goes on waiting.
    await bob.join("pairs", token=token("bob", secret=new))
    await asyncio.gather(waiting.matched(), bob.matched())
    for player in (waiting, bob):
        await player.enter()
    await asyncio.gather(waiting.until_play(), bob.until_play())
    await finish([waiting, bob])
    assert new not in matchmaker.text() and SECRET not in json.dumps(matchmaker.state())


async def test_one_who_waits_may_come_back_with_a_token_that_has_expired(lab):
    ann = Player(lab, "ann")
    await ann.join("pairs", token=token("ann", attributes={"cohort": 1}))
    await ann.room.drop()
    old = token("ann", life_s=-60, attributes={"cohort": 1})
    assert "expired" in await refusal(lab, "ann", token=old)
    await refusal(lab, "bob", token=old, resume=ann.resume)
    assert "expired" in await refusal(lab, "bob", token=token("bob", life_s=-60), resume=ann.resume)
    assert "expired" in await refusal(lab, "ann", scene="open-door", token=old, resume=ann.resume)
    assert "without a token" in await refusal(lab, "ann", resume=ann.resume)
    await ann.join("pairs", token=old, resume=ann.resume)
    bob = Player(lab, "bob")
    await bob.join("pairs", token=token("bob", attributes={"cohort": 1}))
    await asyncio.gather(ann.matched(), bob.matched())
    await asyncio.gather(ann.enter(), bob.enter())
    await asyncio.gather(ann.until_play(), bob.until_play())
    await finish([ann, bob])


async def test_a_secret_that_others_may_read_is_warned_of_at_start_and_at_each_reload(make_servers, tmp_path):
    link, tokens = tmp_path / "link-secret", tmp_path / "jwt-secret"
    link.write_text("the link's secret")
    tokens.write_text(SECRET)
    link.chmod(0o604)
    tokens.chmod(0o600)
    scene = {**PAIRS, "admission": {"jwtSecretFile": str(tokens)}}
    servers = make_servers(scenes=[scene], matchmaker_options=["--secret-file", link])
    matchmaker = servers.start_matchmaker()
    matchmaker.until_alive()

    def warned(file):
        return [line["message"] for line in matchmaker.log("configuration") if str(file) in line["message"]]

    assert "mode 0604" in eventually(lambda: warned(link), "a warning")[0] and not warned(tokens)
    tokens.chmod(0o664)
    matchmaker.signal(signal.SIGHUP)
    assert logged(matchmaker, "reloaded")
    assert "mode 0664" in warned(tokens)[0] and len(warned(link)) == 2
    link.chmod(0o600)
    matchmaker.signal(signal.SIGHUP)
    eventually(lambda: len(matchmaker.log("reloaded")) == 2, "the second reload")
    assert len(warned(tokens)) == 2 and len(warned(link)) == 2
    # One that a start would refuse fails a reload too.
    link.write_text("")
    matchmaker.signal(signal.SIGHUP)
    assert "is empty" in logged(matchmaker, "reload_failed")[0]["why"]
    link.write_text("fifteen bytes..")
    matchmaker.signal(signal.SIGHUP)
    eventually(lambda: len(matchmaker.log("reload_failed")) == 2, "the next reload has failed too")
    why = matchmaker.log("reload_failed")[1]["why"]
    assert f'--secret-file: "{link}" is shorter than 16 bytes' in why and "fifteen" not in why
