import SessionProtocol

/// A journal of any bytes: what is read is what was written, damage is found, and only a torn end is cut off.
func check(_ input: Span<UInt8>) {
    let choices = Choices(input)
    let bytes = Choices.rest(of: input)
    let (records, end, error) = JournalReader.read(bytes)
    require(end <= bytes.count, "the end is inside of the file")
    require(encode(records) == Array(bytes[..<end]), "what is accepted is encoded to the same bytes")
    require(error == nil || end < bytes.count, "damage is somewhere")

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
}

/// A write that was cut off in the middle gives all whole records before it, and no error.
private func tear(_ good: [UInt8], _ records: [Message], at place: Int, zeros: Int) {
    let whole = wholeRecords(records, before: place)
    let rest = Array(good[whole.end..<place])
    let tail = [UInt8](repeating: 0, count: zeros)
    let torn = JournalReader.read(Array(good[..<place]) + tail)
    require(torn.records.starts(with: records.prefix(whole.count)), "what is before the tear is read")
    // A body may happen to hold what looks like a frame, with the help of the zeros too: then nobody can tell a tear from
    // damage.
    guard !holdsFrame(rest + tail) else { return }
    require(torn.error == nil, "a tear is no damage")
    require(torn.end == whole.end || torn.records.count > whole.count, "a tear is cut off where it began")
}

/// One flipped bit in front of the last record is found; in the last one it may pass for a tear, but is never read.
private func flip(_ good: [UInt8], _ records: [Message], at place: Int, bit: Int) {
    var damaged = good
    damaged[place] ^= 1 << UInt8(bit)
    let whole = wholeRecords(records, before: place)
    let read = JournalReader.read(damaged)
    require(read.records == Array(records.prefix(whole.count)), "nothing is read at damage or behind it")
    require(read.end == whole.end, "damage is where it is")
    if whole.count < records.count - 1 { require(read.error != nil, "damage in front of the last record is told") }
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
