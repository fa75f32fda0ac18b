import SessionProtocol

/// A journal of any bytes: what is read is what was written, damage is found, and only a torn end is cut off.
func check(_ input: Span<UInt8>) {
    let choices = Choices(input)
    let bytes = Choices.rest(of: input)
    let (records, end, error) = JournalReader.read(bytes)
    require(end <= bytes.count, "the end is inside of the file")
    require(encode(records) == Array(bytes[..<end]), "what is accepted is encoded to the same bytes")
    require(error == nil || end < bytes.count, "damage is somewhere")

    salvage(bytes)

    // The good part by itself, with the rest cut off as a start does.
    let good = Array(bytes[..<end])
    let again = JournalReader.read(good)
    require(again.records == records && again.end == end && again.error == nil, "what was cut off stays away")
    guard !records.isEmpty else { return }

    // Zeros behind it, as a file system may leave them.
    let zeros = JournalReader.read(good + [UInt8](repeating: 0, count: choices[3]))
    require(zeros.records == records && zeros.end == end && zeros.error == nil, "zeros at the end are no damage")

    let place = (choices[0] << 8 | choices[1]) % good.count
    tear(good, records, at: place, zeros: choices[2])
    flip(good, records, at: place, bit: choices[2] % 8)
    compact(good, records, cut: place)
}

/// A write that was cut off in the middle gives all whole records before it, and no error.
private func tear(_ good: [UInt8], _ records: [Message], at place: Int, zeros: Int) {
    let whole = wholeRecords(records, before: place)
    let rest = Array(good[whole.end..<place])
    let tail = [UInt8](repeating: 0, count: zeros)
    let torn = JournalReader.read(Array(good[..<place]) + tail)
    require(torn.records.starts(with: records.prefix(whole.count)), "what is before the tear is read")
    // A body may happen to hold what looks like a frame, with the help of the zeros too, and zeros may end just where the
    // frame does: then nobody can tell a tear from damage.
    guard !holdsFrame(rest + tail), !isAllThere(rest + tail) else { return }
    require(torn.error == nil, "a tear is no damage")
    require(torn.end == whole.end || torn.records.count > whole.count, "a tear is cut off where it began")
}

/// One flipped bit is found, and never read; only where a frame has sectors of zeros can it pass for a tear.
private func flip(_ good: [UInt8], _ records: [Message], at place: Int, bit: Int) {
    var damaged = good
    damaged[place] ^= 1 << UInt8(bit)
    let whole = wholeRecords(records, before: place)
    let read = JournalReader.read(damaged)
    require(read.records == Array(records.prefix(whole.count)), "nothing is read at damage or behind it")
    require(read.end == whole.end, "damage is where it is")
    let hasEmptySector = whole.count == records.count - 1 && hasEmptySector(damaged, from: whole.end)
    require(read.error != nil || hasEmptySector, "damage is told")

    let salvage = JournalReader.salvage(damaged)
    require(salvage.records.starts(with: records[..<whole.count]), "what is before damage is kept")
    guard !holdsFrame(Array(damaged[(whole.end + 1)...].prefix(encode([records[whole.count]]).count - 1))) else { return }
    require(
        salvage.records == Array(records[..<whole.count] + records[(whole.count + 1)...]), "what is behind damage is kept")
}

/// A file of good records with rubbish between them: each of them is found again, and all else is accounted for.
private func salvage(_ bytes: [UInt8]) {
    let salvage = JournalReader.salvage(bytes)
    let read = JournalReader.read(bytes)
    require(salvage.records.starts(with: read.records), "what can be read is salvaged")
    require(encode(salvage.records) == Array(salvage.good.map { bytes[$0] }.joined()), "good ranges hold what was salvaged")
    require(salvage.damaged.isEmpty == (read.error == nil), "damage is found by both")
    var end = 0
    for range in (salvage.good + salvage.damaged).sorted(by: { $0.lowerBound < $1.lowerBound }) {
        require(range.lowerBound == end && !range.isEmpty, "ranges follow each other")
        end = range.upperBound
    }
    require(end == salvage.end && end <= bytes.count, "every byte is good, damaged or torn")
}

/// Keeping the first record's session keeps all of its records and no others, however the file comes in pieces.
private func compact(_ good: [UInt8], _ records: [Message], cut: Int) {
    let rule = JournalCompaction(keeping: session(of: records[0]).map { [$0] })
    var (whole, pieces): ([UInt8], [UInt8]) = ([], [])
    guard let done = try? rule.copy(Array(good[..<cut]), to: &pieces), done <= cut,
        (try? rule.copy(Array(good[done...]), to: &pieces)) == good.count - done,
        (try? rule.copy(good, to: &whole)) == good.count
    else { return require(false, "a sound file can be compacted") }
    require(whole == pieces && whole == encode(records.filter(rule.keeps)), "what is kept does not depend on pieces")
}

private func session(of record: Message) -> SessionID? {
    switch record {
    case .journalMatched(_, let assignment): assignment.session
    case .ended(let outcome): outcome.session
    case .endedAck(let session, _): session
    default: nil
    }
}

/// Whether a frame that begins here would end just at the end.
private func isAllThere(_ rest: [UInt8]) -> Bool {
    rest.count >= 12 && rest.prefix(4).reduce(0) { $0 << 8 | Int($1) } == rest.count - 4
}

private func hasEmptySector(_ bytes: [UInt8], from start: Int) -> Bool {
    var start = start
    while start < bytes.count {
        let end = min((start / 512 + 1) * 512, bytes.count)
        if bytes[start..<end].allSatisfy({ $0 == 0 }) { return true }
        start = end
    }
    return false
}

/// How many records end at or before a place, and where the last of them does.
private func wholeRecords(_ records: [Message], before place: Int) -> (count: Int, end: Int) {
    var (count, end) = (0, 0)
    for record in records {
        let next = end + encode([record]).count
        if next > place { break }
        (count, end) = (count + 1, next)
    }
    return (count, end)
}

private func encode(_ records: [Message]) -> [UInt8] {
    var bytes: [UInt8] = []
    for record in records { Frame.append(record, to: &bytes) }
    return bytes
}

private func holdsFrame(_ bytes: [UInt8]) -> Bool {
    bytes.indices.contains { start in
        if let frame = try? Frame.read(bytes.span, at: start) { frame.byteCount > 0 } else { false }
    }
}
