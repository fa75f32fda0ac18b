"""People as they are: they come and go, reload, lose their connection, give up, and come again."""

import asyncio

from crowd import Member

# How likely each is, every time that the way leads by.
VANISH_WAITING, LEAVE_WAITING, RELOAD_WAITING = 0.04, 0.04, 0.06
NO_SHOW, VANISH_FORMING, LEAVE_FORMING = 0.04, 0.06, 0.04
DROP_PLAYING, LEAVE_PLAYING, RELOAD_PLAYING = 0.12, 0.08, 0.10
FAILED_PEER, SILENT_PEER = 0.06, 0.03


class Roamer(Member):
    """Comes again and again until closing time. Counts `matched`, and how games ended, by reason."""

    def happens(self, chance):
        """Nothing of the kind at closing time: then all comes to its end."""
        return not self.worker.is_closing and self.chance.random() < chance

    async def live(self):
        while not self.worker.is_closing:
            if not await self.until_matched(self.on_waiting):
                await asyncio.sleep(self.chance.uniform(0, 0.3))
                continue
            self.count("matched")
            if self.happens(NO_SHOW):
                self.note("stays away")
                await asyncio.sleep(self.chance.uniform(0, 4))
                continue
            await asyncio.sleep(self.chance.choice([0, 0, 0, 0.3]))
            end = await self.take_part(self.on_message, self.play)
            self.count(end["reason"] if isinstance(end, dict) and end["type"] == "ended" else "no word")

    async def on_waiting(self, message):
        if self.happens(VANISH_WAITING):
            self.note("vanishes")
            await self.room.drop()
            await asyncio.sleep(self.chance.uniform(0, 1))
            return True
        if self.happens(LEAVE_WAITING):
            await self.room.say("leave")
        elif self.happens(RELOAD_WAITING):
            older, newer = self.room, await self.open_room()
            if newer:
                self.note("reloads")
                self.room = newer
                # The older page hears that it was taken over from, or that it was too late.
                self.probes.add(asyncio.create_task(self.drain(older)))
        return False

    async def drain(self, talk):
        """Reads to the end what an older page is told."""
        while (message := await talk.next(self.deadlines.over + self.deadlines.matched)) is not None:
            if message["type"] == "matched":
                # Both pages belong to this person; the newer one will be told the same.
                self.note("older page matched", session=message["session"])

    async def on_message(self, message):
        match message["type"]:
            case "validate":
                if self.happens(VANISH_FORMING):
                    self.note("vanishes")
                    await self.game.drop()
                    await asyncio.sleep(self.chance.uniform(0, 2.5))
                    return "vanished"
                if self.happens(LEAVE_FORMING):
                    await self.game.say("leave")
                elif self.happens(FAILED_PEER) and message["peers"]:
                    await self.game.say("validationFailed", peer=message["peers"][0], detail="ice failed")
                elif self.happens(SILENT_PEER):
                    # Only so long that the deadline can pass.
                    await asyncio.sleep(self.chance.uniform(0, 4))
        return None

    async def play(self, game):
        await game.raw(bytes([0, 255]) + b"hello")
        await asyncio.sleep(self.chance.uniform(0, 2.0))
        if self.happens(DROP_PLAYING):
            # Comes back by itself, since the loss of the connection is heard like any other.
            self.note("drops")
            await game.drop()
            return
        if self.happens(LEAVE_PLAYING):
            await game.say("leave")
            return
        await game.raw(bytes([0, 255]) + b"goodbye")
        await game.say("finish", result={"by": self.subject})
