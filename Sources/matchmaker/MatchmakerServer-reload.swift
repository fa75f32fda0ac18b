import Matchmaking
import Service

// Scenes while the server runs.
extension MatchmakerServer {
    /// SIGHUP: the file's scenes in place of those before, or none of them.
    func reload() {
        let result = Reload(MatchmakerOptions.program, settings.configuration, logger).run {
            (configuration) throws(ConfigurationError) in
            let (before, admissionsBefore) = (scenes, admissions)
            // It counts from the next start on, which must be possible.
            _ = try ServerOptions.linkSecret(
                configuration, for: MatchmakerOptions.linkListen, at: configuration[MatchmakerOptions.linkListen])
            let node = configuration[structured: "scenes"]
            (scenes, admissions) = (try SceneFile.scenes(node, serverOrigins: settings.web.access.origins), try Admissions(node))
            let remembers = settings.configuration[ServerOptions.dataDir] != nil
            for warning in SceneFile.warnings(scenes, remembers: remembers) + admissions.warnings { logger.warning("configuration", message: warning) }
            waits.declare(scenes, in: metrics.registry)
            handle(.reconfigure(scenes))
            let old = Dictionary(uniqueKeysWithValues: before.map { ($0.id, $0) })
            let kept = Set(scenes.map(\.id))
            return [
                "scenes": .int(scenes.count),
                "added": Self.names(scenes.filter { old[$0.id] == nil }.map(\.id.name)),
                "changed": Self.names(scenes.filter { scene in
                    guard let before = old[scene.id] else { return false }
                    return before != scene || !admissions.isSame(scene.id, as: admissionsBefore)
                }.map(\.id.name)),
                "removed": Self.names(before.filter { !kept.contains($0.id) }.map(\.id.name)),
            ]
        }
        metrics.registry.add(metrics.reloads[result])
    }

    /// Their names, of many the first ones; nothing for none.
    static func names(_ names: [String]) -> LogValue {
        if names.isEmpty { return .absent }
        let shown = names.prefix(namesShownMax).joined(separator: ",")
        return .string(names.count > namesShownMax ? "\(shown) and \(names.count - namesShownMax) more" : shown)
    }

    private static let namesShownMax = 16
}
