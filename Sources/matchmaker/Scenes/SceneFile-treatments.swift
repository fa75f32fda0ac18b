import Matchmaking
import Service

// Conditions of an experiment.
extension SceneFile {
    static func treatments(_ node: ConfigurationNode) throws(ConfigurationError) -> TreatmentPlan {
        let object = try node.object(.treatments)
        let listNode = try object.required("list")
        var treatments: [TreatmentPlan.Treatment] = []
        for element in try listNode.elements(countMax: SceneFileLimits.treatmentsMax) {
            let object = try element.object(.treatment)
            let nameNode = try object.required("name")
            let name = try nameNode.name()
            guard !treatments.contains(where: { $0.name == name }) else { throw nameNode.error("\"\(name)\" stands twice") }
            treatments.append(
                TreatmentPlan.Treatment(
                    name: name, weight: try object["weight"]?.integer(in: 1...SceneFileLimits.weightMax) ?? 1,
                    quota: try object["quota"]?.integer(in: 1...SceneFileLimits.quotaMax)))
        }
        guard !treatments.isEmpty else { throw listNode.error("needs at least one treatment") }
        return TreatmentPlan(
            treatments: treatments, seed: UInt64(try object.required("seed").integer(in: 0...SceneFileLimits.seedMax)),
            closesWhenFull: try object["closesWhenFull"]?.boolean() ?? true)
    }
}
