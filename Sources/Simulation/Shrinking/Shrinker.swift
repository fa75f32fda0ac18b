/// Makes a failing run as small as it gets, by leaving out clients, faults and quirks as long as the same promise is
/// still broken (delta debugging: Zeller, Hildebrandt, 2002).
public struct Shrinker {
    private let check: Violation.Check
    private var best: RunOptions
    private var stepsMax: UInt64
    private var runsLeft: Int
    /// Runs that it took.
    public private(set) var runs = 0

    private init(_ failing: RunResult, _ check: Violation.Check, runsMax: Int) {
        self.check = check
        best = failing.options
        stepsMax = failing.steps
        runsLeft = runsMax
    }

    /// The smallest run found that breaks the same promise.
    public static func shrink(_ failing: RunResult, runsMax: Int = 400) -> RunOptions {
        guard let check = failing.violation?.check else { return failing.options }
        var shrinker = Shrinker(failing, check, runsMax: runsMax)
        shrinker.shrink(failing)
        return shrinker.best
    }

    private mutating func shrink(_ failing: RunResult) {
        var clients = failing.options.keptClients ?? Array(0..<failing.clientCount)
        var faults = failing.options.keptFaults ?? Run.faultNumbers(failing.options)
        for _ in 0..<2 {
            let before = (clients.count, faults.count, best.quirks.count)
            clients = reduce(clients) { $0.keptClients = $1 }
            faults = reduce(faults) { $0.keptFaults = $1 }
            let quirks = reduce(best.quirks.sorted { $0.rawValue < $1.rawValue }) { $0.quirks = Set($1) }
            if (clients.count, faults.count, quirks.count) == before { return }
        }
    }

    /// Leaves out ever smaller parts of a list.
    private mutating func reduce<Item>(_ items: [Item], _ keep: (inout RunOptions, [Item]) -> Void) -> [Item] {
        var items = items
        if fails(with: [], keep) { return [] }
        var chunk = (items.count + 1) / 2
        while chunk >= 1, !items.isEmpty {
            var start = 0
            var hasShrunk = false
            while start < items.count, runsLeft > 0 {
                var rest = items
                rest.removeSubrange(start..<min(start + chunk, items.count))
                if fails(with: rest, keep) {
                    items = rest
                    hasShrunk = true
                } else {
                    start += chunk
                }
            }
            if chunk == 1 && !hasShrunk || runsLeft == 0 { break }
            chunk = hasShrunk ? min(chunk, (items.count + 1) / 2) : (chunk + 1) / 2
            if chunk == 1 && items.count == 1 && !hasShrunk { break }
        }
        return items
    }

    /// Tries one run, and keeps to it when it breaks the same promise.
    private mutating func fails<Item>(with items: [Item], _ keep: (inout RunOptions, [Item]) -> Void) -> Bool {
        guard runsLeft > 0 else { return false }
        var options = best
        keep(&options, items)
        runsLeft -= 1
        runs += 1
        let result = Run.run(options, stepsMax: 2 * stepsMax + 10_000)
        guard result.violation?.check == check else { return false }
        best = options
        stepsMax = min(stepsMax, result.steps)
        return true
    }
}
