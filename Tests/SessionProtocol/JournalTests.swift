import Testing

@testable import SessionProtocol

/// The n-th record of a test: every third one is an outcome, which ends in zeros.
private func record(_ number: Int) -> Message {
    let id = SessionID(high: 7, low: UInt64(number))
    switch number % 3 {
    case 0: return .ended(outcome(id))
    case 1:
        var assignment = assignment()
        assignment.session = id
        return .journalMatched(node("east"), assignment)
    default: return .endedAck(id, .first)
    }
}

private func frames(_ numbers: ClosedRange<Int>) -> [[UInt8]] { numbers.map { encoded(record($0)) } }

@Suite struct JournalReaderTests {
    @Test("A record that was written whole is never taken for a torn one, whichever of its bits is flipped")
    func flippedLast() {
        for last in 1...3 {
            let whole = frames(1...3)
            let before = Array(whole[..<(last - 1)].joined())
            let frame = whole[last - 1]
            for bit in 0..<frame.count * 8 {
                var bytes = before + frame
                bytes[before.count + bit / 8] ^= 1 << UInt8(bit % 8)
                let read = JournalReader.read(bytes)
                #expect(read.end == before.count && read.error != nil, "bit \(bit) of frame \(last)")
            }
        }
    }

    @Test("A damaged last record is not taken for a torn one because the zeros of its length end a sector", arguments: 1...3)
    func lengthAcrossSectors(gap: Int) {
        var padded = outcome(SessionID(high: 1, low: 1))
        padded.players[0].result = [0x31]
        let size = encoded(.ended(padded)).count
        padded.players[0].result = [UInt8](repeating: 0x31, count: 1 + (1024 - gap - size))
        let before = encoded(.ended(padded))
        #expect(before.count == 1024 - gap)
        let frame = encoded(record(1))
        for bit in 32..<frame.count * 8 {
            var bytes = before + frame
            bytes[before.count + bit / 8] ^= 1 << UInt8(bit % 8)
            let read = JournalReader.read(bytes)
            #expect(read.end == before.count && read.error != nil, "bit \(bit)")
        }
    }

    @Test("A last record is torn where it was cut, and where zeros stand for what did not reach the disk")
    func torn() {
        let whole = frames(1...3)
        let before = Array(whole[..<2].joined())
        let last = whole[2]
        for kept in 0..<last.count {
            for zeros in [0, 1, 2, 511, 512, 4096] {
                let tail = Array(last.prefix(kept)) + [UInt8](repeating: 0, count: zeros)
                // A frame may be whole after all, since it ends in zeros, or look as if only its last byte were wrong.
                guard tail.count != last.count, !tail.starts(with: last) else { continue }
                let read = JournalReader.read(before + tail)
                #expect(read.error == nil && read.end == before.count, "\(kept) bytes and \(zeros) zeros")
            }
        }
    }

    @Test("A sector that never reached the disk makes a last record torn, and half of one does not", arguments: 0..<20)
    func sectors(shift: Int) {
        // A frame over several sectors, at any place in the file.
        var long = outcome(SessionID(high: 1, low: 1))
        long.players[0].result = [UInt8](repeating: 0x31, count: 1024)
        long.players[1].result = [UInt8](repeating: 0x32, count: 1000)
        let before = Array(frames(2...2 + shift).joined())
        let frame = encoded(.ended(long))
        let end = before.count + frame.count
        for sector in before.count / 512...(end - 1) / 512 {
            let range = max(sector * 512, before.count)..<min((sector + 1) * 512, end)
            guard range.contains(where: { (before + frame)[$0] != 0 }) else { continue }
            var bytes = before + frame
            for index in range { bytes[index] = 0 }
            let read = JournalReader.read(bytes)
            // Without its length a frame says nothing of what follows it.
            let hasLength = range.lowerBound >= before.count + 4
            #expect(read.end == before.count && (read.error == nil) == hasLength, "sector \(sector)")
            guard range.count == 512 else { continue }
            for index in range.prefix(256) { bytes[index] = 0x31 ^ 1 }
            #expect(JournalReader.read(bytes).error == .badChecksum)
        }
    }

    @Test("Everything readable is taken from a file that is damaged in any one byte")
    func salvageOneByte() {
        let whole = frames(1...5)
        let all = Array(whole.joined())
        for place in all.indices {
            var bytes = all
            bytes[place] ^= 0x55
            var (start, number) = (0, 0)
            while start + whole[number].count <= place { (start, number) = (start + whole[number].count, number + 1) }
            let salvage = JournalReader.salvage(bytes)
            #expect(salvage.records == (0..<5).filter { $0 != number }.map { record($0 + 1) })
            #expect(salvage.damaged == [start..<start + whole[number].count] && salvage.end == all.count)
            #expect(Array(salvage.good.map { bytes[$0] }.joined()) == Array(whole.enumerated().filter { $0.offset != number }.map(\.element).joined()))
        }
    }

    @Test("Many damaged places, and a torn tail behind them, are told apart")
    func salvageMany() {
        let whole = frames(1...9)
        var bytes: [UInt8] = []
        var damaged: [Range<Int>] = []
        for (index, frame) in whole.enumerated() {
            var frame = frame
            if index % 2 == 1 {
                frame[9] ^= 1
                damaged.append(bytes.count..<bytes.count + frame.count)
            }
            bytes += frame
        }
        let end = bytes.count
        bytes += whole[0].prefix(30)
        let salvage = JournalReader.salvage(bytes)
        #expect(salvage.records == [1, 3, 5, 7, 9].map(record))
        #expect(salvage.damaged == damaged && salvage.end == end && salvage.good.count == 5)
        // What was never a journal gives nothing, and says so.
        let foreign = JournalReader.salvage(Array("[server]\nlisten = 127.0.0.1\n".utf8))
        #expect(foreign.records.isEmpty && foreign.good.isEmpty && foreign.damaged == [0..<28] && foreign.end == 28)
        #expect(JournalReader.salvage([]).damaged.isEmpty)
    }

    @Test("A sound file is salvaged as it is read, and a torn tail is no damage")
    func salvageSound() {
        let all = Array(frames(1...6).joined())
        for end in [all.count, all.count - 5, 0] {
            let bytes = Array(all[..<end])
            let (read, salvage) = (JournalReader.read(bytes), JournalReader.salvage(bytes))
            #expect(salvage.records == read.records && salvage.end == read.end && salvage.damaged.isEmpty)
            #expect(salvage.good == (read.end > 0 ? [0..<read.end] : []))
        }
    }
}

@Suite struct JournalCompactionTests {
    @Test("Records of named sessions are kept byte by byte in their order, and no others")
    func keeping() throws {
        let whole = frames(1...9)
        let rule = JournalCompaction(keeping: [9, 4, 2, 77].map { SessionID(high: 7, low: $0) })
        var kept: [UInt8] = [1]
        #expect(try rule.copy(Array(whole.joined()), to: &kept) == whole.joined().count)
        #expect(kept == [1] + whole[1] + whole[3] + whole[8])
    }

    @Test("Cut in any two pieces, the same is kept")
    func pieces() throws {
        let all = Array(frames(1...6).joined())
        let rule = JournalCompaction(keeping: [3, 4].map { SessionID(high: 7, low: $0) })
        var expected: [UInt8] = []
        _ = try rule.copy(all, to: &expected)
        for cut in 0...all.count {
            var kept: [UInt8] = []
            let done = try rule.copy(Array(all[..<cut]), to: &kept)
            #expect(done <= cut)
            #expect(try rule.copy(Array(all[done...]), to: &kept) == all.count - done)
            #expect(kept == expected)
        }
    }

    @Test("Without names everything is kept, and with none nothing is")
    func extremes() throws {
        let all = encoded(.ping(Ping(sentAtMs: 1, sessions: 2, players: 3))) + Array(frames(1...3).joined())
        var (everything, nothing): ([UInt8], [UInt8]) = ([], [])
        #expect(try JournalCompaction(keeping: nil).copy(all, to: &everything) == all.count)
        #expect(try JournalCompaction(keeping: []).copy(all, to: &nothing) == all.count)
        #expect(everything == all && nothing.isEmpty)
    }

    @Test("Damage is never copied: its place and cause are told")
    func damage() {
        let whole = frames(1...3)
        var all = Array(whole.joined())
        all[whole[0].count + 20] ^= 1
        var kept: [UInt8] = []
        #expect(throws: JournalDamage(offset: whole[0].count, error: .badChecksum)) {
            try JournalCompaction(keeping: nil).copy(all, to: &kept)
        }
        #expect(kept == whole[0])
    }
}
