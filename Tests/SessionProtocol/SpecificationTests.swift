import Foundation
import SessionProtocol
import Testing

/// The page and the source say the same, so that neither drifts.
@Suite struct SpecificationTests {
    @Test("the table of messages is that of the source")
    func kinds() throws {
        let page = try Page()
        let rows = page.table(under: "Messages")
        #expect(rows.map { "\($0[0]) \($0[1])" } == MessageKind.allCases.map { "\($0.rawValue) \($0)" })
    }

    @Test("the tables of states, end reasons, refusals and reject codes are those of the source")
    func codes() throws {
        let page = try Page()
        #expect(
            page.table(under: "Codes", after: "States:").map { "\($0[0]) \($0[1])" }
                == SessionState.allCases.map { "\($0.rawValue) \($0)" })
        #expect(
            page.table(under: "Codes", after: "End reasons:").map { "\($0[0]) \($0[1])" }
                == EndReason.allCases.map { "\($0.rawValue) \($0)" })
        #expect(
            page.table(under: "Codes", after: "Refusal reasons:").map { "\($0[0]) \($0[1])" }
                == RefusalReason.allCases.map { "\($0.rawValue) \($0)" })
        #expect(
            page.table(under: "Codes", after: "Reject codes,").map { "\($0[0]) \($0[1])" }
                == RejectCode.allCases.map { "\($0.rawValue) \($0)" })
    }

    @Test("the table of errors is that of the source, in the order in which a receiver judges the frame")
    func errors() throws {
        let rows = try Page().table(under: "Codes", after: "What is wrong with bytes")
        #expect(rows.map { $0[0] } == everyWireError.map(\.name))
    }

    @Test("the small codes within the text are those of the source")
    func smallCodes() throws {
        let page = try Page()
        let action = try #require(page.table(under: "An assignment").first { $0[0] == "onValidationFailure" })
        #expect(action[2] == ValidationFailureAction.allCases.map { "\($0.rawValue) \($0)" }.joined(separator: ", "))
        let roles = NodeRole.allCases.map { "\($0.rawValue) \($0)" }.joined(separator: ", ")
        #expect(page.flat.contains("prover's role (\(roles))"))
        #expect(page.flat.contains("`u8` kind (1 place, 2 release, 3 released place, 4 place behind release)"))
        #expect(
            ResumeClaim.Kind.allCases.map { "\($0.rawValue) \($0)" }
                == ["1 place", "2 release", "3 releasedPlace", "4 placeBehindRelease"])
        #expect(page.flat.contains("as many `session`s, at most \(ProtocolLimits.resumeReleasesMax);"))
    }

    @Test("the steps between states are those of the source")
    func transitions() throws {
        let page = try Page()
        let start = try #require(page.flat.range(of: "waiting → matched"))
        let sentence = page.flat[start.lowerBound...].prefix { $0 != "." }
        var steps: Set<String> = []
        for part in sentence.split(separator: ";") {
            let words = part.split(separator: " ").map(String.init)
            for (index, word) in words.enumerated() where word == "→" {
                let (from, to) = (words[index - 1], words[index + 1])
                let states = from == "any" ? SessionState.allCases.map(\.description).filter { $0 != "ended" } : [from]
                for state in states { steps.insert("\(state) → \(to)") }
            }
        }
        var legal: Set<String> = []
        for from in SessionState.allCases {
            for to in SessionState.allCases where from.allows(to) { legal.insert("\(from) → \(to)") }
        }
        #expect(steps == legal)
    }

    @Test("who is put back in the queue is said as the source does it")
    func requeues() throws {
        let page = try Page()
        let start = try #require(page.flat.range(of: "Players without blame are put back in the queue when a session ends in "))
        let sentence = page.flat[start.upperBound...].prefix { $0 != "." }
        let halves = try #require(sentence.range(of: " for one of the reasons "))
        let states = Set(sentence[..<halves.lowerBound].components(separatedBy: " or "))
        var codes: Set<UInt8> = []
        let list = sentence[halves.upperBound...].components(separatedBy: ", unless")[0]
        for part in list.components(separatedBy: " or ").flatMap({ $0.components(separatedBy: ", ") }) {
            let ends = part.components(separatedBy: " to ").compactMap { UInt8($0) }
            let first = try #require(ends.first, "\(part)")
            codes.formUnion(first...(ends.last ?? first))
        }
        for reason in EndReason.allCases {
            for state in SessionState.allCases {
                let isSaid = codes.contains(reason.rawValue) && states.contains(state.description)
                let endings = ExitCause.allCases.compactMap { $0.path(in: state).ending }
                    .filter { $0.reason == reason && $0.endedIn == state }
                // A reason that has no path yet is only spoken for by the page.
                if endings.isEmpty { continue }
                #expect(endings.contains { $0.requeue == .blameless } == isSaid, "\(reason) in \(state)")
            }
        }
    }

    @Test("every limit that the page names is the source's")
    func limits() throws {
        let page = try Page()
        let types = page.table(under: "Types")
        func type(_ name: String) -> String { types.first { $0[0].components(separatedBy: " ").contains("`\(name)`") }?[1] ?? "" }
        #expect(type("node") == "`text(\(ProtocolLimits.nodeBytesMax))`, a name")
        #expect(type("scene") == "`text(\(ProtocolLimits.sceneBytesMax))`, a name")
        #expect(type("subject") == "`text(\(ProtocolLimits.subjectBytesMax))`, a name")
        #expect(type("player") == "a `u8`, 0 to \(ProtocolLimits.playersMax - 1)")
        let assignment = page.table(under: "An assignment")
        func field(_ rows: [[String]], _ name: String) -> String { rows.first { $0[0] == name }?[1] ?? "" }
        #expect(field(assignment, "iceServers") == "`text(\(ProtocolLimits.iceServersBytesMax))`")
        #expect(field(assignment, "completionCodes").contains("`text(\(ProtocolLimits.completionCodeBytesMax))` code"))
        #expect(field(assignment, "players").contains("1 to \(ProtocolLimits.playersMax)"))
        let outcome = page.table(under: "An outcome")
        #expect(field(outcome, "players").contains("1 to \(ProtocolLimits.playersMax)"))
        #expect(field(outcome, "failedPairs").contains("at most \(grouped(ProtocolLimits.failedPairsMax)),"))
        #expect(page.flat.contains("result, `blob(\(ProtocolLimits.resultBytesMax))`"))
        #expect(page.table(under: "Handshake").contains { $0[0] == "publicURL" && $0[1] == "`text(\(ProtocolLimits.urlBytesMax))`" })
        let reject = try #require(page.table(under: "Messages").first { $0[1] == "reject" })
        #expect(reject[3].contains("`text(\(ProtocolLimits.detailBytesMax))` detail"))
        let length = try #require(page.table(under: "Frames").first { $0[2] == "length" })
        #expect(length[3] == "of what follows it: 8 to \(grouped(ProtocolLimits.frameBytesMax))")
        let errors = page.table(under: "Codes", after: "What is wrong with bytes")
        #expect(errors.contains(["lengthTooLarge", "length is over \(grouped(ProtocolLimits.frameBytesMax))"]))
        #expect(page.table(under: "Frames").contains { $0[2] == "version" && $0[3].hasPrefix("\(Frame.version): ") })
        let tags = page.table(under: "Extensions", after: "| tag | name")
        #expect(tags[0][2].hasPrefix("a name of 1 to \(ProtocolLimits.treatmentBytesMax) bytes"))
        #expect(tags[1][2].hasPrefix("`list(u8)` of `player` and `text(\(ProtocolLimits.roleBytesMax))`, a name"))
        #expect(tags[2][2].hasPrefix("`list(u8)`, at most \(ProtocolLimits.measuredPairsMax), of two `player`"))
        #expect(tags[2][2].contains("`u32` roundTripUs, at most \(millions(ProtocolLimits.roundTripUsMax)):"))
        #expect(tags[3][2].hasPrefix("`list(u8)` of `player`, `u8` reason and `text(\(ProtocolLimits.lossTextBytesMax))`"))
        #expect(page.flat.contains("Up to \(grouped(ProtocolLimits.unknownExtensionsBytesMax)) bytes of them in one message are kept"))
    }

    @Test("versions and tags of extensions are those of the source")
    func versions() throws {
        let page = try Page()
        #expect(page.table(under: "Versions").map { UInt8($0[0]) } == ProtocolVersion.spoken.map { $0 })
        #expect(
            page.table(under: "Extensions", after: "| tag | name").map { "\($0[0]) \($0[1])" }
                == ExtensionTag.allCases.map { "\($0.rawValue) \($0)" })
        #expect(page.flat.contains("A tag below \(ExtensionTag.firstDemanding) may be left at that."))
    }

    @Test("the ranges and codes of rules of play are those of the source")
    func rules() throws {
        let rows = try Page().table(under: "Extensions", after: "| rule | field")
        func range<Number: BinaryInteger>(_ range: ClosedRange<Number>) -> String {
            "\(grouped(Int(range.lowerBound))) to \(grouped(Int(range.upperBound)))"
        }
        func codes<Code: CaseIterable & RawRepresentable<UInt8>>(_ codes: Code.Type) -> String {
            codes.allCases.map { "\($0.rawValue) \($0)" }.joined(separator: ", ")
        }
        let wanted = [
            ("attempts attemptsMax u8", range(AttemptRule.attemptsRange)),
            ("attempts attemptTimeoutMs u32", range(AttemptRule.timeoutRangeMs)),
            ("start countdownMs u32", range(StartRule.countdownRangeMs)),
            ("relay messagesPerSecond u32", range(RelayRule.messagesRange)),
            ("relay bytesPerSecond u32", range(RelayRule.bytesRange)),
            ("relay backlogBytesMax u32", range(RelayRule.backlogRangeBytes)),
            ("relay slowReader u8", codes(RelayRule.SlowReader.self)),
            ("ticks intervalMs u16", range(TickRule.intervalRangeMs)),
            ("ticks inputBytesMax u16", range(TickRule.inputRangeBytes)),
            ("ticks ticksKept u16", range(TickRule.keptRange)),
            ("ticks missingInput u8", codes(TickRule.MissingInput.self)),
            ("ticks lateInput u8", codes(TickRule.LateInput.self)),
            ("absence pauses bool", "whether play pauses"),
            ("absence loss u8", codes(AbsenceRule.Loss.self)),
            ("absence playersMin u8", range(AbsenceRule.playersRange)),
            ("barriers missing u8", codes(BarrierRule.Missing.self)),
            ("barriers countdownMs u32", range(BarrierRule.countdownRangeMs)),
            ("episodes count u16", range(EpisodeRule.countRange)),
            ("episodes timeoutMs u32", range(EpisodeRule.timeoutRangeMs)),
            ("episodes resetTimeoutMs u32", range(EpisodeRule.timeoutRangeMs)),
            ("episodes endsWhen u8", codes(EpisodeRule.EndsWhen.self)),
            ("watch roundTripMaxMs u32", range(WatchRule.roundTripRangeMs)),
            ("watch roundTripForMs u32", range(WatchRule.durationRangeMs)),
            ("watch silentForMs u32", range(WatchRule.durationRangeMs)),
            ("watch hiddenForMs u32", range(WatchRule.durationRangeMs)),
            ("watch warningMs u32", range(WatchRule.durationRangeMs)),
        ]
        #expect(rows.map { "\($0[0]) \($0[1]) \($0[2].filter { $0 != "`" })" } == wanted.map(\.0))
        let most = grouped(ProtocolLimits.playMessageBytesMax)
        #expect(try Page().flat.contains("a tick, which is one message of at most \(most) bytes, has 6 bytes and for each player 2 and inputBytesMax"))
        for (row, (field, values)) in zip(rows, wanted) {
            #expect(row[3].hasPrefix(values), "\(field) says \(row[3]), the source \(values)")
        }
    }

    private func millions(_ number: UInt32) -> String { number % 1_000_000 == 0 ? "\(number / 1_000_000),000,000" : "\(number)" }

    private func grouped(_ number: Int) -> String {
        number < 1000 ? "\(number)" : "\(grouped(number / 1000))," + String("00\(number % 1000)".suffix(3))
    }
}
