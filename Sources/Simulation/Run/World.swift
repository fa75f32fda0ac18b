import Coordination
import Matchmaking
import SessionProtocol

/// Both cores and all that surrounds them, on virtual time, network, disk and randomness, from one seed.
final class World {
    let options: RunOptions
    let plan: RunPlan
    var queue = EventQueue<Happening>()
    var nowUs: UInt64 = 0
    /// Happenings so far.
    var steps: UInt64 = 0
    private var stepsInPlace = 0
    /// Deliveries to a core or to a client.
    var events: UInt64 = 0
    /// Of all happenings, in their order.
    var digest: UInt64 = 0xCBF2_9CE4_8422_2325

    let matchmaker: MatchmakerHost
    let coordinators: [CoordinatorHost]
    var paths: [Path]
    var links: [Link] = []
    var connections: [ClientConnection] = []
    var clients: [Client] = []
    var random: SmallGenerator
    /// What the scenes' file says at present.
    var configured: [Scene]
    /// The scenes that the matchmaker has taken from it.
    var served: Set<SceneID> = []
    /// Faults and quirks are over.
    var isHealing = false
    var isClosed = false
    var isOver = false

    /// Faults of several steps that wait for their moment.
    var overtakings: [Overtaking] = []

    var truth: Truth
    var coverage = Coverage()
    var violation: Violation?
    /// The last lines of what happened; kept only when asked for.
    var trace: Trace?

    let linkLimits = LinkTimes()

    init(_ options: RunOptions, traceLines: Int = 0) {
        self.options = options
        plan = RunPlan(options)
        let plan = plan
        func stream(_ number: Int) -> SmallGenerator { SmallGenerator(root: plan.root, stream: UInt64(number)) }
        random = stream(2)
        configured = plan.scenes
        matchmaker = MatchmakerHost(number: 0, random: stream(50), rotateAtBytes: plan.rotateAtBytes)
        coordinators = plan.coordinators.enumerated().map { index, coordinator in
            CoordinatorHost(
                number: index + 1, node: .of("n\(index + 1)"), limits: coordinator.limits, random: stream(51 + index),
                rotateAtBytes: plan.rotateAtBytes)
        }
        paths = Array(repeating: Path(), count: plan.coordinators.count)
        clients = (0..<plan.clients + World.botCount(plan)).map { index in
            var client = Client(index: index, subject: .of("p\(index)"), random: stream(1_000_000 + index))
            client.isBot = index >= plan.clients
            if client.isBot { client.page = World.botPageFirst * UInt32(1 + index - plan.clients) }
            return client
        }
        truth = Truth(clients: clients.count, coordinators: plan.coordinators.count)
        if traceLines > 0 { trace = Trace(linesMax: traceLines) }
        prepare()
    }

    private func prepare() {
        queue.put(.start(0), atUs: 0)
        for (index, coordinator) in plan.coordinators.enumerated() { queue.put(.start(index + 1), atUs: coordinator.startUs) }
        for (position, fault) in plan.faults.enumerated() { queue.put(.fault(position), atUs: fault.atUs) }
        for position in plan.reloads.indices { queue.put(.reload(position), atUs: plan.reloads[position].atUs) }
        for act in plan.administration { queue.put(.administer(act), atUs: act.atUs) }
        for client in 0..<plan.clients where options.keptClients?.contains(client) ?? true {
            let delayUs = UInt64(clients[client].random.between(0, 1000 * plan.thinkMs.upperBound))
            queue.put(.client(client, generation: 0, .join), atUs: 50_000 + delayUs)
        }
        queue.put(.heal, atUs: plan.activeUs)
        queue.put(.sweep, atUs: World.sweepEveryUs)
    }

    /// So much happens at one time only when something goes round in a circle.
    private static let stepsInPlaceMax = 200_000
    static let sweepEveryUs: UInt64 = 500_000

    // MARK: Running

    /// Runs to the end, or to the first promise that is broken.
    func run(stepsMax: UInt64) {
        while violation == nil, !isOver, steps < stepsMax, let (atUs, event) = queue.take() {
            stepsInPlace = atUs == nowUs ? stepsInPlace + 1 : 0
            if stepsInPlace > World.stepsInPlaceMax { fail(.overdue, "time stands still") }
            nowUs = atUs
            steps += 1
            mix(atUs)
            happen(event)
        }
    }

    @inline(__always)
    func mix(_ word: UInt64) { digest = (digest ^ word) &* 0x0000_0100_0000_01B3 }

    private func happen(_ event: Happening) {
        switch event {
        case .input(let process, let life, let input): deliver(input, to: process, life)
        case .wake(let process, let life):
            guard host(process).life == life, host(process).wakeUs <= nowUs else { return }
            host(process).wakeUs = .max
            deliver(.timer, to: process, life)
        case .synced(let process, let life, let step): synced(process, life, step)
        case .retryCommit(let process, let life):
            if host(process).life == life { commit(host(process), isRetry: true) }
        case .start(let process): start(process)
        case .resume(let process, let life): resume(process, life)
        case .exit(let process, let life): exit(process, life)
        case .fault(let position): begin(plan.faults[position])
        case .administer(let act): administer(act)
        case .visibility(let connection, let client, let isHidden): changeVisibility(connection, client, isHidden: isHidden)
        case .reload(let position): reload(plan.reloads[position])
        case .diskHeals(let process, _): host(process).disk.freeBytes = nil
        case .heal: heal()
        case .closeAll: closeAll()
        case .over: settle()
        case .sweep:
            sweep()
            if !isOver { queue.put(.sweep, atUs: nowUs + (isHealing ? 10 : 1) * World.sweepEveryUs) }
        case .dialArrives(let link): dialArrives(link)
        case .linkArrival(let link, let toMatchmaker): linkArrival(link, toMatchmaker)
        case .linkClosed(let link, let atMatchmaker): linkEndCloses(link, atMatchmaker: atMatchmaker)
        case .toServer(let connection, let message): arrive(message, at: connection)
        case .toClient(let connection, let message): hear(message, on: connection)
        case .client(let client, let generation, let timer):
            if clients[client].generation == generation { act(client, timer) }
        case .botGivesUp(let bot, let session): botGivesUp(bot, session)
        case .ghostCloses(let connection): hangUp(connection)
        }
    }

    func host(_ process: Int) -> Host { process == 0 ? matchmaker : coordinators[process - 1] }

    func fail(_ check: Violation.Check, _ detail: @autoclosure () -> String) {
        if violation == nil { violation = Violation(check: check, detail: detail(), atUs: nowUs, step: steps) }
    }

    func note(_ text: @autoclosure () -> String) {
        if trace != nil { trace?.add(nowUs, steps, text()) }
    }

    // MARK: A process's loop

    private func deliver(_ input: Input, to process: Int, _ life: UInt32) {
        let host = host(process)
        guard host.life == life else { return }
        switch host.phase {
        case .down: return
        case .stalled:
            if case .timer = input { return }
            host.inbox.append(input)
        case .running:
            if process == 0 { turn(matchmaker, CollectionOfOne(input)) } else { turn(coordinators[process - 1], CollectionOfOne(input)) }
        }
    }

    /// A process that was stopped goes on: one turn, deadlines first, then all that has gathered.
    private func resume(_ process: Int, _ life: UInt32) {
        let host = host(process)
        guard host.life == life, host.phase == .stalled, host.stalledUntilUs <= nowUs else { return }
        host.phase = .running
        let inputs = host.inbox
        host.inbox = []
        note("\(name(process)) goes on with \(inputs.count) inputs")
        if process == 0 { turn(matchmaker, inputs) } else { turn(coordinators[process - 1], inputs) }
    }

    /// Wakes the loop when the host is next due.
    func schedule(_ host: Host) {
        guard host.dueMs != .max else { return }
        // A loop that leaves undone what is due would turn for ever.
        let isLazy = options.canary == .keepsAfterLease || options.canary == .missesDeadlines
        let atUs = max(nowUs + (isLazy ? 1_000_000 : 0), host.virtualUs(host.dueMs))
        guard atUs < host.wakeUs else { return }
        host.wakeUs = atUs
        queue.put(.wake(host.number, life: host.life), atUs: atUs)
    }

    /// Whether the process dies before its next action.
    func isKilledNow(_ host: Host) -> Bool {
        guard let left = host.killAfter else { return false }
        if left > 0 {
            host.killAfter = left - 1
            return false
        }
        die(host, losesPower: host.killIsPowerLoss)
        queue.put(.start(host.number), atUs: nowUs + host.downUs)
        return true
    }

    func name(_ process: Int) -> String { process == 0 ? "matchmaker" : "n\(process)" }
}

/// Times of the links' shells.
struct LinkTimes {
    let handshakeTimeoutUs: UInt64 = 5_000_000
    let redialFirstMs: UInt64 = 100
    let redialLastMs: UInt64 = 2_000
    /// How long a kernel tries to connect.
    let connectTimeoutUs: UInt64 = 3_000_000
    let outboundBytesMax = 64 << 20
}

extension NodeID {
    static func of(_ name: String) -> NodeID {
        guard let id = try? NodeID(name) else { preconditionFailure("names of simulated nodes are names") }
        return id
    }
}

extension SubjectID {
    static func of(_ name: String) -> SubjectID {
        guard let id = try? SubjectID(name) else { preconditionFailure("names of simulated subjects are names") }
        return id
    }

    /// The simulated client's number.
    var clientIndex: Int? { Int(name.dropFirst()) }
}
