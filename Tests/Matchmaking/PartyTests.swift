import Matchmaking
import SessionProtocol
import Testing

@Suite struct PartyTests {
    @Test("a party gathers, then takes seats together with others, the most senior group first")
    func together() {
        var lobby = Lobby(.parties(3, max: 2))
        lobby.connect("east", link: 1)
        #expect(lobby.join("ann", on: 1, party: ("x", 2)) == ["1: waiting 1/3 in S1, party 1/2"])
        #expect(lobby.join("cid", on: 3) == ["3: waiting 1/3 in S2"])
        #expect(lobby.join("dan", on: 4) == ["3: waiting 2/3 in S2", "4: waiting 2/3 in S2"])
        lobby.pass(100)
        let lines = lobby.join("bob", on: 2, party: ("x", 2))
        #expect(lines.contains("journal: matched S2#1 at east"), "\(lines)")
        #expect(Set(lobby.assignment("S2")?.players.map(\.subject.name) ?? []) == ["ann", "bob", "cid"])
        #expect(lobby.waits[4]?.waitedMs == 100)
        lobby.leave(4)
        #expect(lobby.leftovers.filter { $0.hasPrefix("part") || $0.hasPrefix("gather") } == [])
    }

    @Test("a whole group may be one party")
    func alone() {
        var lobby = Lobby(.parties(2, max: 2))
        lobby.connect("east", link: 1)
        lobby.join("cid", on: 3)
        lobby.join("ann", on: 1, party: ("x", 2))
        #expect(lobby.join("bob", on: 2, party: ("x", 2)).last == "journal: matched S3#1 at east")
        #expect(lobby.assignment("S3")?.players.map(\.subject.name) == ["ann", "bob"])
    }

    @Test("a party that does not fit is told at once")
    func misfits() {
        var lobby = Lobby(.parties(4, max: 3), .group(4, "none"))
        #expect(lobby.join("ann", on: 1, party: ("x", 4)) == ["1: error party_mismatch!"])
        #expect(lobby.join("ann", on: 2, party: ("x", 0)) == ["2: error party_mismatch!"])
        #expect(lobby.join("ann", on: 3, scene: "none", party: ("x", 2)) == ["3: error party_mismatch!"])
        #expect(lobby.join("one", on: 9, scene: "none", party: ("x", 1)) == ["9: waiting 1/4 in S1"])
        lobby.join("ann", on: 4, party: ("x", 2))
        #expect(lobby.join("bob", on: 5, party: ("x", 3)) == ["5: error party_mismatch!"])
        lobby.join("bob", on: 6, party: ("x", 2))
        #expect(lobby.join("cid", on: 7, party: ("x", 2)) == ["7: error party_full!"])
        #expect(lobby.fates == ["7: cid refused party_full after 0/0"])
        #expect(lobby.join("cid", on: 8, party: ("y", 2)).last?.hasSuffix("party 1/2") == true)
    }

    @Test("members whom no group can hold together are told at once")
    func attributes() {
        var scene = Scene.parties(4, max: 3)
        scene.rules.attributes = [.equal("language")]
        scene.rules.roles = RoleRule(attribute: "role", seats: [.init(role: "proposer", count: 1), .init(role: "responder", count: 3)])
        var lobby = Lobby(scene)
        func says(_ language: String, _ role: String) -> Attributes {
            Attributes([.init(name: "language", value: .text(language)), .init(name: "role", value: .text(role))])
        }
        lobby.join("ann", on: 1, party: ("x", 3), attributes: says("en", "proposer"))
        #expect(lobby.join("bob", on: 2, party: ("x", 3), attributes: says("de", "responder")) == ["2: error party_mismatch!"])
        #expect(lobby.join("bob", on: 3, party: ("x", 3), attributes: says("en", "proposer")) == ["3: error party_mismatch!"])
        #expect(lobby.join("bob", on: 4, party: ("x", 3), attributes: says("en", "responder")).last?.hasSuffix("party 2/3") == true)
    }

    @Test("one who goes while it gathers just goes; the last one takes the code along")
    func leavingEarly() {
        var lobby = Lobby(.parties(4, max: 3))
        lobby.join("ann", on: 1, party: ("x", 3))
        lobby.join("bob", on: 2, party: ("x", 3))
        #expect(lobby.disconnect(1) == ["2: waiting 1/4 in S1, party 1/3"])
        lobby.leave(2)
        #expect(lobby.leftovers == [])
        #expect(lobby.join("cid", on: 3, party: ("x", 2)).last?.hasSuffix("party 1/2") == true)
    }

    @Test("when one of a complete party goes, the others gather again with the time that they have, and the code lets it back")
    func regathering() {
        var lobby = Lobby(.parties(4, max: 3))
        lobby.connect("east", link: 1)
        lobby.join("dan", on: 4)
        lobby.join("ann", on: 1, party: ("x", 2))
        lobby.join("bob", on: 2, party: ("x", 2))
        lobby.pass(500)
        let lines = lobby.disconnect(2)
        #expect(lines.contains { $0.hasPrefix("1: waiting 1/4") && $0.hasSuffix("party 1/2") }, "\(lines)")
        #expect(lines.contains { $0.hasPrefix("4: waiting 1/4") }, "\(lines)")
        #expect(lobby.waits[1]?.timeoutMs == 119_500)
        lobby.join("eve", on: 5)
        #expect(lobby.join("fay", on: 6).allSatisfy { !$0.hasPrefix("1:") && !$0.hasPrefix("journal") })
        lobby.leave(5)
        #expect(lobby.join("bob", on: 7, resume: lobby.resumes[2], party: ("x", 2)).last?.hasPrefix("journal") == true)
    }

    @Test("a new page keeps its place in the party")
    func reload() {
        var lobby = Lobby(.parties(4, max: 3))
        lobby.join("ann", on: 1, party: ("x", 2))
        #expect(
            lobby.join("ann", on: 2, resume: lobby.resumes[1], party: ("x", 2)) == [
                "1: ended S1 superseded.", "2: waiting 1/4 in S1, party 1/2",
            ])
        lobby.join("bob", on: 3, party: ("x", 2))
        #expect(lobby.join("bob", on: 4, resume: lobby.resumes[3], party: ("x", 2)).last?.hasPrefix("4: waiting 2/4") == true)
    }

    @Test("after a restart those who say the code again are one party again, with the time that they have waited")
    func restart() {
        let scene = Scene.parties(4, max: 3)
        var before = Lobby(scene)
        before.join("ann", on: 1, party: ("x", 2))
        before.join("bob", on: 2, party: ("x", 2))
        before.pass(500)
        var lobby = Lobby(restarting: before, scene)
        #expect(lobby.join("ann", on: 11, resume: before.resumes[1], party: ("x", 2)).last?.hasSuffix("party 1/2") == true)
        let lines = lobby.join("bob", on: 12, resume: before.resumes[2], party: ("x", 2))
        #expect(lines.map { $0.prefix(15) } == ["11: waiting 2/4", "12: waiting 2/4"], "\(lines)")
        #expect(lobby.waits[11]?.waitedMs == 500)
        #expect(lobby.waits[12]?.waitedMs == 500)
    }

    @Test("a resume without the code keeps the place and not the company; the code said later brings it back")
    func restartWithoutCode() {
        let scene = Scene.parties(4, max: 3)
        var before = Lobby(scene)
        before.join("ann", on: 1, party: ("x", 2))
        before.join("bob", on: 2, party: ("x", 2))
        before.pass(500)
        var lobby = Lobby(restarting: before, scene)
        #expect(lobby.join("ann", on: 11, resume: before.resumes[1]) == ["11: waiting 1/4 in S3"])
        #expect(lobby.join("bob", on: 12, resume: before.resumes[2], party: ("x", 2)).last?.hasSuffix("party 1/2") == true)
        lobby.pass(100)
        let lines = lobby.join("ann", on: 13, resume: lobby.resumes[11], party: ("x", 2))
        #expect(lines.map { $0.prefix(17) } == ["11: ended S3 super", "12: waiting 2/4 i", "13: waiting 2/4 i"].map { $0.prefix(17) }, "\(lines)")
        #expect(lobby.fates == ["11: ann superseded in S3 after 100/600"])
        #expect(lobby.waits[13]?.waitedMs == 600)
        #expect(lobby.waits[13]?.timeoutMs == 119_900)
        #expect(lobby.leftovers.contains("parties 1") && lobby.leftovers.contains("waitingSubjects 2"), "\(lobby.leftovers)")
    }

    @Test("a new page without the code is still its party's, and one whose party has no place for it keeps its own")
    func pageWithoutCode() {
        var lobby = Lobby(.parties(4, max: 3))
        lobby.join("ann", on: 1, party: ("x", 2))
        #expect(lobby.join("ann", on: 2, resume: lobby.resumes[1]).last?.hasSuffix("party 1/2") == true)
        lobby.join("bob", on: 3, party: ("y", 2))
        lobby.join("cid", on: 4, party: ("y", 2))
        #expect(lobby.join("ann", on: 5, resume: lobby.resumes[2], party: ("y", 2)).last?.hasSuffix("party 1/2") == true)
    }

    @Test("one who names another party goes over to it, and the others gather again")
    func changes() {
        var lobby = Lobby(.parties(4, max: 3))
        lobby.join("ann", on: 1, party: ("x", 2))
        lobby.join("bob", on: 2, party: ("x", 2))
        lobby.join("cid", on: 3, party: ("y", 2))
        let lines = lobby.join("bob", on: 4, resume: lobby.resumes[2], party: ("y", 2))
        #expect(lines.contains { $0.hasPrefix("1: waiting 1/4") && $0.hasSuffix("party 1/2") }, "\(lines)")
        #expect(lines.contains { $0.hasPrefix("3: waiting 2/4") }, "\(lines)")
        #expect(lines.contains { $0.hasPrefix("4: waiting 2/4") }, "\(lines)")
    }

    @Test("those who are back in a session that a restart has brought back, and that fails, gather again by the code that they say")
    func restoredSession() {
        let scene = Scene.parties(3, max: 2)
        var before = Lobby(scene)
        before.connect("east", link: 1)
        before.join("ann", on: 1, party: ("x", 2))
        before.join("bob", on: 2, party: ("x", 2))
        before.join("cid", on: 3)
        before.sync()
        var lobby = Lobby(restarting: before, scene)
        let session = lobby.assignments.keys.sorted()[0]
        lobby.join("ann", on: 11, resume: before.resumes[1], party: ("x", 2))
        lobby.join("bob", on: 12, resume: before.resumes[2], party: ("x", 2))
        lobby.connect("east", link: 1, inventory: [])
        lobby.sync()
        #expect(lobby.core.tables.first { $0.name == "parties" }?.count == 1, "\(session) \(lobby.leftovers)")
    }

    @Test("those who are put back from a session that failed are one party again")
    func putBack() {
        var lobby = Lobby(.parties(3, max: 2))
        lobby.connect("east", link: 1)
        lobby.join("ann", on: 1, party: ("x", 2))
        lobby.join("bob", on: 2, party: ("x", 2))
        lobby.join("cid", on: 3)
        lobby.sync()
        lobby.disconnect(3)
        let session = lobby.assignments.keys.sorted()[0]
        lobby.accept(session, link: 1)
        lobby.end(session, .playerDisconnected, in: .matched, link: 1, requeued: ["ann", "bob"], blamed: ["cid"])
        #expect(lobby.sync().filter { $0.contains("waiting 2/3") }.count == 2)
        #expect(lobby.join("dan", on: 4).last?.hasPrefix("journal") == true)
    }

    @Test("a party whose time is over ends together")
    func timeout() {
        var lobby = Lobby(.parties(3, max: 2, waitTimeoutMs: 1000))
        lobby.join("ann", on: 1, party: ("x", 2))
        lobby.pass(400)
        lobby.join("bob", on: 2, party: ("x", 2))
        #expect(lobby.waits[1]?.timeoutMs == 1000)
        #expect(lobby.pass(999) == [])
        #expect(lobby.pass(1).filter { $0.contains("wait_timeout") }.count == 2)
        #expect(lobby.leftovers == [])
    }

    @Test("a reload of the scenes ends a gathering that has no place any more, and keeps the others")
    func reconfigured() {
        var lobby = Lobby(.parties(4, max: 3))
        lobby.join("ann", on: 1, party: ("x", 3))
        lobby.join("bob", on: 2, party: ("y", 2))
        #expect(lobby.handle(.reconfigure([.parties(2, max: 2)])).sorted() == ["1: ended S1 cancelled.", "2: waiting 1/2 in S2, party 1/2"])
        lobby.connect("east", link: 1)
        #expect(lobby.join("cid", on: 3, party: ("y", 2)).last?.hasPrefix("journal") == true)
    }

    @Test("a reload that leaves a whole party no place forgets its code")
    func unfit() {
        var lobby = Lobby(.parties(4, max: 2))
        lobby.join("ann", on: 1, party: ("x", 2))
        lobby.join("bob", on: 2, party: ("x", 2))
        var scene = Scene.parties(4, max: 2)
        scene.rules.skill = SkillRule(attribute: "skill", steps: [.init(afterMs: 0, width: 10)])
        let lines = lobby.handle(.reconfigure([scene]))
        #expect(lines == ["1: ended S2 cancelled.", "2: ended S2 cancelled."])
        #expect(lobby.leftovers == [])
    }
}
