import Digests
import Glibc
import Matchmaking
import SessionProtocol

/// What one population has given.
struct MatchFigures {
    let scene: MatchScene
    let waiting: Int
    let joins: Int
    /// How many waited when the measuring began and when it was over.
    let waitingFirst: Int
    let waitingLast: Int
    /// Joins a second of CPU time, with everything that comes of them: steps, hand-offs, ends.
    let joinsPerSecond: Double
    let matchesPerSecond: Double
    /// Of one join by itself.
    let p50Ns: Double
    let p99Ns: Double
    let worstNs: Double
    let meanNs: Double
    let bytesPerSubject: Double
    let stages: MatchStages
    /// Of the floor, in the same run.
    let floorNs: Double
    /// Of the least that a join must do, likewise.
    let leastNs: Double
    /// Of those who were matched, in the population's own time.
    let meanWaitMs: Double
    let meanGap: Double
    let meanRoundTripMs: Double
}

enum MatchMeasure {
    /// Joins that are made ready at once, and then measured together, or one by one, in turn.
    private static let chunk = 512

    static func figures(
        _ kind: MatchScene, waiting: Int, joins: Int, seed: UInt64
    ) throws(BenchError) -> MatchFigures {
        guard let scene = kind.scene(waiting: waiting) else { throw .failure("no name for a scene") }
        let clockNs = try clockCost()
        // What is kept of those who have played, so many at most, is little when those who wait are weighed; and nobody plays.
        let bytes = try { () throws(BenchError) in
            var random = SeededGenerator(number: seed)
            let before = Allocations.bytes
            var driver = MatchDriver(scene, seed: seed, pastMax: MatchDriver.liveMax)
            _ = try populate(&driver, kind, waiting: waiting, &random)
            driver.hangUp()
            return Double(Allocations.bytes - before) / Double(driver.waiting)
        }()
        var random = SeededGenerator(number: seed)
        var driver = MatchDriver(scene, seed: seed)
        var clock = try populate(&driver, kind, waiting: waiting, &random)
        let capacity = kind == .firstCome ? UInt32(MatchDriver.liveMax) : 1_000_000
        let stages = try MatchStages.measured(&driver, &clock, joins: joins / 4, capacity: capacity) {
            attributes(kind, &random)
        }
        try driver.connect(capacity: capacity)
        let floorNs = try MatchFloor.nsPerJoin(waiting: waiting, joins: joins / 4)
        let leastNs = try MatchFloor.nsPerLeastJoin(waiting: waiting, joins: joins / 4, seed: seed)

        driver.beginCounting()
        let waitingFirst = driver.waiting
        var single: [Double] = []
        var (chunkNs, chunkJoins, chunkMatches) = (0.0, 0, 0)
        var requests: [JoinRequest] = []
        for number in 0..<max(2, joins / chunk) {
            requests.removeAll(keepingCapacity: true)
            for _ in 0..<chunk { requests.append(try driver.request(attributes(kind, &random))) }
            if number % 2 == 0 {
                let matchesBefore = driver.matchedSubjects
                let start = nowNs()
                for request in requests {
                    driver.pass(to: clock.next())
                    driver.join(request)
                    driver.settle()
                }
                chunkNs += nowNs() - start
                chunkJoins += chunk
                chunkMatches += driver.matchedSubjects - matchesBefore
            } else {
                for request in requests {
                    driver.pass(to: clock.next())
                    let start = nowNs()
                    driver.join(request)
                    single.append(nowNs() - start - clockNs)
                    driver.settle()
                }
            }
        }
        guard driver.refused == 0 else { throw .failure("\(driver.refused) joins were refused or did not last") }
        return MatchFigures(
            scene: kind, waiting: waiting, joins: chunkJoins + single.count, waitingFirst: waitingFirst,
            waitingLast: driver.waiting,
            joinsPerSecond: Double(chunkJoins) * 1e9 / chunkNs, matchesPerSecond: Double(chunkMatches) / 2 * 1e9 / chunkNs,
            p50Ns: Statistics.percentile(single, 0.5), p99Ns: Statistics.percentile(single, 0.99),
            worstNs: Statistics.percentile(single, 1), meanNs: single.reduce(0, +) / Double(single.count),
            bytesPerSubject: bytes, stages: stages, floorNs: floorNs, leastNs: leastNs, meanWaitMs: driver.waitedMs / Double(max(1, driver.matchedSubjects)),
            meanGap: driver.gaps / Double(max(1, driver.groups)),
            meanRoundTripMs: driver.roundTripsMs / Double(max(1, driver.groups)))
    }

    /// Lets people come until so many wait.
    private static func populate(
        _ driver: inout MatchDriver, _ kind: MatchScene, waiting: Int, _ random: inout SeededGenerator
    ) throws(BenchError) -> PopulationClock {
        var clock = PopulationClock(joinsPerSecond: Double(waiting) / MatchScene.turnoverSeconds, driver.now)
        if kind == .rules { try driver.connect(capacity: 1_000_000) }
        // Those for whom the coordinator has room, once it is there, come on top.
        let wanted = waiting + (kind == .firstCome ? 2 * MatchDriver.liveMax : 0)
        var joined = 0
        while driver.waiting < wanted {
            let count = min(chunk, max(16, wanted - driver.waiting))
            guard joined < 30 * waiting + 10_000 else { throw .failure("only \(driver.waiting) go on waiting") }
            try fill(&driver, &clock, kind, count, &random)
            joined += count
        }
        driver.reconnect()
        return clock
    }

    private static func fill(
        _ driver: inout MatchDriver, _ clock: inout PopulationClock, _ kind: MatchScene, _ count: Int,
        _ random: inout SeededGenerator
    ) throws(BenchError) {
        for _ in 0..<count {
            let request = try driver.request(attributes(kind, &random))
            driver.pass(to: clock.next())
            driver.join(request)
            driver.settle()
        }
    }

    private static func attributes(_ kind: MatchScene, _ random: inout SeededGenerator) -> Attributes {
        switch kind {
        case .firstCome: .none
        case .rules: MatchPerson(&random).attributes
        }
    }

    static func timed(_ work: () -> Void) -> Double {
        let start = nowNs()
        work()
        return nowNs() - start
    }

    /// CPU time of this thread: others on the machine do not count.
    private static func nowNs() -> Double {
        var time = timespec()
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
        return Double(time.tv_sec) * 1e9 + Double(time.tv_nsec)
    }

    /// What one reading of the clock takes, which each join that is measured by itself has in its figure.
    private static func clockCost() throws(BenchError) -> Double {
        var figures: [Double] = []
        for _ in 0..<1000 {
            let start = nowNs()
            figures.append(nowNs() - start)
        }
        return Statistics.median(figures)
    }
}

/// The population's own time, in which joins come evenly.
struct PopulationClock {
    private let msPerJoin: Double
    private var ms: Double

    init(joinsPerSecond: Double, _ now: Moment) {
        msPerJoin = 1000 / joinsPerSecond
        ms = Double(now.bootMs)
    }

    mutating func next() -> UInt64 {
        ms += msPerJoin
        return UInt64(ms)
    }
}
