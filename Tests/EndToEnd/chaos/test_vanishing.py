"""Members who vanish at each step of forming a group: the others are matched again or told, within the deadlines."""

import asyncio
import collections
import random

import agreement
import journals
from diary import Diary
from person import Deadlines, Person
from websockets.asyncio.client import connect

ENTER_S, VALIDATE_S, GRACE_S, WAIT_S = 1.0, 1.5, 0.5, 5.0
# Until all are in, until all have validated, one grace behind each; and the machine has other things to do.
SLACK_S = 6.0
FORMING_S = ENTER_S + VALIDATE_S + 3 * GRACE_S + SLACK_S
SCENE = {
    "id": "trio", "groupSize": 3, "validatePeers": True, "onValidationFailure": "requeue", "identity": "proof",
    "enterTimeout": f"{ENTER_S * 1000:.0f}ms", "validationTimeout": f"{VALIDATE_S * 1000:.0f}ms",
    "reconnectGrace": f"{GRACE_S * 1000:.0f}ms", "waitTimeout": f"{WAIT_S * 1000:.0f}ms",
}
# The same, and all are asked whether they are there before they are matched.
CONFIRM_S = 2.0
ASKED = {**SCENE, "id": "asked", "confirmTimeout": f"{CONFIRM_S * 1000:.0f}ms"}
STEPS = ["join", "waiting", "leave-full", "matched", "connected", "enter", "entered", "validate", "validated", "leave"]
EACH, SURVIVORS, AT_ONCE = 90, 1400, 60
GROUPS = 500


class Vanisher(Person):
    """Goes along up to a step, and is gone without a word, or with no more than `leave`."""

    def __init__(self, step, *arguments):
        super().__init__(*arguments)
        self.step = step

    async def vanish(self, talk, session):
        self.note("vanished", step=self.step, session=session)
        if self.step.startswith("leave"):
            await talk.say("leave")
        await talk.drop()
        return "vanished"

    async def asked(self):
        if self.step == "confirm":
            return await self.vanish(self.room, self.waiting["session"])
        if self.step == "confirm-silent":
            # There, and says nothing any more.
            return self.note("vanished", step=self.step, session=self.waiting["session"])
        await super().asked()

    async def live(self):
        if self.step == "join":
            # Gone before anything is heard; the room's name is not known then.
            talk = await self.open_room()
            return await self.vanish(talk, None)

        async def on_waiting(message):
            is_full = message["players"] == message["needed"]
            if self.step == "waiting" or (self.step == "leave-full" and is_full):
                return await self.vanish(self.room, message["session"])
        if not await self.until_matched(on_waiting):
            return
        if self.step == "matched":
            return self.note("vanished", step=self.step, session=self.session)
        if self.step == "enter":
            return await self.vanish(await self.open_game(), self.session)
        if self.step == "connected":
            socket = await connect(self.match["url"], compression=None, ping_interval=None, proxy=None)
            self.note("vanished", step=self.step, session=self.session)
            return socket.transport.abort()

        async def on_message(message):
            if message["type"] == self.step or (message["type"] == "validate" and self.step in ("validated", "leave")):
                if self.step == "validated":
                    for peer in message["peers"]:
                        await self.game.say("validated", peer=peer)
                return await self.vanish(self.game, self.session)
        await self.take_part(on_message)


class Survivor(Person):
    """Stays until a game was played, or until told that nobody is left to play with."""

    async def live(self):
        async def finish(game):
            await game.say("finish", result={})

        while True:
            if not await self.until_matched():
                return
            end = await self.take_part(play=finish)
            if end and end["type"] == "ended" and not end["requeued"]:
                return self.note("done", reason=end["reason"])


async def live_through(people, diary, stage):
    gate = asyncio.Semaphore(AT_ONCE)

    async def live(person):
        # As many as that are there at once, so that groups keep forming while others come.
        async with gate:
            await person.live()

    async with asyncio.timeout(150):
        await asyncio.gather(*(live(person) for person in people))
    diary.close()
    await asyncio.to_thread(stage.finish)


async def test_members_who_vanish_while_groups_form_strand_nobody(make_stage, figure):
    seed = random.randrange(1 << 32)
    chance = random.Random(seed)
    stage = await asyncio.to_thread(make_stage, scenes=[SCENE])
    stage.say(f"seed {seed}")
    diary = Diary(stage.diary("people"))
    deadlines = Deadlines(matched=SLACK_S, begun=FORMING_S, over=FORMING_S)
    people = [Survivor(stage.matchmaker.ws, "trio", f"s{number}", diary, deadlines) for number in range(SURVIVORS)]
    people += [
        Vanisher(step, stage.matchmaker.ws, "trio", f"v-{step}-{number}", diary, deadlines)
        for step in STEPS for number in range(EACH)]
    chance.shuffle(people)
    await live_through(people, diary, stage)

    entries, sessions = stage.entries(), journals.sessions(stage.journal.records())
    late = Lateness(entries, stage.proxies)
    for entry in agreement.told(entries, "ended"):
        if entry["who"].startswith("s") and entry["where"] == "play" and not entry["message"]["requeued"]:
            outcome = journals.final(sessions[entry["message"]["session"]])
            assert outcome["endedIn"] == "playing" or late.was(entry), f"{entry} was to blame for nothing"
    groups, slowest_s = judge(entries)
    assert sum(groups.values()) >= GROUPS, groups
    assert all(groups[step] >= EACH // 3 for step in STEPS if step != "join"), groups
    figure(f"0 stranded; {sum(groups.values())} groups lost a member while forming "
           f"({', '.join(f'{step} {count}' for step, count in sorted(groups.items()))}); "
           f"from there to the next match or word at most {slowest_s:.2f} s")


async def test_members_who_vanish_when_they_are_asked_whether_they_are_there_strand_nobody(make_stage, figure):
    """One who goes then leaves the others where they are; one who stays and is silent is let go at the deadline."""
    steps, each, survivors = ["confirm", "confirm-silent"], 40, 200
    seed = random.randrange(1 << 32)
    stage = await asyncio.to_thread(make_stage, scenes=[ASKED])
    stage.say(f"seed {seed}")
    diary = Diary(stage.diary("people"))
    deadlines = Deadlines(matched=SLACK_S + CONFIRM_S, begun=FORMING_S, over=FORMING_S)
    people = [Survivor(stage.matchmaker.ws, "asked", f"s{number}", diary, deadlines) for number in range(survivors)]
    people += [
        Vanisher(step, stage.matchmaker.ws, "asked", f"v-{step}-{number}", diary, deadlines)
        for step in steps for number in range(each)]
    random.Random(seed).shuffle(people)
    await live_through(people, diary, stage)

    entries = stage.entries()
    groups, slowest_s = judge(entries)
    assert all(groups[step] >= each // 3 for step in steps), groups
    # Of one who has waited for long before it is asked the wait may be over first.
    reasons = {entry["who"]: entry["message"]["reason"] for entry in agreement.told(entries, "ended")}
    let_go = {who for who, reason in reasons.items() if reason in ("not_confirmed", "wait_timeout")}
    silent = {entry["who"] for entry in entries if entry["did"] == "vanished" and entry["step"] == "confirm-silent"}
    assert silent <= let_go, f"{silent - let_go} said nothing and were not let go"
    assert sum(reasons[who] == "not_confirmed" for who in silent) >= each // 3
    played = sum(entry["did"] == "done" for entry in entries)
    assert played > survivors / 2, f"{played} of {survivors} have played"
    figure(f"0 stranded; {sum(groups.values())} groups lost a member when it was asked; from there to the next match or "
           f"word at most {slowest_s:.2f} s; {played} of {survivors} played")


class Lateness:
    """Who really missed a deadline: on a machine with much else to do also one who means to stay may come too late."""

    # From a word that was sent, or could have been, until the other side has read it.
    TRANSIT_S = 0.5

    def __init__(self, entries, proxies):
        self.accepted_s = {}
        for proxy in proxies:
            for (session, _), at_s in proxy.accepted.items():
                self.accepted_s[session] = max(at_s, self.accepted_s.get(session, 0))
        # When each member entered first, and was asked to validate first, by session.
        self.entered_s, self.asked_s = collections.defaultdict(dict), collections.defaultdict(dict)
        last = {}
        for entry in entries:
            if entry["did"] == "enter":
                last[entry["who"]] = entry["session"]
                self.entered_s[entry["session"]].setdefault(entry["who"], entry["t"])
            elif entry["did"] == "told" and entry["message"]["type"] == "validate":
                self.asked_s[last[entry["who"]]].setdefault(entry["who"], entry["t"])

    def was(self, entry):
        who, session = entry["who"], entry["message"]["session"]
        never = float("inf")
        match entry["message"]["reason"]:
            case "no_show":
                acted_s, begun_s, time_s = self.entered_s[session].get(who, never), self.accepted_s[session], ENTER_S
            case "validation_timeout":
                acted_s, time_s = self.asked_s[session].get(who, never), VALIDATE_S
                begun_s = max(self.entered_s[session].values())
            case _:
                return False
        return acted_s > begun_s + time_s - self.TRANSIT_S


def judge(entries):
    """Groups that lost a member while others were there, by step, and the longest that one of these others had to
    wait until matched again or told, apart from waiting for more people to come."""
    heard = collections.defaultdict(list)
    members = collections.defaultdict(set)
    for entry in entries:
        if entry["did"] == "told":
            heard[entry["who"]].append(entry)
            if session := entry["message"].get("session"):
                members[session].add(entry["who"])
    groups, slowest_s, counted = collections.Counter(), 0, set()
    for entry in entries:
        if entry["did"] != "vanished" or entry["session"] is None:
            continue
        session, at_s = entry["session"], entry["t"]
        others = {who for who in members[session] if who.startswith("s")}
        if not others or session in counted:
            continue
        counted.add(session)
        groups[entry["step"]] += 1
        if entry["step"] == "waiting":
            continue
        for who in others:
            word = next((each for each in heard[who] if each["t"] > at_s and (
                each["message"]["type"] in ("matched", "ended")
                or each["message"].get("session", session) != session)), None)
            assert word, f"{who} was stranded in {session} when {entry['who']} vanished at {entry['step']}"
            if word["t"] - at_s > slowest_s:
                slowest_s = word["t"] - at_s
    return groups, slowest_s
