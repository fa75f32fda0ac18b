import Matchmaking
import SessionProtocol

extension SubjectID {
    /// A name that the test's author knows to be good.
    static func of(_ name: String) -> SubjectID { good(name, SubjectID.init) }
}

extension SceneID {
    static func of(_ name: String) -> SceneID { good(name, SceneID.init) }
}

extension NodeID {
    static func of(_ name: String) -> NodeID { good(name, NodeID.init) }
}

private func good<Name>(_ text: String, _ make: (String) throws -> Name) -> Name {
    do { return try make(text) } catch { fatalError("\(text) is no name: \(error)") }
}

extension Hello {
    static func of(_ node: String, incarnation: UInt64 = 1, capacity: UInt32 = 100) -> Hello {
        Hello(
            versionMin: 1, versionMax: 1, node: .of(node), incarnation: Incarnation(incarnation),
            nonce: [UInt8](repeating: 0, count: 32), capacity: capacity, publicURL: "ws://\(node).example/v1/play")
    }
}

extension Scene {
    static func group(
        _ size: Int, _ name: String = "duo", waitTimeoutMs: UInt64 = 120_000, identity: Identity = .proof,
        isOpen: Bool = true, waitingMax: Int = 1000, codes: [CompletionCode] = []
    ) -> Scene {
        Scene(
            id: .of(name), groupSize: size,
            settings: SessionSettings(validatesPeers: true, completionCodes: codes), waitTimeoutMs: waitTimeoutMs,
            identity: identity, isOpen: isOpen, waitingMax: waitingMax)
    }
}
