/// The keys of each kind of object in a scene file, under the name that `compose/scenes.schema.json` has for it. A test holds
/// both against each other.
enum SceneFileKeys: String, CaseIterable {
    case scene
    case admission
    case whenWaitIsOver
    case rules
    case smallerGroup
    case latency
    case latencyStep
    case regionPair
    case skill
    case skillStep
    case attributeRule
    case roles
    case seats
    case encounters
    case reunite
    case bots
    case treatments
    case treatment
    case attempts
    case start
    case relay
    case ticks
    case absence
    case barriers
    case episodes
    case watch

    var keys: [String] { required + optional }

    var required: [String] {
        switch self {
        case .scene: ["id", "groupSize"]
        case .admission: ["jwtSecretFile"]
        case .whenWaitIsOver: ["moveTo"]
        case .rules: []
        case .smallerGroup: ["after", "size"]
        case .latency: ["steps"]
        case .latencyStep: ["after", "cap"]
        case .regionPair: ["between", "roundTrip"]
        case .skill: ["attribute", "steps"]
        case .skillStep: ["after", "width"]
        // One of the two.
        case .attributeRule: []
        case .roles: ["attribute", "seats"]
        case .seats: ["role", "count"]
        case .encounters: ["reunite"]
        case .reunite: ["wait"]
        case .bots: ["after"]
        case .treatments: ["list", "seed"]
        case .treatment: ["name"]
        case .attempts: ["max", "timeout"]
        case .start: ["countdown"]
        case .relay: ["messagesPerSecond", "bytesPerSecond", "backlogMax"]
        case .ticks: ["interval"]
        case .absence, .barriers, .watch: []
        case .episodes: ["count", "timeout"]
        }
    }

    private var optional: [String] {
        switch self {
        case .scene:
            [
                "identity", "admission", "origins", "open", "waitingMax", "waitTimeout", "whenWaitIsOver", "confirmTimeout", "rules",
                "treatments",
                "validatePeers", "onValidationFailure", "iceServers", "enterTimeout", "validationTimeout",
                "reconnectGrace", "barrierTimeout", "playTimeout", "completionCodes", "attempts", "start", "relay", "ticks", "absence",
                "barriers", "episodes", "watch",
            ]
        case .admission: ["issuer", "audience", "required"]
        case .rules:
            ["smallerGroups", "latency", "skill", "attributes", "roles", "encounters", "encountersIn", "partySizeMax", "bots"]
        case .latency: ["regionAttribute", "regions"]
        case .skill: ["fallback"]
        case .attributeRule: ["equal", "different"]
        case .reunite: ["otherwise"]
        case .bots: ["playersMin"]
        case .treatments: ["closesWhenFull"]
        case .treatment: ["weight", "quota"]
        case .relay: ["slowReader"]
        case .ticks: ["inputMax", "kept", "missingInput", "lateInput"]
        case .absence: ["pauses", "loss", "playersMin"]
        case .barriers: ["missing", "countdown"]
        case .episodes: ["resetTimeout", "endsWhen"]
        case .watch: ["roundTripMax", "roundTripFor", "silentFor", "hiddenFor", "warning"]
        case .whenWaitIsOver, .smallerGroup, .latencyStep, .regionPair, .skillStep, .roles, .seats, .encounters, .attempts, .start: []
        }
    }
}
