import Matchmaking
import Service
import SessionProtocol

// One scene, without its rules.
extension SceneFile {
    static func scene(_ node: ConfigurationNode) throws(ConfigurationError) -> Scene {
        let object = try node.object(.scene)
        let id = try sceneID(object.required("id"))
        let sizeNode = try object.required("groupSize")
        let groupSize = try sizeNode.integer(in: 1...ProtocolLimits.playersMax)
        let settings = try settings(object)
        if settings.validatesPeers, groupSize > SceneFileLimits.validatedGroupMax {
            throw sizeNode.error("peers are validated in groups of at most \(SceneFileLimits.validatedGroupMax)")
        }
        let identity = try object["identity"]?.choice(of: Scene.Identity.self) ?? .proof
        let admission = try object["admission"].map { node throws(ConfigurationError) in try Self.admission(node) }
        if identity == .open, admission != nil, let node = object["identity"] {
            throw node.error("\"open\" trusts names, and \"admission\" asks for proof: leave one of them out")
        }
        return Scene(
            id: id, groupSize: groupSize, settings: settings,
            playRules: try playRules(object, groupSize: groupSize),
            waitTimeoutMs: UInt64(try duration(object, "waitTimeout", 120_000)),
            identity: identity, authority: admission?.authority,
            isOpen: try object["open"]?.boolean() ?? true,
            waitingMax: try object["waitingMax"]?.integer(in: 1...SceneFileLimits.waitingMax) ?? 100_000,
            rules: try object["rules"].map { node throws(ConfigurationError) in try rules(node, groupSize: groupSize) }
                ?? MatchingRules(),
            treatments: try object["treatments"].map { node throws(ConfigurationError) in try treatments(node) },
            confirmTimeoutMs: try object["confirmTimeout"].map { node throws(ConfigurationError) in
                UInt64(try node.durationMs(in: SceneFileLimits.durationMs))
            },
            whenWaitIsOver: try object["whenWaitIsOver"].map { node throws(ConfigurationError) in try waitOver(node) } ?? .end)
    }

    static func sceneID(_ node: ConfigurationNode) throws(ConfigurationError) -> SceneID {
        let text = try node.text(bytesMax: ProtocolLimits.sceneBytesMax)
        do {
            return try SceneID(text)
        } catch {
            throw node.error("is no name: 1 to \(ProtocolLimits.sceneBytesMax) bytes without control characters")
        }
    }

    private static func waitOver(_ node: ConfigurationNode) throws(ConfigurationError) -> WaitOver {
        if case .string(let text) = node.value {
            guard text == "end" else { throw node.error("\(quoted(text)) is neither \"end\" nor {\"moveTo\": SCENE}") }
            return .end
        }
        return .moveTo(try sceneID(try node.object(.whenWaitIsOver).required("moveTo")))
    }

    /// What the coordinator is told.
    private static func settings(_ object: ConfigurationObject) throws(ConfigurationError) -> SessionSettings {
        var settings = SessionSettings(validatesPeers: try object["validatePeers"]?.boolean() ?? false)
        if let choice = try object["onValidationFailure"]?.choice(of: FailureChoice.self) {
            settings.onValidationFailure = choice.action
        }
        settings.enterTimeoutMs = try duration(object, "enterTimeout", settings.enterTimeoutMs)
        settings.validationTimeoutMs = try duration(object, "validationTimeout", settings.validationTimeoutMs)
        settings.reconnectGraceMs = try duration(object, "reconnectGrace", settings.reconnectGraceMs)
        settings.barrierTimeoutMs = try duration(object, "barrierTimeout", settings.barrierTimeoutMs)
        settings.playTimeoutMs = try duration(object, "playTimeout", settings.playTimeoutMs)
        settings.iceServers = try iceServers(object["iceServers"]) ?? settings.iceServers
        settings.completionCodes = try completionCodes(object["completionCodes"])
        return settings
    }

    private enum FailureChoice: String, CaseIterable {
        case requeue, relay, end
        var action: ValidationFailureAction {
            switch self {
            case .requeue: .requeue
            case .relay: .relay
            case .end: .end
            }
        }
    }

    private static func duration(
        _ object: ConfigurationObject, _ key: String, _ fallback: UInt32
    ) throws(ConfigurationError) -> UInt32 {
        guard let node = object[key] else { return fallback }
        return UInt32(try node.durationMs(in: SceneFileLimits.durationMs))
    }

    private static func iceServers(_ node: ConfigurationNode?) throws(ConfigurationError) -> String? {
        guard let node else { return nil }
        for server in try node.elements(countMax: SceneFileLimits.iceServersMax) { _ = try server.members() }
        let text = String(decoding: node.bytes, as: UTF8.self)
        guard text.utf8.count <= ProtocolLimits.iceServersBytesMax else {
            throw node.error("is longer than \(ProtocolLimits.iceServersBytesMax) bytes")
        }
        return text
    }

    private static func completionCodes(_ node: ConfigurationNode?) throws(ConfigurationError) -> [CompletionCode] {
        guard let node else { return [] }
        var codes: [CompletionCode] = []
        for member in try node.members() {
            guard let reason = EndReason(name: member.key) else {
                throw node.error(
                    atKey: member.key,
                    "is no reason for an end\(didYouMean(member.key, among: EndReason.allCases.map(\.description)))")
            }
            let code = try member.node.text(bytesMax: ProtocolLimits.completionCodeBytesMax)
            codes.append(CompletionCode(reason: reason, code: code))
        }
        return codes.sorted { $0.reason.rawValue < $1.reason.rawValue }
    }
}
