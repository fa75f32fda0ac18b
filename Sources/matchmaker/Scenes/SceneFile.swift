import Matchmaking
import Service
import SessionProtocol
import WebProtocol

/// Scenes as they stand in the configuration file under `scenes`. `compose/scenes.schema.json` describes the same for
/// editors; what only makes sense of several values together is checked here alone.
enum SceneFile {
    /// The file's scenes, or the built-in ones when it has none. An error names file, line, column, path and scene.
    /// - Parameter serverOrigins: the pages that may join scenes without a list of their own.
    static func scenes(
        _ node: ConfigurationNode?, serverOrigins: OriginPolicy = .any
    ) throws(ConfigurationError) -> [Scene] {
        guard let node else { return builtIn }
        let elements = try node.elements(countMax: SceneFileLimits.scenesMax)
        if elements.isEmpty { throw node.error("at least one scene is needed") }
        var scenes: [Scene] = []
        var indices: [SceneID: Int] = [:]
        for element in elements {
            let scene = try naming(element) { () throws(ConfigurationError) -> Scene in try Self.scene(element) }
            guard indices.updateValue(scenes.count, forKey: scene.id) == nil else {
                throw element.error("scene \"\(scene.id)\" stands twice")
            }
            scenes.append(scene)
        }
        for (element, scene) in zip(elements, scenes) {
            try naming(element) { () throws(ConfigurationError) -> Void in
                try checkEncounters(of: scene, element, indices)
                guard let target = try checkMoves(from: scene, element, scenes, indices) else { return }
                try checkDoors(from: element, to: elements[target], serverOrigins)
            }
        }
        return scenes
    }

    /// Puts the scene's name behind the path of an error, where there is a name.
    static func naming<Result>(
        _ element: ConfigurationNode, _ read: () throws(ConfigurationError) -> Result
    ) throws(ConfigurationError) -> Result {
        do {
            return try read()
        } catch {
            guard let id = try? element.members().first(where: { $0.key == "id" })?.node.text(
                bytesMax: ProtocolLimits.sceneBytesMax)
            else { throw error }
            throw error.about("scene \"\(id)\"")
        }
    }
}

extension ConfigurationNode {
    /// The value of a key, if this is an object that has it.
    func object(_ key: String) throws(ConfigurationError) -> ConfigurationNode? {
        guard case .object(let members) = value else { return nil }
        return members.first { $0.key == key }?.node
    }

    /// The members of an object of a kind; unknown and missing keys are errors.
    func object(_ kind: SceneFileKeys) throws(ConfigurationError) -> ConfigurationObject {
        let object = try object(keys: kind.keys)
        for key in kind.required { _ = try object.required(key) }
        return object
    }

    /// A name of an attribute, a role, a region or a treatment.
    func name() throws(ConfigurationError) -> String { try text(bytesMax: SceneFileLimits.nameBytesMax) }

    /// What happens after so much waiting, in milliseconds.
    func afterMs() throws(ConfigurationError) -> UInt64 { UInt64(try durationMs(in: SceneFileLimits.afterMs)) }
}
