import SessionProtocol

/// The last lines of what happened in a run.
struct Trace {
    private var lines: [String] = []
    private let linesMax: Int

    init(linesMax: Int) { self.linesMax = linesMax }

    mutating func add(_ atUs: UInt64, _ step: UInt64, _ text: String) {
        if lines.count >= 2 * linesMax { lines.removeFirst(lines.count - linesMax) }
        lines.append("\(Milliseconds(atUs))  #\(step)  \(text)")
    }

    var last: [String] { Array(lines.suffix(linesMax)) }
}

extension Message {
    /// A line for a trace.
    var text: String {
        switch self {
        case .hello(let hello): "hello \(hello.node)"
        case .challenge, .proof, .welcome, .drain, .inventoryEnd: "\(kind)"
        case .reject(let reject): "reject \(reject.code)"
        case .assign(let assignment): "assign \(assignment.session.short)#\(assignment.attempt)"
        case .accepted(let session, let attempt): "accepted \(session.short)#\(attempt)"
        case .refused(let session, let attempt, let reason): "refused \(session.short)#\(attempt) \(reason)"
        case .state(let session, let attempt, let state): "state \(session.short)#\(attempt) \(state)"
        case .ended(let outcome): "ended \(outcome.session.short)#\(outcome.attempt) \(outcome.reason)"
        case .endedAck(let session, let attempt): "endedAck \(session.short)#\(attempt)"
        case .cancel(let session, let attempt, let reason, _): "cancel \(session.short)#\(attempt) \(reason)"
        case .drop(let session, let attempt): "drop \(session.short)#\(attempt)"
        case .ping: "ping"
        case .pong: "pong"
        case .holding(let state, let assignment): "holding \(assignment.session.short)#\(assignment.attempt) \(state)"
        case .journalMatched(let node, let assignment): "matched \(assignment.session.short)#\(assignment.attempt) at \(node)"
        }
    }
}
