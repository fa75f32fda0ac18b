import Matchmaking
import Service
import SessionProtocol
import WebProtocol

// Where those go on waiting whose time is up.
extension SceneFile {
    /// Nobody is moved to a scene that is not there, nor in circles.
    /// - Returns: the index of the scene that is next; nil when waiting ends here.
    static func checkMoves(
        from scene: Scene, _ element: ConfigurationNode, _ scenes: [Scene], _ indices: [SceneID: Int]
    ) throws(ConfigurationError) -> Int? {
        guard case .moveTo(let first) = scene.whenWaitIsOver, let node = try moveNode(element) else { return nil }
        guard first != scene.id else { throw node.error("is this scene itself; name another one, or say \"end\"") }
        var next = first
        var names = [scene.id.name]
        while names.count <= scenes.count {
            guard let index = indices[next] else {
                // One further on is reported where it stands.
                guard next == first else { break }
                throw node.error("there is no scene \"\(next)\"\(didYouMean(next.name, among: indices.keys.map(\.name).sorted()))")
            }
            names.append(next.name)
            guard case .moveTo(let further) = scenes[index].whenWaitIsOver else { break }
            guard further != scene.id else {
                throw node.error("leads back here: \(names.joined(separator: " → ")) → \(scene.id); one of them has to \"end\"")
            }
            next = further
        }
        return indices[first]
    }

    /// Nobody comes by a move into a scene that would not have let it in: one that admits fewer pages, or nobody without a token.
    static func checkDoors(
        from element: ConfigurationNode, to target: ConfigurationNode, _ serverOrigins: OriginPolicy
    ) throws(ConfigurationError) {
        guard let node = try moveNode(element) else { return }
        let (origins, targets) = (try doorOrigins(element, serverOrigins), try doorOrigins(target, serverOrigins))
        guard targets.admitsAll(of: origins) else {
            throw node.error("leads to a scene whose \"origins\" do not admit all pages that may join this one")
        }
        guard let wanted = try doorRule(target), wanted.isRequired else { return }
        guard let brought = try doorRule(element), brought.isRequired else {
            throw node.error("leads to a scene that admits nobody without a token, and this one does")
        }
        guard brought.authority == wanted.authority, brought.audience == wanted.audience else {
            throw node.error("leads to a scene that asks for other tokens: secret, issuer and audience must be the same")
        }
    }

    private static func moveNode(_ element: ConfigurationNode) throws(ConfigurationError) -> ConfigurationNode? {
        try element.object("whenWaitIsOver")?.object("moveTo")
    }

    private static func doorOrigins(
        _ element: ConfigurationNode, _ serverOrigins: OriginPolicy
    ) throws(ConfigurationError) -> OriginPolicy {
        guard let node = try element.object("origins") else { return serverOrigins }
        return try origins(node)
    }

    private static func doorRule(_ element: ConfigurationNode) throws(ConfigurationError) -> AdmissionRule? {
        guard let node = try element.object("admission") else { return nil }
        return try admission(node)
    }
}
