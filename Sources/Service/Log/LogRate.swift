/// Counts lines of each event within a second, so that outsiders who cause warnings cannot fill a disk.
struct LogRate {
    private struct Slot {
        let event: String
        var windowStartMs: Int64
        var lines = 0
        var suppressed = 0
    }

    private static let windowMs: Int64 = 1000
    private let linesMax: Int
    private let slotsMax: Int
    private var slots: [Slot] = []
    private var index: [String: Int] = [:]
    /// How many slots have lines to report, so that a turn without any costs nothing.
    private var reporting = 0
    var hasReports: Bool { reporting > 0 }

    init(limits: LogLimits) {
        linesMax = limits.linesPerEventMax
        slotsMax = max(limits.eventsMax, 1)
    }

    /// Whether a line of this event may be written now.
    mutating func admit(_ event: String, nowMs: Int64) -> Bool {
        let slot = slot(for: event, nowMs: nowMs)
        // A clock that was set back starts a window too, or the event could be silent for hours.
        if slots[slot].suppressed == 0, isOver(slots[slot], nowMs) {
            slots[slot].windowStartMs = nowMs
            slots[slot].lines = 0
        }
        if slots[slot].lines < linesMax {
            slots[slot].lines += 1
            return true
        }
        if slots[slot].suppressed == 0 { reporting += 1 }
        slots[slot].suppressed += 1
        return false
    }

    /// The next event whose window is over and which had lines suppressed; its count starts anew.
    mutating func takeReport(nowMs: Int64) -> (event: String, suppressed: Int)? {
        guard hasReports else { return nil }
        for slot in slots.indices where slots[slot].suppressed > 0 && isOver(slots[slot], nowMs) {
            let report = (slots[slot].event, slots[slot].suppressed)
            slots[slot].suppressed = 0
            slots[slot].lines = 0
            slots[slot].windowStartMs = nowMs
            reporting -= 1
            return report
        }
        return nil
    }

    private func isOver(_ slot: Slot, _ nowMs: Int64) -> Bool {
        nowMs < slot.windowStartMs || nowMs - slot.windowStartMs >= Self.windowMs
    }

    private mutating func slot(for event: String, nowMs: Int64) -> Int {
        if let slot = index[event] { return slot }
        let isLast = slots.count >= slotsMax - 1
        let name = isLast ? "other_events" : event
        if isLast, let slot = index[name] { return slot }
        slots.append(Slot(event: name, windowStartMs: nowMs))
        index[name] = slots.count - 1
        return slots.count - 1
    }
}
