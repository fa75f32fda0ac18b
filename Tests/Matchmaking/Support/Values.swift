import Conversations
import Matchmaking
import SessionProtocol

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
        authority: String? = nil, isOpen: Bool = true, waitingMax: Int = 1000, codes: [CompletionCode] = []
    ) -> Scene {
        Scene(
            id: .of(name), groupSize: size,
            settings: SessionSettings(validatesPeers: true, completionCodes: codes), waitTimeoutMs: waitTimeoutMs,
            identity: identity, authority: authority, isOpen: isOpen, waitingMax: waitingMax)
    }

    /// One that takes parties.
    static func parties(
        _ size: Int, max: Int, _ name: String = "duo", waitTimeoutMs: UInt64 = 120_000, whenWaitIsOver: WaitOver = .end
    ) -> Scene {
        var scene = group(size, name, waitTimeoutMs: waitTimeoutMs)
        scene.rules.partySizeMax = max
        scene.whenWaitIsOver = whenWaitIsOver
        return scene
    }

    /// One that asks whether all are still there.
    static func asked(
        _ size: Int, _ name: String = "asked", timeoutMs: UInt64 = 10_000, waitTimeoutMs: UInt64 = 120_000,
        codes: [CompletionCode] = []
    ) -> Scene {
        var scene = group(size, name, waitTimeoutMs: waitTimeoutMs, codes: codes)
        scene.confirmTimeoutMs = timeoutMs
        return scene
    }
}
