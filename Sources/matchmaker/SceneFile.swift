import Matchmaking
import Service
import SessionProtocol

/// Scenes as they stand in the configuration file under `scenes`.
enum SceneFile {
    static let scenesMax = 1024

    /// The file's scenes, or the built-in ones when it has none.
    static func scenes(_ node: ConfigurationNode?) throws(ConfigurationError) -> [Scene] {
        guard let node else { return builtIn }
        var scenes: [Scene] = []
        for element in try node.elements(countMax: scenesMax) {
            let scene = try scene(element)
            if scenes.contains(where: { $0.id == scene.id }) { throw element.error("scene \"\(scene.id)\" stands twice") }
            scenes.append(scene)
        }
        if scenes.isEmpty { throw node.error("at least one scene is needed") }
        return scenes
    }

    private static let keys = [
        "id", "groupSize", "validatePeers", "onValidationFailure", "identity", "open", "waitingMax", "waitTimeout",
        "enterTimeout", "validationTimeout", "reconnectGrace", "barrierTimeout", "playTimeout", "iceServers",
        "completionCodes",
    ]

    private static func scene(_ node: ConfigurationNode) throws(ConfigurationError) -> Scene {
        let object = try node.object(keys: keys)
        let idNode = try object.required("id")
        let id: SceneID
        do { id = try SceneID(try idNode.text(bytesMax: ProtocolLimits.sceneBytesMax)) } catch is NameError {
            throw idNode.error("is no name: 1 to \(ProtocolLimits.sceneBytesMax) bytes without control characters")
        } catch let error as ConfigurationError { throw error } catch { throw idNode.error("\(error)") }
        let groupSize = try object.required("groupSize").integer(in: 1...ProtocolLimits.playersMax)
        let validates = try object["validatePeers"]?.boolean() ?? false
        if validates, groupSize > validatedGroupMax {
            throw try object.required("groupSize").error("peers are validated in groups of at most \(validatedGroupMax)")
        }
        var settings = SessionSettings(validatesPeers: validates)
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
        return Scene(
            id: id, groupSize: groupSize, settings: settings,
            waitTimeoutMs: UInt64(try duration(object, "waitTimeout", 120_000)),
            identity: try object["identity"]?.choice(of: Scene.Identity.self) ?? .proof,
            isOpen: try object["open"]?.boolean() ?? true,
            waitingMax: try object["waitingMax"]?.integer(in: 1...10_000_000) ?? 100_000)
    }

    /// Every pair is validated, so the work grows with the square of the group.
    private static let validatedGroupMax = 16

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
        return UInt32(try node.durationMs(in: 100...604_800_000))
    }

    private static func iceServers(_ node: ConfigurationNode?) throws(ConfigurationError) -> String? {
        guard let node else { return nil }
        for server in try node.elements(countMax: 16) { _ = try server.members() }
        let text = String(decoding: node.bytes, as: UTF8.self)
        guard text.utf8.count <= ProtocolLimits.iceServersBytesMax else {
            throw node.error("is longer than \(ProtocolLimits.iceServersBytesMax) bytes")
        }
        return text
    }

    private static func completionCodes(_ node: ConfigurationNode?) throws(ConfigurationError) -> [CompletionCode] {
        var codes: [CompletionCode] = []
        for member in try node?.members() ?? [] {
            guard let reason = EndReason(name: member.key) else {
                throw member.node.error("is no reason for an end")
            }
            let code = try member.node.text(bytesMax: ProtocolLimits.completionCodeBytesMax)
            codes.append(CompletionCode(reason: reason, code: code))
        }
        return codes.sorted { $0.reason.rawValue < $1.reason.rawValue }
    }

    /// What a matchmaker without a file serves: for a first look, so names are trusted.
    static let builtIn: [Scene] = [
        scene("duo", 2, validates: true, .requeue), scene("duo-relay", 2, validates: false, .relay),
        scene("quartet", 4, validates: true, .relay), scene("quartet-relay", 4, validates: false, .relay),
    ].compactMap { $0 }

    private static func scene(
        _ name: String, _ groupSize: Int, validates: Bool, _ onFailure: ValidationFailureAction
    ) -> Scene? {
        guard let id = try? SceneID(name) else { return nil }
        let settings = SessionSettings(validatesPeers: validates, onValidationFailure: onFailure)
        return Scene(id: id, groupSize: groupSize, settings: settings, identity: .open)
    }
}
