import Matchmaking
import SessionProtocol
import Testing

@Suite struct TreatmentSequenceTests {
    static func plan(_ treatments: [TreatmentPlan.Treatment], seed: UInt64 = 7, closes: Bool = true) -> TreatmentPlan {
        TreatmentPlan(treatments: treatments, seed: seed, closesWhenFull: closes)
    }
    static let three = [
        TreatmentPlan.Treatment(name: "a"), TreatmentPlan.Treatment(name: "b", weight: 2), TreatmentPlan.Treatment(name: "c", weight: 3),
    ]

    @Test("every block holds each treatment as often as its weight says, in orders that differ from block to block")
    func balance() {
        var sequence = TreatmentSequence(Self.plan(Self.three))
        var orders: Set<[Int]> = []
        for _ in 0..<50 {
            let block = (0..<6).compactMap { _ in sequence.next() }
            #expect(block.sorted() == [0, 1, 1, 2, 2, 2])
            orders.insert(block)
        }
        #expect(orders.count > 20)
        #expect(sequence.given == [50, 100, 150])
    }

    @Test("the seed alone decides, and another seed decides otherwise")
    func determinism() {
        func first(_ seed: UInt64) -> [Int] {
            var sequence = TreatmentSequence(Self.plan(Self.three, seed: seed))
            return (0..<60).compactMap { _ in sequence.next() }
        }
        #expect(first(1) == first(1))
        #expect(first(1) != first(2))
    }

    @Test("every order of a block is about as likely as the others")
    func uniform() {
        var counts: [[Int]: Int] = [:]
        let plan = Self.plan([.init(name: "a"), .init(name: "b"), .init(name: "c")])
        for number in 0..<6000 as Range<UInt64> { counts[plan.block(number), default: 0] += 1 }
        #expect(counts.count == 6)
        // A thousand each; five standard deviations are 145.
        #expect(counts.values.allSatisfy { (855...1145).contains($0) })
    }

    @Test("no quota is exceeded, the others go on, and when all are full there is none")
    func quotas() {
        var sequence = TreatmentSequence(Self.plan([.init(name: "a", quota: 3), .init(name: "b", weight: 2, quota: 10)]))
        for _ in 0..<13 { #expect(sequence.next() != nil) }
        #expect(sequence.given == [3, 10])
        #expect(sequence.isFull)
        #expect(sequence.next() == nil)
        var open = TreatmentSequence(Self.plan([.init(name: "a", quota: 2), .init(name: "b")]))
        for _ in 0..<100 { _ = open.next() }
        #expect(open.given == [2, 98] && !open.isFull)
    }

    @Test("what is given back is the next one's, and what is kept stays balanced")
    func givenBack() throws {
        var sequence = TreatmentSequence(Self.plan([.init(name: "a", quota: 5), .init(name: "b", quota: 5)]))
        for _ in 0..<10 {
            let drawn = sequence.next()
            let index = try #require(drawn)
            sequence.giveBack(index)
            #expect(sequence.next() == index)
        }
        #expect(sequence.given == [5, 5] && sequence.isFull)
        sequence.giveBack(1)
        #expect(!sequence.isFull)
        #expect(sequence.next() == 1)
        sequence.giveBack(7)
        #expect(sequence.given == [5, 5])
    }
}

@Suite struct TreatmentRestoringTests {
    @Test("a sequence that goes on from its counts gives what the other would have given", arguments: 0..<40)
    func goesOn(count: Int) {
        let plan = TreatmentSequenceTests.plan(TreatmentSequenceTests.three)
        var sequence = TreatmentSequence(plan)
        for _ in 0..<count { _ = sequence.next() }
        var restored = TreatmentSequence(plan, given: sequence.given)
        #expect(restored.given == sequence.given)
        #expect((0..<20).map { _ in restored.next() } == (0..<20).map { _ in sequence.next() })
    }

    @Test("what had been given back is given first, so that blocks stay whole", arguments: [0, 1, 2])
    func givenBack(index: Int) throws {
        let plan = TreatmentSequenceTests.plan(TreatmentSequenceTests.three)
        var sequence = TreatmentSequence(plan)
        for _ in 0..<15 { _ = sequence.next() }
        sequence.giveBack(index)
        var restored = TreatmentSequence(plan, given: sequence.given)
        for _ in 15..<19 { _ = restored.next() }
        #expect(restored.given == [3, 6, 9])
    }
}

@Suite struct TreatingTests {
    static func scene(_ treatments: [TreatmentPlan.Treatment], closes: Bool = true, seed: UInt64 = 3) -> Scene {
        var scene = Scene.group(1, "duo", waitTimeoutMs: 1000)
        scene.treatments = TreatmentPlan(treatments: treatments, seed: seed, closesWhenFull: closes)
        return scene
    }

    /// The treatment that one who plays alone is told; nil when it is told none or not matched.
    static func play(_ lobby: inout Lobby, _ number: UInt64, ends reason: EndReason = .completed, in state: SessionState = .playing, link: UInt64 = 1) -> String? {
        lobby.join("p\(number)", on: number)
        lobby.sync()
        guard let session = lobby.assignments.max(by: { $0.key.count == $1.key.count ? $0.key < $1.key : $0.key.count < $1.key.count })?.key
        else { return nil }
        let heard = lobby.accept(session, link: link)
        if state == .playing { lobby.state(session, .playing, link: link) }
        lobby.end(session, reason, in: state, link: link)
        lobby.sync()
        return heard.first { $0.contains("treated") }.flatMap { $0.split(separator: " ").last.map { String($0.dropLast()) } }
    }

    @Test("sessions are told their treatment with the match, each block balanced; when all quotas are full the scene closes")
    func closes() {
        var lobby = Lobby(Self.scene([.init(name: "a", quota: 2), .init(name: "b", quota: 2)]))
        lobby.connect("east", link: 1)
        let first = [Self.play(&lobby, 1), Self.play(&lobby, 2)]
        let second = [Self.play(&lobby, 3), Self.play(&lobby, 4)]
        #expect(Set(first) == ["a", "b"] && Set(second) == ["a", "b"])
        #expect(lobby.join("late", on: 9) == ["9: error scene_closed!"])
        #expect(lobby.leftovers == [])
    }

    @Test("or sessions then have no treatment, where the scene says so")
    func goesOn() {
        var lobby = Lobby(Self.scene([.init(name: "a", quota: 1)], closes: false))
        lobby.connect("east", link: 1)
        #expect(Self.play(&lobby, 1) == "a")
        #expect(Self.play(&lobby, 2) == nil)
        #expect(lobby.fates.isEmpty)
    }

    @Test("a session that is not played gives its treatment to the next one")
    func givesBack() {
        var lobby = Lobby(Self.scene([.init(name: "a", quota: 1), .init(name: "b", quota: 1)]))
        lobby.connect("east", link: 1)
        let first = Self.play(&lobby, 1, ends: .noShow, in: .matched)
        #expect(first != nil)
        #expect(Self.play(&lobby, 2) == first)
        let other = Self.play(&lobby, 3)
        #expect(other != nil && other != first)
        #expect(lobby.join("late", on: 9) == ["9: error scene_closed!"])
    }

    @Test("the plan goes on after a restart, behind sessions that were played and those that live")
    func restart() {
        func treatments(_ lobby: Lobby, _ numbers: ClosedRange<UInt64>) -> [String] {
            numbers.flatMap { number in
                lobby.assignments.values.filter { $0.players[0].subject.name == "p\(number)" }.compactMap(\.treatment)
            }
        }
        let scene = Self.scene([.init(name: "a", quota: 2), .init(name: "b", quota: 2)])
        var before = Lobby(scene)
        before.connect("east", link: 1)
        _ = Self.play(&before, 1)
        // One is given back, and one lives on.
        _ = Self.play(&before, 2, ends: .noShow, in: .matched)
        before.join("p3", on: 3)
        before.sync()
        var lobby = Lobby(restarting: before, scene)
        lobby.connect("west", link: 2)
        for number in 5...6 as ClosedRange<UInt64> {
            lobby.join("p\(number)", on: number)
            lobby.sync()
        }
        #expect(lobby.join("late", on: 9) == ["9: error scene_closed!"])
        let had = treatments(before, 1...1) + treatments(before, 3...3) + treatments(lobby, 5...6)
        #expect(had.sorted() == ["a", "a", "b", "b"])
    }

    @Test("a reload goes on behind what has been given, whatever the plan is now, and counts it by name")
    func reload() {
        let scene = Self.scene([.init(name: "a", quota: 1)])
        var lobby = Lobby(scene)
        lobby.connect("east", link: 1)
        #expect(Self.play(&lobby, 1) == "a")
        var longer = scene
        longer.waitTimeoutMs = 5000
        lobby.handle(.reconfigure([longer]))
        #expect(lobby.join("late", on: 8) == ["8: error scene_closed!"])
        lobby.handle(.reconfigure([Self.scene([.init(name: "b", quota: 1)])]))
        #expect(Self.play(&lobby, 2) == "b")
        // Both are counted, the one that was left out meanwhile too.
        lobby.handle(.reconfigure([Self.scene([.init(name: "b", quota: 2), .init(name: "a", quota: 1)], seed: 9)]))
        #expect(lobby.core.sceneStatus[0].treated.map(\.sessions) == [1, 1])
        #expect(Self.play(&lobby, 3) == "b")
        #expect(lobby.join("late", on: 9) == ["9: error scene_closed!"])
    }

    @Test("a changed plan has given the same after a reload and after a restart, and goes on alike")
    func reloadIsRestart() {
        let before = Self.scene([.init(name: "a", quota: 3), .init(name: "b", quota: 3)])
        let after = Self.scene([.init(name: "c", quota: 2), .init(name: "b", quota: 3), .init(name: "a", quota: 4)], seed: 5)
        var lobby = Lobby(before)
        lobby.connect("east", link: 1)
        for number in 1...4 as ClosedRange<UInt64> { _ = Self.play(&lobby, number) }
        _ = Self.play(&lobby, 5, ends: .noShow, in: .matched)
        var restarted = Lobby(restarting: lobby, after)
        restarted.connect("east", link: 1)
        lobby.handle(.reconfigure([after]))
        func treated(_ lobby: Lobby) -> [String] { lobby.core.sceneStatus[0].treated.map { "\($0.treatment) \($0.sessions)" } }
        #expect(treated(lobby) == ["c 0", "b 2", "a 2"])
        #expect(treated(restarted) == treated(lobby))
        for number in 11...15 as ClosedRange<UInt64> {
            let given = Self.play(&lobby, number)
            #expect(given != nil)
            #expect(Self.play(&restarted, number) == given)
        }
        #expect(treated(lobby) == ["c 2", "b 3", "a 4"])
        #expect(lobby.join("late", on: 99) == ["99: error scene_closed!"])
    }

    @Test("a session of an earlier plan that is not played gives its treatment back under the plan of now")
    func givesBackAfterReload() {
        var lobby = Lobby(Self.scene([.init(name: "a", quota: 1)]))
        lobby.connect("east", link: 1)
        lobby.join("p1", on: 1)
        lobby.sync()
        lobby.handle(.reconfigure([Self.scene([.init(name: "a", quota: 2)])]))
        #expect(lobby.core.sceneStatus[0].treated.map(\.sessions) == [1])
        lobby.accept("S1", link: 1)
        lobby.end("S1", .noShow, in: .matched, link: 1)
        #expect(lobby.core.sceneStatus[0].treated.map(\.sessions) == [0])
    }

    @Test("a session that coordinators report after the loss of the journal counts, and none gives back what it was not given")
    func adopted() {
        let scene = Self.scene([.init(name: "a", quota: 1)])
        var before = Lobby(scene)
        before.connect("east", link: 1)
        before.join("p1", on: 1)
        before.sync()
        before.accept("S1", link: 1)
        guard let assignment = before.assignment("S1") else { return #expect(Bool(false)) }
        var lobby = Lobby(restarting: before, scene, journal: [], isComplete: false)
        lobby.connect("east", link: 1, inventory: [.holding(.playing, assignment)])
        #expect(lobby.core.sceneStatus[0].treated.map(\.sessions) == [1])
        lobby.end("S1", .completed, in: .playing, link: 1)
        lobby.sync()
        #expect(lobby.core.sceneStatus[0].treated.map(\.sessions) == [1])
    }

    @Test("without a plan, and without a rule for who met whom, no game is kept in the journal")
    func forgotten() {
        var plain = Self.scene([])
        plain.treatments = nil
        var lobby = Lobby(Self.scene([.init(name: "a")]))
        lobby.connect("east", link: 1)
        func reconnect(_ link: UInt64) {
            lobby.down(link - 1)
            lobby.connect("east", link: link)
        }
        _ = Self.play(&lobby, 1)
        reconnect(2)
        #expect(lobby.core.journalSessions == [lobby.id("S1")])
        lobby.handle(.reconfigure([plain]))
        #expect(lobby.core.journalSessions == [])
        var met = plain
        met.rules.encounters = .never
        lobby.handle(.reconfigure([met]))
        _ = Self.play(&lobby, 2, link: 2)
        reconnect(3)
        #expect(lobby.core.journalSessions == [lobby.id("S2")])
        lobby.handle(.reconfigure([plain]))
        #expect(lobby.core.journalSessions == [])
    }
}

extension TreatingTests {
    @Test("a matchmaker that starts on its journal goes on counting those that are played")
    func countsAfterRestart() {
        let scene = Self.scene([.init(name: "a", quota: 1), .init(name: "b", quota: 1)])
        var lobby = Lobby(scene)
        lobby.connect("east", link: 1)
        let first = Self.play(&lobby, 1)
        #expect(Self.play(&lobby, 2, ends: .noShow, in: .matched) != first)
        var again = Lobby(restarting: lobby, scene)
        again.connect("east", link: 2)
        again.join("p3", on: 3)
        #expect(again.core.sceneStatus[0].treated.map(\.sessions) == [1, 1])
        #expect(again.join("late", on: 9) == ["9: error scene_closed!"])
    }
}
