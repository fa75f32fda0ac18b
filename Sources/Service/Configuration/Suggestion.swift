/// The candidate nearest to a mistyped name, when one is near enough to be meant.
func suggestion(for name: String, among candidates: some Sequence<String>) -> String? {
    let distanceMax = name.utf8.count <= 4 ? 1 : 2
    var best: (candidate: String, distance: Int)?
    for candidate in candidates {
        let distance = editDistance(name, candidate, atMost: distanceMax)
        if distance <= distanceMax, distance < best?.distance ?? .max {
            best = (candidate, distance)
        }
    }
    return best?.candidate
}

/// `; did you mean "x"?`, or nothing.
public func didYouMean(_ name: String, among candidates: some Sequence<String>) -> String {
    suggestion(for: name, among: candidates).map { "; did you mean \($0)?" } ?? ""
}

/// Insertions, deletions, replacements and swaps of neighbours between two names; anything above `limit` is `limit + 1`.
func editDistance(_ first: String, _ second: String, atMost limit: Int) -> Int {
    let a = Array(first.utf8)
    let b = Array(second.utf8)
    guard abs(a.count - b.count) <= limit else { return limit + 1 }
    guard !a.isEmpty, !b.isEmpty else { return max(a.count, b.count) }
    var beforeLast = [Int](repeating: 0, count: b.count + 1)
    var last = Array(0...b.count)
    var current = last
    for i in 1...a.count {
        current[0] = i
        for j in 1...b.count {
            let replaced = last[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1)
            current[j] = min(replaced, last[j] + 1, current[j - 1] + 1)
            if i > 1, j > 1, a[i - 1] == b[j - 2], a[i - 2] == b[j - 1] {
                current[j] = min(current[j], beforeLast[j - 2] + 1)
            }
        }
        (beforeLast, last, current) = (last, current, beforeLast)
    }
    return min(last[b.count], limit + 1)
}
