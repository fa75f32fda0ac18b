import Reactor
import SessionProtocol
import Testing

@testable import Service

@Suite struct AgreementTests {
    @Test("Both sides agree, with a secret and without one", arguments: ["", "a secret of both sides"])
    func agreement(secret: String) throws {
        let harness = try LinkHarness(secret: secret)
        try harness.dial(secret: secret)
        #expect(try harness.turns { harness.isUp })
        #expect(harness.coordinator.ups.map(\.node.name) == ["matchmaker"])
        let hello = try #require(harness.matchmaker.proven.first?.hello)
        #expect(hello.node.name == "coordinator" && hello.capacity == 5 && hello.nonce.count == 32)
        #expect(harness.dialer?.nextDialMs == nil)
    }

    @Test("Of different secrets both sides are told, nobody is proven, and the waits before the next try grow")
    func wrongSecret() throws {
        let harness = try LinkHarness(secret: "the matchmaker's secret")
        try harness.dial(secret: "another secret entirely")
        #expect(try harness.turns { harness.coordinator.failures.count >= 5 })
        #expect(harness.coordinator.failures.allSatisfy { $0.end == "the shared secrets differ" })
        #expect(harness.matchmaker.refused.first?.contains("bad_proof") == true)
        #expect(harness.matchmaker.proven.isEmpty && harness.coordinator.ups.isEmpty)
        for (index, failure) in harness.coordinator.failures.enumerated() {
            let longest = min(UInt64(100), UInt64(20) << UInt64(min(index, 8)))
            #expect(failure.retryInMs >= longest / 2 && failure.retryInMs <= longest)
        }
    }

    @Test("Without a common version the coordinator is told so")
    func version() throws {
        let harness = try LinkHarness()
        try harness.dial(versions: 3...9)
        #expect(try harness.turns { !harness.coordinator.failures.isEmpty && !harness.matchmaker.refused.isEmpty })
        #expect(harness.coordinator.failures[0].end.contains("no_common_version"))
        #expect(harness.matchmaker.refused[0] == "no common version: this side speaks 1 to 2, the other 3 to 9")
    }

    @Test("A matchmaker that is not there is dialled again, with the reason in words, until it is")
    func late() throws {
        let harness = try LinkHarness()
        harness.listener.stop()
        try harness.dial()
        #expect(try harness.turns { harness.coordinator.failures.count >= 2 })
        #expect(harness.coordinator.failures[0].end == "cannot connect: Connection refused")
        try harness.listen(secret: "")
        #expect(try harness.turns { harness.isUp })
    }

    @Test("A name that has no address yet is looked up again")
    func unresolved() throws {
        let harness = try LinkHarness()
        try harness.dial(address: "no-such-host.invalid:4000")
        #expect(try harness.turns(for: 20_000) { harness.coordinator.failures.count >= 2 })
        #expect(harness.coordinator.failures[0].end.contains("cannot resolve \"no-such-host.invalid:4000\""))
    }

    @Test("A name is looked up without the loop waiting for it")
    func resolved() throws {
        let harness = try LinkHarness()
        try harness.dial(address: "localhost:\(try #require(harness.address.port))")
        // The name may stand for ::1 first, where nobody listens.
        #expect(try harness.turns { harness.isUp })
    }
}
