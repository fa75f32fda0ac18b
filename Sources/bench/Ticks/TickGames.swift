import Coordination
import SessionProtocol

/// Games in lockstep in a coordinator's core, without sockets: every player sends its input, and every bundle is made.
final class TickGames {
    private var core: CoordinatorCore
    private var now = Moment(bootMs: 1_000_000, unixMs: 0)
    private var bundle: [UInt8] = []
    private var targets = RelayTargets()
    private var actions: [CoordinatorAction] = []
    private let connections: [ConnectionHandle]
    private let message: [UInt8]
    private let intervalMs: UInt64
    /// What has been made so far.
    private(set) var bundles = 0
    private(set) var frames = 0
    private(set) var inputs = 0
    private(set) var bytes = 0

    init(_ settings: TickSettings) throws(BenchError) {
        var limits = CoordinationLimits()
        limits.sessionsMax = settings.sessions
        limits.outboxMax = 2 * settings.sessions
        core = CoordinatorCore(limits: limits)
        intervalMs = UInt64(settings.intervalMs)
        message = [0, 0, 0, 0] + [UInt8](repeating: 7, count: settings.inputBytes)
        connections = (0..<settings.sessions * settings.players).map { ConnectionHandle(UInt64($0 + 1)) }
        core.handle(.linkUp(terms: Welcome(leaseGraceMs: .max, pingIntervalMs: .max)), now: now, actions: &actions)
        for session in 0..<settings.sessions { try begin(session, settings) }
        actions.removeAll()
        guard core.count(in: .playing) == settings.sessions else { throw .failure("not all games have begun") }
    }

    private func begin(_ number: Int, _ settings: TickSettings) throws(BenchError) {
        guard let scene = try? SceneID("ticks") else { throw .failure("a scene has no name") }
        var seats: [AssignedPlayer] = []
        for player in 0..<settings.players {
            guard let subject = try? SubjectID("s\(number)-\(player)") else { throw .failure("a subject has no name") }
            let signature = ResumeSignature(high: 1, low: 1)
            seats.append(
                AssignedPlayer(
                    subject: subject, ticket: Ticket(high: UInt64(number), low: UInt64(player) + 1), sinceUnixMs: 0,
                    placeSignature: signature, releaseSignature: signature))
        }
        let session = SessionID(high: 1, low: UInt64(number))
        var assignment = Assignment(
            session: session, attempt: .first, scene: scene, settings: SessionSettings(validatesPeers: false), seed: 1,
            resumeExpiresUnixMs: 0, players: seats)
        assignment.extensions.playRules = PlayRules(
            ticks: TickRule(intervalMs: UInt16(settings.intervalMs), inputBytesMax: UInt16(settings.inputBytes)))
        core.handle(.link(.assign(assignment)), now: now, actions: &actions)
        for (player, seat) in seats.enumerated() {
            let connection = connections[number * settings.players + player]
            core.handle(.enter(connection, session, seat.ticket, received: 0), now: now, actions: &actions)
        }
        actions.removeAll(keepingCapacity: true)
    }

    /// One tick of all games: everybody's input, and everybody's bundle.
    func tick() {
        // A span cannot be borrowed from a property of a class; a second reference to the same bytes can lend one.
        let message = message
        for connection in connections {
            let result = core.input(from: connection, address: CoordinatorCore.everyoneElse, payload: message.span, now: now)
            if result == .taken { inputs += 1 }
        }
        now.bootMs += intervalMs
        while core.nextBundle(now: now, into: &bundle, targets: &targets, actions: &actions) {
            bundles += 1
            frames += targets.count
            bytes += bundle.count
        }
    }
}

/// The same bytes by the barest code: each input is copied to its place, each bundle put together and kept in a ring.
struct TickFloor {
    private var inputs: [UInt8]
    private var bundle: [UInt8] = []
    private var ring: [UInt8]
    private var at = 0
    private var number: UInt32 = 0
    private let message: [UInt8]
    private let sessions: Int
    private let players: Int
    private let size: Int
    private(set) var bytes = 0

    init(_ settings: TickSettings) {
        (sessions, players, size) = (settings.sessions, settings.players, settings.inputBytes)
        message = [0, 0, 0, 0] + [UInt8](repeating: 7, count: size)
        inputs = [UInt8](repeating: 0, count: sessions * players * size)
        ring = [UInt8](repeating: 0, count: sessions * TickFloor.ringBytes)
    }

    private static let ringBytes = 256 * 1024

    mutating func tick() {
        for slot in 0..<sessions * players {
            unsafe inputs.withUnsafeMutableBytes { target in
                unsafe message.withUnsafeBytes { source in
                    unsafe UnsafeMutableRawBufferPointer(rebasing: target[slot * size..<(slot + 1) * size])
                        .copyMemory(from: UnsafeRawBufferPointer(rebasing: source[4...]))
                }
            }
        }
        number &+= 1
        for session in 0..<sessions {
            bundle.removeAll(keepingCapacity: true)
            for shift: UInt32 in 0..<4 { bundle.append(UInt8(truncatingIfNeeded: number >> (24 - 8 * shift))) }
            for player in 0..<players {
                bundle.append(UInt8(truncatingIfNeeded: size >> 8))
                bundle.append(UInt8(truncatingIfNeeded: size))
                let from = (session * players + player) * size
                bundle.append(contentsOf: inputs[from..<from + size])
            }
            if at + bundle.count > TickFloor.ringBytes { at = 0 }
            let start = session * TickFloor.ringBytes + at
            unsafe ring.withUnsafeMutableBytes { target in
                unsafe bundle.withUnsafeBytes { source in
                    unsafe UnsafeMutableRawBufferPointer(rebasing: target[start..<start + source.count]).copyMemory(from: source)
                }
            }
            bytes += bundle.count
        }
        at += bundle.count
    }
}
