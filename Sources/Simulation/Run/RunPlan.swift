import Coordination
import Matchmaking
import SessionProtocol

/// All that a seed decides before a run begins.
struct RunPlan: Sendable {
    struct CoordinatorPlan: Sendable {
        var limits: CoordinationLimits
        /// When it is first started.
        var startUs: UInt64
    }

    var clients: Int
    var coordinators: [CoordinatorPlan]
    var scenes: [Scene]
    var matchmaking: MatchmakingLimits
    var activeUs: UInt64
    var faults: [Fault]
    let administration: [AdministrationPlan]
    var reloads: [ReloadPlan]
    var rotateAtBytes: Int
    /// Others join under the names of those who are away.
    let hasImpostors: Bool
    /// How often one who is asked "still there?" is not, of a thousand.
    var asleepPerMille: Int
    /// How often a step of a client goes wrong, of a thousand.
    var quirkPerMille: Int
    /// How long players play, in milliseconds.
    var playMs: ClosedRange<Int>
    /// Between two relayed messages of a player, in milliseconds.
    var tickMs: ClosedRange<Int>
    var thinkMs: ClosedRange<Int>
    /// The root of all streams of this run.
    let root: UInt64

    init(_ options: RunOptions) {
        var seeded = SmallGenerator(seed: options.seed, stream: 0)
        root = seeded.next()
        var random = SmallGenerator(root: root, stream: 1)
        var size = RunSize(options.preset, &random)
        clients = options.clients ?? size.clients
        let coordinatorCount = options.coordinators ?? size.coordinators
        activeUs = (options.activeMs ?? size.activeMs) * 1000
        if options.activeMs != nil { size.faults = max(1, size.faults * Int(activeUs / 1000) / Int(size.activeMs)) }
        (quirkPerMille, playMs, tickMs, thinkMs) = (size.quirkPerMille, size.playMs, size.tickMs, size.thinkMs)

        var sleepy = SmallGenerator(root: root, stream: 9_320)
        asleepPerMille = options.preset != .calm && sleepy.perMille(60) ? 700 : 60
        var impostors = SmallGenerator(root: root, stream: 9_330)
        hasImpostors = options.preset != .calm && impostors.perMille(150)
        let isQuick = options.preset != .calm && random.perMille(900)
        matchmaking = RunPlan.limits(isQuick: isQuick, clients: clients, &random)
        var doubtful = SmallGenerator(root: root, stream: 9_500)
        if options.preset != .calm, doubtful.perMille(200) { matchmaking.copiesInDoubtMax = doubtful.between(1, 2) }
        scenes = SceneCatalog.draw(isQuick: isQuick, root: root, &random)
        if let first = scenes.first {
            scenes += SceneCatalog.drawRuled(first.settings, first.waitTimeoutMs, root: root)
            scenes += SceneCatalog.drawPaired(first.settings, first.waitTimeoutMs, root: root)
            scenes += SceneCatalog.drawWatched(first.settings, first.waitTimeoutMs, root: root)
            scenes += SceneCatalog.drawTicking(first.settings, first.waitTimeoutMs, root: root)
            scenes += SceneCatalog.drawPlayed(first.settings, first.waitTimeoutMs, root: root)
        }
        administration = options.preset == .calm ? [] : AdministrationPlan.draw(root: root, activeUs: activeUs)
        reloads = options.preset == .calm ? [] : ReloadPlan.draw(scenes, root: root, activeUs: activeUs)
        rotateAtBytes = options.preset == .calm ? 1 << 20 : random.pick([2_000, 20_000, 200_000]) ?? 20_000
        coordinators = []
        for index in 0..<coordinatorCount {
            var random = SmallGenerator(root: root, stream: 100 + UInt64(index))
            coordinators.append(RunPlan.coordinator(index, options.preset, activeUs: activeUs, isQuick: isQuick, &random))
        }

        faults = []
        // Swarm: each run leaves out about half of all kinds, so that rare ones come to bear.
        let common = FaultKind.allCases.filter { !FaultKind.rare.contains($0) && !FaultKind.compound.contains($0) }
        let swarm = common.filter { _ in random.perMille(500) }.filter(options.faultKinds.contains)
        let kinds = swarm.isEmpty ? common.filter(options.faultKinds.contains) : swarm
        let rare = FaultKind.allCases.filter { FaultKind.rare.contains($0) && options.faultKinds.contains($0) }
        let rareCount = rare.isEmpty ? 0 : kinds.isEmpty ? size.faults : random.perMille(400) ? random.between(1, 4) : 0
        let commonCount = kinds.isEmpty ? 0 : size.faults
        for index in 0..<commonCount + rareCount {
            var random = SmallGenerator(root: root, stream: 10_000 + UInt64(index))
            let kinds = index < commonCount ? kinds : rare
            let fault = Fault.draw(index, kinds, coordinators: coordinatorCount, activeUs: activeUs, &random)
            if options.keptFaults?.contains(index) ?? true { faults.append(fault) }
        }
        let compound = FaultKind.allCases.filter { FaultKind.compound.contains($0) && options.faultKinds.contains($0) }
        var drawn = commonCount + rareCount
        for kind in compound { drawCompound(kind, from: &drawn, areAlone: commonCount + rareCount == 0, options) }
    }

    /// In a few runs alone, from streams of their own, so that the others stay as they are.
    private mutating func drawCompound(_ kind: FaultKind, from first: inout Int, areAlone: Bool, _ options: RunOptions) {
        var random = SmallGenerator(root: root, stream: kind == .oversleep ? 9_310 : 9_300)
        guard areAlone || random.perMille(80) else { return }
        let last = first + (areAlone ? random.between(4, 8) : random.between(2, 4))
        for index in first..<last {
            var random = SmallGenerator(root: root, stream: 10_000 + UInt64(index))
            let fault = Fault.draw(index, [kind], coordinators: coordinators.count, activeUs: activeUs, &random)
            if options.keptFaults?.contains(index) ?? true { faults.append(fault) }
        }
        first = last
    }

    private static func limits(isQuick: Bool, clients: Int, _ random: inout SmallGenerator) -> MatchmakingLimits {
        guard isQuick else { return MatchmakingLimits() }
        return MatchmakingLimits(
            leaseGraceMs: UInt32(random.between(2000, 4000)), leaseMarginMs: UInt32(random.between(300, 800)),
            pingIntervalMs: UInt32(random.between(300, 700)), assignTimeoutMs: random.between(500, 2000),
            cancelTimeoutMs: random.between(500, 2000), fateTimeoutMs: random.between(5000, 12_000),
            attemptsMax: UInt32(random.between(2, 5)), rejectionLifetimeMs: random.between(1000, 8000),
            rejectionsMax: 1000, resumeLifetimeMs: random.perMille(200) ? 10_000 : 86_400_000,
            unrecordedMax: random.perMille(200) ? 20 : 10_000, outcomesRetainedMax: random.perMille(300) ? max(8, clients / 3) : 20_000,
            ledger: LedgerLimits(
                tombstoneLifetimeMs: random.pick([3000, 20_000, 600_000]) ?? 20_000,
                tombstonesMax: random.pick([50, 10_000]) ?? 10_000))
    }

    private static func coordinator(
        _ index: Int, _ preset: RunOptions.Preset, activeUs: UInt64, isQuick: Bool, _ random: inout SmallGenerator
    ) -> CoordinatorPlan {
        var limits = CoordinationLimits()
        var startUs: UInt64 = 0
        if preset != .calm {
            if random.perMille(250) { limits.sessionsMax = random.between(1, 6) }
            if random.perMille(250) { limits.validatedPlayersMax = 3 }
            if random.perMille(200) { startUs = random.between(0, activeUs / 2) }
            limits.outboxMax = random.perMille(200) ? limits.sessionsMax + 2 : 20_000
            limits.replayBytesMax = random.perMille(300) ? 300 : 128 * 1024
            limits.barriersOpenMax = random.perMille(300) ? 1 : 8
        }
        if isQuick {
            limits.tellWaitMs = random.between(300, 1500)
            limits.ledger = LedgerLimits(
                tombstoneLifetimeMs: random.pick([2000, 20_000]) ?? 2000, tombstonesMax: random.pick([20, 10_000]) ?? 20)
        }
        return CoordinatorPlan(limits: limits, startUs: startUs)
    }
}

/// How large a run is.
private struct RunSize {
    var clients: Int
    var coordinators: Int
    var activeMs: UInt64
    var faults: Int
    var quirkPerMille: Int
    var playMs: ClosedRange<Int>
    var tickMs: ClosedRange<Int>
    var thinkMs: ClosedRange<Int>

    init(_ preset: RunOptions.Preset, _ random: inout SmallGenerator) {
        (playMs, tickMs, thinkMs) = (300...6000, 20...400, 10...2000)
        switch preset {
        case .standard:
            clients = random.pick([4, 12, 40, 100, 200]) ?? 40
            coordinators = random.between(1, 5)
            activeMs = random.between(20_000, 60_000)
            faults = random.between(3, 40)
            quirkPerMille = random.pick([0, 30, 100, 250]) ?? 30
            tickMs = random.perMille(500) ? 20...100 : 100...1000
            guard random.perMille(300) else { break }
            clients = random.between(2, 24)
            coordinators = random.between(1, 3)
            faults = random.between(30, 120)
            quirkPerMille = 150
        case .calm:
            (clients, coordinators, activeMs, faults, quirkPerMille) = (2000, 8, 60_000, 0, 0)
            tickMs = 30...60
            playMs = 3000...15_000
        case .crowd:
            clients = random.between(2000, 5000)
            coordinators = random.between(8, 24)
            (activeMs, faults, quirkPerMille) = (20_000, 30, 30)
            thinkMs = 100...10_000
        case .storm:
            clients = random.between(2, 16)
            coordinators = random.between(1, 3)
            (activeMs, quirkPerMille) = (40_000, 150)
            faults = random.between(30, 120)
        }
    }
}

extension Fault {
    fileprivate static func draw(
        _ index: Int, _ kinds: [FaultKind], coordinators: Int, activeUs: UInt64, _ random: inout SmallGenerator
    ) -> Fault {
        let kind = random.pick(kinds) ?? .kill
        let any = random.perMille(350) ? 0 : random.between(1, max(coordinators, 1))
        var fault = Fault(
            index: index, kind: kind, atUs: random.between(0, activeUs), process: any,
            durationUs: random.between(10_000, 1_500_000), amount: UInt64(random.below(8)))
        let isLong = random.perMille(300)
        switch kind {
        case .linkCut: fault.amount = random.pick([0, 5_000, 300_000, 8_000_000]) ?? 0
        case .oneWay: fault.amount = random.next() & 1
        case .partition, .delay, .slowDisk, .fullDisk, .drain: break
        case .corrupt: fault.amount = random.next()
        case .stall, .kill, .powerLoss, .killTwice, .shutdown, .lostOutbox, .oversleep: break
        case .scatteredWrites: fault.amount = random.between(0, 400)
        case .damagedJournal: fault.amount = random.next()
        case .lostJournal: fault.process = 0
        case .staleJournal:
            (fault.process, fault.durationUs) = (0, random.between(10_000, 400_000))
            fault.amount = random.next()
        case .cancel: (fault.process, fault.amount) = (0, random.next())
        case .clockJump: fault.amount = random.next()
        case .clientStorm: fault.amount = UInt64(random.between(50, 1000))
        }
        switch kind {
        case .linkCut, .oneWay, .partition, .delay, .corrupt, .lostOutbox, .oversleep: fault.process = max(1, any)
        case .stall, .kill, .powerLoss, .killTwice, .slowDisk, .fullDisk, .lostJournal, .clockJump, .drain, .shutdown,
            .clientStorm, .cancel, .scatteredWrites, .damagedJournal, .staleJournal:
            break
        }
        if isLong, kind != .staleJournal { fault.durationUs = random.between(1_500_000, 9_000_000) }
        return fault
    }
}
