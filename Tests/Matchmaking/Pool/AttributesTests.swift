import Conversations
import SessionProtocol
import Testing

@testable import Matchmaking

@Suite struct AttributesTests {
    private let mixed = Attributes([
        skill(7.5), text("region", "eu"), .init(name: "level", value: .number(3)), .init(name: "isNew", value: .flag(true)),
        roles("tank", "healer"), .init(name: "age", value: .number(-1)),
    ])

    @Test("attributes are in order of their names, each with its value")
    func order() {
        #expect(mixed.entries.map(\.name) == ["age", "isNew", "level", "region", "role", "skill"])
        #expect(mixed["age"] == .number(-1) && mixed["level"] == .number(3) && mixed["skill"] == .number(7.5))
        #expect(mixed["isNew"] == .flag(true) && mixed["region"] == .text("eu") && mixed["role"] == .texts(["tank", "healer"]))
        #expect(mixed["nobody"] == nil)
        #expect(mixed.entries.map(\.value) == mixed.entries.map { mixed[$0.name] })
    }

    @Test("an attribute that is set again has its last value, of whatever type")
    func again() {
        var attributes = mixed
        attributes.set("age", .text("old"))
        #expect(attributes["age"] == .text("old") && attributes["level"] == .number(3) && attributes["skill"] == .number(7.5))
        attributes.set("isNew", .number(9))
        #expect(attributes["isNew"] == .number(9) && attributes["level"] == .number(3) && attributes["skill"] == .number(7.5))
        attributes.set("skill", .number(8))
        #expect(attributes["skill"] == .number(8) && attributes.entries.count == 6)
        #expect(Attributes([skill(1), skill(2)])["skill"] == .number(2))
    }

    @Test("attributes are equal when their values are, and only then")
    func equality() {
        #expect(Attributes(mixed.entries) == mixed && Attributes(mixed.entries.reversed()) == mixed)
        for entry in mixed.entries {
            var other = mixed
            other.set(entry.name, entry.value == .number(5) ? .number(6) : .number(5))
            #expect(other != mixed)
        }
        #expect(Attributes() == .none && Attributes([skill(0)]) != .none)
    }

    @Test("what many have in common is kept once, in a table that never has more than its limit")
    func shapes() {
        var shapes = AttributeShapes(countMax: 3)
        for number in 0..<100 {
            let own = Attributes([skill(Double(number)), text("region", "eu")])
            #expect(shapes.shared(own) == own)
        }
        #expect(shapes.count == 1)
        for number in 0..<100 {
            let own = Attributes([text("name", "\(number)")])
            #expect(shapes.shared(own) == own)
            #expect(shapes.count <= 3)
        }
    }

    @Test("sessions that are remembered are so many at most, the oldest go first, and none is there twice")
    func sessions() {
        let ids = (0..<1000).map { SessionID(high: 1, low: UInt64($0)) }
        var recent = RecentSessions()
        for id in ids {
            recent.insert(id, max: 10)
            recent.insert(id, max: 10)
        }
        #expect(recent.sessions == Array(ids.suffix(10)))
        // One that has gone comes back as the latest.
        recent.insert(ids[0], max: 10)
        #expect(recent.sessions == ids.suffix(9) + [ids[0]])
    }
}
