import Matchmaking
import SessionProtocol
import Testing

@Suite struct ConfirmingTests {
    static func lobby(_ size: Int = 2, waitTimeoutMs: UInt64 = 120_000) -> Lobby {
        var lobby = Lobby(
            .asked(size, "duo", timeoutMs: 1000, waitTimeoutMs: waitTimeoutMs, codes: [CompletionCode(reason: .notConfirmed, code: "N")]),
            .group(2, "other"))
        lobby.connect("east", link: 1)
        return lobby
    }

    @Test("a group is matched when all have said that they are still there, and not before")
    func all() {
        var lobby = Self.lobby(3)
        lobby.join("ann", on: 1)
        lobby.join("bob", on: 2)
        #expect(
            lobby.join("cid", on: 3) == [
                "1: waiting 3/3 in S1", "2: waiting 3/3 in S1", "3: waiting 3/3 in S1",
                "1: confirm within 1000", "2: confirm within 1000", "3: confirm within 1000",
            ])
        #expect(lobby.confirm(1) == [])
        #expect(lobby.confirm(1) == [])
        #expect(lobby.confirm(3) == [])
        #expect(lobby.confirm(3) == [])
        #expect(lobby.confirm(2) == ["journal: matched S1#1 at east"])
        #expect(lobby.confirm(2) == [], "said twice, the second time late")
        lobby.sync()
        lobby.accept("S1", link: 1)
        #expect(lobby.fates.map { $0.split(separator: " ")[2] } == ["matched", "matched", "matched"])
    }

    @Test("whoever does not answer in time is gone; the others wait on at the front, in the same room, and are asked anew")
    func silent() {
        var lobby = Self.lobby(3)
        lobby.join("ann", on: 1)
        lobby.join("bob", on: 2)
        lobby.pass(400)
        lobby.join("cid", on: 3)
        lobby.confirm(1)
        lobby.confirm(3)
        lobby.join("dan", on: 4)
        #expect(lobby.pass(999) == [])
        #expect(lobby.core.nextDeadlineMs == lobby.now.bootMs + 1)
        #expect(
            lobby.pass(1) == [
                "1: waiting 3/3 in S1", "3: waiting 3/3 in S1", "4: waiting 3/3 in S1",
                "1: confirm within 1000", "3: confirm within 1000", "4: confirm within 1000", "2: ended S1 not_confirmed N.",
            ])
        #expect(lobby.fates == ["2: bob not_confirmed in S1 after 1400/1400"])
        #expect(lobby.waits[1]?.waitedMs == 1400)
        #expect(lobby.waits[1]?.timeoutMs == 118_600)
        lobby.confirm(1)
        lobby.confirm(4)
        #expect(lobby.confirm(3) == ["journal: matched S1#1 at east"])
    }

    @Test("a room in which nobody answers ends")
    func nobody() {
        var lobby = Self.lobby()
        lobby.join("ann", on: 1)
        lobby.join("bob", on: 2)
        #expect(lobby.pass(1000) == ["1: ended S1 not_confirmed N.", "2: ended S1 not_confirmed N."])
        #expect(lobby.transitions == ["S1 waiting→ended not_confirmed"])
        #expect(lobby.leftovers == [])
    }

    @Test("when one leaves or disconnects the question is off at once", arguments: [true, false])
    func leaving(_ leaves: Bool) {
        var lobby = Self.lobby()
        lobby.join("ann", on: 1)
        lobby.join("bob", on: 2)
        lobby.confirm(1)
        let lines = leaves ? lobby.leave(2) : lobby.disconnect(2)
        #expect(lines.first == "1: waiting 1/2 in S1")
        #expect(lobby.confirm(1) == ["1: error wrong_state"])
        #expect(lobby.pass(1000) == [])
        #expect(lobby.join("cid", on: 3).suffix(2) == ["1: confirm within 1000", "3: confirm within 1000"])
        #expect(lobby.confirm(3) == [], "ann has answered another question")
        #expect(lobby.confirm(1) == ["journal: matched S1#1 at east"])
    }

    @Test("a new page hears what is asked and how much time is left; one that has answered is not asked again")
    func reload() {
        var lobby = Self.lobby()
        lobby.join("ann", on: 1)
        lobby.join("bob", on: 2)
        lobby.pass(300)
        #expect(
            lobby.join("bob", on: 3, resume: lobby.resumes[2]) == [
                "2: ended S1 superseded.", "3: waiting 2/2 in S1", "3: confirm within 700",
            ])
        lobby.confirm(3)
        #expect(
            lobby.join("bob", on: 4, resume: lobby.resumes[3]) == ["3: ended S1 superseded.", "4: waiting 2/2 in S1"])
        #expect(lobby.confirm(1) == ["journal: matched S1#1 at east"])
    }

    @Test("one who moves to another scene meanwhile takes the question from the others")
    func moving() {
        var lobby = Self.lobby()
        lobby.join("ann", on: 1)
        lobby.join("bob", on: 2)
        #expect(lobby.join("bob", on: 3, scene: "other", resume: lobby.resumes[2]).contains("1: waiting 1/2 in S1"))
        #expect(lobby.pass(1000) == [])
        lobby.leave(1)
        lobby.leave(3)
        #expect(lobby.leftovers == [])
    }

    @Test("no wait ends while the question stands; the deadline that each had counts again behind it")
    func waitingTime() {
        var lobby = Self.lobby(waitTimeoutMs: 1500)
        lobby.join("ann", on: 1)
        lobby.pass(1000)
        lobby.join("bob", on: 2)
        lobby.pass(600)
        #expect(lobby.join("ann", on: 3, resume: lobby.resumes[1]).contains("3: confirm within 400"))
        #expect(lobby.waits[3]?.timeoutMs == 400)
        lobby.confirm(3)
        #expect(
            lobby.pass(400) == ["3: waiting 1/2 in S1", "2: ended S1 not_confirmed N.", "3: ended S1 wait_timeout."])
        #expect(
            lobby.fates == ["2: bob not_confirmed in S1 after 1000/1000", "3: ann timed_out in S1 after 400/2000"])
        #expect(lobby.leftovers == [])
    }

    @Test("nobody is asked without a coordinator to play at, and not more groups at once than can play")
    func askedWhenItCanBegin() {
        var lobby = Lobby(.asked(2, "duo", timeoutMs: 1000))
        lobby.join("ann", on: 1)
        #expect(lobby.join("bob", on: 2) == ["1: waiting 2/2 in S1", "2: waiting 2/2 in S1"])
        lobby.join("cid", on: 3)
        #expect(lobby.join("dan", on: 4) == ["3: waiting 2/2 in S2", "4: waiting 2/2 in S2"])
        lobby.prove("east", link: 1, capacity: 1)
        #expect(lobby.say(.inventoryEnd, link: 1) == ["1: confirm within 1000", "2: confirm within 1000"])
        lobby.confirm(1)
        #expect(
            lobby.leave(2) == [
                "1: waiting 1/2 in S1", "3: confirm within 1000", "4: confirm within 1000", "2: ended S1 player_left.",
            ])
        lobby.confirm(3)
        #expect(lobby.confirm(4) == ["journal: matched S2#1 at east"])
    }

    @Test("a group that finds no coordinator after all is asked once more when its answers have become old")
    func askedOnceMore() {
        var lobby = Self.lobby()
        lobby.join("ann", on: 1)
        lobby.join("bob", on: 2)
        lobby.down(1)
        lobby.confirm(1)
        #expect(lobby.confirm(2) == [])
        lobby.pass(999)
        lobby.prove("east", link: 2)
        #expect(lobby.say(.inventoryEnd, link: 2) == ["journal: matched S1#1 at east"], "their answers are fresh")

        var other = Self.lobby()
        other.join("ann", on: 1)
        other.join("bob", on: 2)
        other.down(1)
        other.confirm(1)
        other.confirm(2)
        other.pass(1000)
        other.prove("east", link: 2)
        #expect(other.say(.inventoryEnd, link: 2) == ["1: confirm within 1000", "2: confirm within 1000"])
        other.confirm(1)
        #expect(other.confirm(2) == ["journal: matched S1#1 at east"])
    }

    @Test("an end from outside ends the question too")
    func ends() {
        var lobby = Self.lobby()
        lobby.join("ann", on: 1)
        lobby.join("bob", on: 2)
        #expect(lobby.handle(.cancel(lobby.id("S1"))) == ["1: ended S1 cancelled.", "2: ended S1 cancelled."])
        #expect(lobby.leftovers == [])
        lobby.join("ann", on: 3)
        lobby.join("bob", on: 4)
        #expect(lobby.handle(.reconfigure([.asked(3, "duo", timeoutMs: 1000)])) == ["3: waiting 2/3 in S2", "4: waiting 2/3 in S2"])
        #expect(lobby.confirm(3) == ["3: error wrong_state"])
        lobby.handle(.shutdown)
        #expect(lobby.leftovers == [])
    }
}
