import Matchmaking

@testable import Service

/// Configuration files: any bytes give a tree or an error of one line, a value's own bytes give that value again, and
/// the scenes of any tree are scenes or such an error.
func check(_ input: Span<UInt8>) {
    do throws(ConfigurationError) {
        let node = try ConfigurationNode.parse(array(input), file: "a.json")
        examine(node)
        let object = try node.object(keys: ["scenes", "listen"])
        for scene in try SceneFile.scenes(object["scenes"]) {
            require((1...255).contains(scene.groupSize), "a group has 1 to 255 players")
            check(scene)
        }
    } catch {
        requireLine(error)
    }
}

private func check(_ scene: Scene) {
    let rules = scene.rules
    if let skill = rules.skill {
        require(rises(skill.steps.map { ($0.afterMs, $0.width ?? .infinity) }), "waiting never narrows the window")
    }
    if let latency = rules.latency {
        require(rises(latency.steps.map { ($0.afterMs, $0.capMs.map(Double.init) ?? .infinity) }), "waiting never lowers the cap")
    }
    if let roles = rules.roles {
        require(roles.seats.reduce(0) { $0 + $1.count } == scene.groupSize, "seats add up to the group")
    }
    require(rules.smallerGroups.allSatisfy { $0.size < scene.groupSize && $0.size > 0 }, "smaller groups are smaller")
    require(rules.bots.map { $0.playersMin < scene.groupSize } ?? true, "a bot has a seat")
    require(rules.partySizeMax <= scene.groupSize, "a party fits")
}

/// From 0 on, each later than the one before and at least as large.
private func rises(_ steps: [(afterMs: UInt64, value: Double)]) -> Bool {
    steps.first?.afterMs == 0
        && zip(steps, steps.dropFirst()).allSatisfy { $0.afterMs < $1.afterMs && $0.value <= $1.value && $0.value.isFinite }
}

private func examine(_ node: ConfigurationNode) {
    let bytes = node.bytes
    guard let again = try? ConfigurationNode.parse(bytes, file: "b.json") else {
        return require(false, "a value's own bytes are JSON")
    }
    require(isEqual(node, again), "a value's own bytes are that value")
    require(depth(of: node) <= ConfigurationLimits().jsonDepthMax, "nesting has an end")
    requireLine(node.error("is wrong"))
    switch node.value {
    case .array(let elements): for element in elements { ask(element) }
    case .object(let members):
        for member in members {
            ask(member.node)
            requireLine(member.unknownKey(in: node.path, among: ["scenes", "listen"]))
        }
    case .null, .boolean, .number, .string: ask(node)
    }
}

private func depth(of node: ConfigurationNode) -> Int {
    switch node.value {
    case .array(let elements): elements.reduce(0) { max($0, 1 + depth(of: $1)) }
    case .object(let members): members.reduce(0) { max($0, 1 + depth(of: $1.node)) }
    case .null, .boolean, .number, .string: 0
    }
}

/// Asks a node for everything that it may be.
private func ask(_ node: ConfigurationNode) {
    for kind: OptionKind in [.integer(1...99), .duration(1...99_000), .bytes(1...99_000), .list(itemsMax: 4), .address] {
        do throws(ConfigurationError) {
            if case .integer(let number) = try node.option(kind) {
                require((1...99_000).contains(number), "a number is within its range")
            }
        } catch {
            requireLine(error)
        }
    }
    do throws(ConfigurationError) {
        let text = try node.text(bytesMax: 64)
        require((1...64).contains(text.utf8.count), "a text is within its limit")
    } catch {
        requireLine(error)
    }
}

private func isEqual(_ first: ConfigurationNode, _ second: ConfigurationNode) -> Bool {
    switch (first.value, second.value) {
    case (.null, .null): true
    case (.boolean(let a), .boolean(let b)): a == b
    case (.number(let a), .number(let b)), (.string(let a), .string(let b)): Array(a.utf8) == Array(b.utf8)
    case (.array(let a), .array(let b)): a.count == b.count && zip(a, b).allSatisfy(isEqual)
    case (.object(let a), .object(let b)):
        a.count == b.count && zip(a, b).allSatisfy { $0.key == $1.key && isEqual($0.node, $1.node) }
    default: false
    }
}

private func requireLine(_ error: ConfigurationError) {
    let line = error.description
    require(line.unicodeScalars.allSatisfy(isPrintable), "an error is one line without control characters: \(line)")
    require(line.utf8.count <= 16_384, "an error is of bounded length")
}
