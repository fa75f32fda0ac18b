/// What can go wrong from outside.
public enum FaultKind: Int, CaseIterable, Sendable {
    /// A link breaks; each end learns of it in its own time.
    case linkCut
    /// What one side sends arrives only later.
    case oneWay
    /// Nothing gets through either way for a while.
    case partition
    /// Bytes take much longer for a while.
    case delay
    /// A bit changes on the way.
    case corrupt
    /// A process stops and goes on; its sockets gather meanwhile.
    case stall
    /// A process is killed between two actions; the kernel closes its sockets.
    case kill
    /// A machine loses its power: unsynced bytes are lost, and nobody is told.
    case powerLoss
    /// As a kill, and again while it starts.
    case killTwice
    /// Syncs take very long for a while.
    case slowDisk
    /// No record can be written for a while.
    case fullDisk
    /// The matchmaker's machine dies, and its journal is gone when it comes back.
    case lostJournal
    /// The wall clock jumps.
    case clockJump
    /// A process takes nothing new for a while, and is then restarted.
    case drain
    /// A process is asked to stop, and started again.
    case shutdown
    /// An administrator cancels some session.
    case cancel
    /// Many clients of a process lose their connections at once.
    case clientStorm
    /// As a loss of power while syncs take very long; of what was not synced any sectors are on disk, also later ones
    /// without earlier ones.
    case scatteredWrites
    /// A bit of a journal changes while nobody runs; the operator lets the process start on what can be read of it.
    case damagedJournal
    /// A coordinator's machine dies, and its outbox is gone when it comes back.
    case lostOutbox
    /// A coordinator's answer to an offer is cut off, so that a second one gets the session; while somebody is inside there,
    /// the matchmaker is killed, and comes back without its journal, or with one that has lost its newest records.
    case staleJournal
    /// A coordinator with games stands still until these are presumed lost and their players play elsewhere, and wakes up.
    case oversleep

    /// Disks that fail in ways that are rare: these have draws of their own in a plan, beside all others.
    static let rare: Set<FaultKind> = [.scatteredWrites, .damagedJournal, .lostOutbox]
    /// Several faults that meet: likewise, beside those.
    static let compound: Set<FaultKind> = [.staleJournal, .oversleep]

    /// What a fault befalls: a process of this kind, or what is on its way to one.
    public enum Side: Int, CaseIterable, Sendable { case matchmaker, coordinator }

    /// What it can befall. A link has no side of its own.
    public var sides: [Side] {
        switch self {
        case .linkCut, .partition, .delay, .lostOutbox, .oversleep: [.coordinator]
        case .lostJournal, .cancel, .staleJournal: [.matchmaker]
        case .oneWay, .corrupt, .stall, .kill, .powerLoss, .killTwice, .slowDisk, .fullDisk, .clockJump, .drain, .shutdown,
            .clientStorm, .scatteredWrites, .damagedJournal:
            Side.allCases
        }
    }

    public var name: String { "\(self)" }

    public init?(name: String) {
        guard let kind = FaultKind.allCases.first(where: { $0.name == name }) else { return nil }
        self = kind
    }
}

/// One thing that goes wrong in a run: decided before the run begins, so that it can be left out when a failure shrinks.
public struct Fault: Hashable, Sendable {
    public let index: Int
    public var kind: FaultKind
    public var atUs: UInt64
    /// 0 for the matchmaker, i for the i-th coordinator; for a fault of a link the coordinator at its end.
    public var process: Int
    public var durationUs: UInt64
    /// What else the kind wants to know: how many actions until a kill, how late an end learns of a cut.
    public var amount: UInt64

    var side: FaultKind.Side {
        switch kind {
        case .oneWay, .corrupt: amount & 1 == 0 ? .matchmaker : .coordinator
        case .linkCut, .partition, .delay, .lostOutbox, .lostJournal, .cancel, .stall, .kill, .powerLoss, .killTwice, .slowDisk,
            .fullDisk, .clockJump, .drain, .shutdown, .clientStorm, .scatteredWrites, .damagedJournal, .staleJournal, .oversleep:
            process == 0 ? .matchmaker : .coordinator
        }
    }

    var text: String {
        let target = process == 0 ? "matchmaker" : "coordinator \(process)"
        return "fault \(index): \(kind.name) at \(Milliseconds(atUs)), \(target), for \(Milliseconds(durationUs)), \(amount)"
    }
}

/// Virtual microseconds as text.
struct Milliseconds: CustomStringConvertible {
    let us: UInt64
    init(_ us: UInt64) { self.us = us }

    var description: String {
        let rest = String(us % 1000)
        return "\(us / 1000).\(String(repeating: "0", count: 3 - rest.count))\(rest) ms"
    }
}
