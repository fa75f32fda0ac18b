import Glibc

/// How much more a join takes among many than among few. The floor, which is one look into a table as large, has its own
/// growth, by the memory's latency; what is left must grow no faster than the logarithm of those who wait.
struct MatchGrowth {
    let few: MatchFigures
    let many: MatchFigures

    /// From the smallest population of a scene to each greater one.
    static func all(_ figures: [MatchFigures]) -> [MatchGrowth] {
        MatchScene.allCases.flatMap { scene in
            let own = figures.filter { $0.scene == scene }.sorted { $0.waiting < $1.waiting }
            return own.dropFirst().map { MatchGrowth(few: own[0], many: $0) }
        }
    }

    var join: Double { many.stages.nsPerJoin / few.stages.nsPerJoin }
    var floor: Double { many.floorNs / few.floorNs }
    var logarithm: Double { log(Double(many.waiting)) / log(Double(few.waiting)) }
    /// Without the time by which the floor has grown.
    var own: Double {
        (many.stages.nsPerJoin - max(0, many.floorNs - few.floorNs)) / few.stages.nsPerJoin
    }
    var isLogarithmic: Bool { own <= logarithm }

    var line: String {
        "\(few.scene.rawValue): from \(Double(few.waiting).grouped) to \(Double(many.waiting).grouped) waiting a join takes "
            + "\(join.fixed(2)) x; the floor \(floor.fixed(2)) x, without what the floor has grown by \(own.fixed(2)) x, the logarithm \(logarithm.fixed(2)) x"
    }
}
