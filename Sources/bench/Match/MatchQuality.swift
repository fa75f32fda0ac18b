import Digests
import Matchmaking
import SessionProtocol

/// How good the matches are beside the best that there are: small populations, each made of pairs by the core as they
/// come, and once more by one who knows all in advance.
struct MatchQuality {
    static let people = 16
    static let languages = 2
    static let width = 150.0

    /// Groups of the core, in all populations.
    var groups = 0
    var gap = 0.0
    var roundTripMs = 0.0
    var waitMs = 0.0
    /// Pairs of the optimum, as many as can be, and their least gap; and, by themselves, their least round trip.
    var bestGroups = 0
    var bestGap = 0.0
    var bestRoundTripMs = 0.0

    static func measured(populations: Int, seed: UInt64) throws(BenchError) -> MatchQuality {
        var quality = MatchQuality()
        var random = SeededGenerator(number: seed)
        for number in 0..<populations {
            let crowd = (0..<people).map { _ in MatchPerson(&random, languages: languages) }
            try quality.add(crowd, seed: seed &+ UInt64(number))
        }
        guard quality.groups > 0, quality.bestGroups > 0 else { throw .failure("nobody was matched") }
        let (groups, best) = (Double(quality.groups), Double(quality.bestGroups))
        quality.gap /= groups
        quality.roundTripMs /= groups
        quality.waitMs /= groups
        quality.bestGap /= best
        quality.bestRoundTripMs /= best
        return quality
    }

    private mutating func add(_ crowd: [MatchPerson], seed: UInt64) throws(BenchError) {
        guard var scene = MatchScene.rules.scene(waiting: 1) else { throw .failure("no name for a scene") }
        scene.rules = MatchScene.rules(width: MatchQuality.width, afterMs: 5000)
        var driver = MatchDriver(scene, seed: seed)
        try driver.connect(capacity: 1_000_000)
        for person in crowd {
            let request = try driver.request(person.attributes)
            driver.join(request)
            driver.settle()
            driver.pass(to: driver.now.bootMs + 500)
        }
        // Step by step, until all windows are open.
        for _ in 0..<90 { driver.pass(to: driver.now.bootMs + 500) }
        groups += driver.groups
        gap += driver.gaps
        roundTripMs += driver.roundTripsMs
        waitMs += driver.waitedMs / 2
        let byGap = MatchQuality.optimum(crowd) { abs($0.skill - $1.skill) }
        bestGroups += byGap.pairs
        bestGap += byGap.cost
        bestRoundTripMs += MatchQuality.optimum(crowd) { Double(MatchScene.roundTripMs($0.region, $1.region)) }.cost
    }

    /// The greatest number of pairs of one language, and of all ways to make so many the least sum of costs: exact, by the
    /// best for every subset of the people.
    static func optimum(_ crowd: [MatchPerson], cost: (MatchPerson, MatchPerson) -> Double) -> (pairs: Int, cost: Double) {
        var best = [(pairs: Int, cost: Double)](repeating: (0, 0), count: 1 << crowd.count)
        for subset in 1..<best.count {
            let first = subset.trailingZeroBitCount
            let rest = subset & (subset - 1)
            // The first of the subset stays alone, or is paired with one of the others.
            var choice = best[rest]
            for other in crowd.indices where rest & 1 << other != 0 && crowd[other].language == crowd[first].language {
                let without = best[rest & ~(1 << other)]
                let pairs = without.pairs + 1
                let sum = without.cost + cost(crowd[first], crowd[other])
                if pairs > choice.pairs || pairs == choice.pairs && sum < choice.cost { choice = (pairs, sum) }
            }
            best[subset] = choice
        }
        return best[best.count - 1]
    }
}
