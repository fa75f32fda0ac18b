import Testing

@testable import Service

/// Texts that try to end a line, forge a field or move a cursor.
private let attacks = [
    "a\nlevel=error", "a\r\n{\"event\":\"forged\"}", "\",\"event\":\"forged", "\\", "\\\"", "\u{0}", "\u{1B}[2J", "\u{7F}", "\u{85}",
    "\u{2028}", "\u{202E}abc", "\u{9B}31m", "tab\there", "x y=z", "", "=", "é", "😀", "\u{FEFF}",
]

@Suite struct LineTests {
    @Test("A JSON line has time, level, event, message and fields in that order")
    func json() throws {
        let log = try LogHarness(.json)
        log.logger.info(
            "transition",
            [
                "session": .string("5f"), "from": "waiting", "players": 2, "rttMs": .double(1.5), "peer": true,
                "node": .hex(0xAB), "reason": .absent, "rate": .double(.infinity), "least": .int(.min),
            ], message: "moved on")
        #expect(
            log.lines() == [
                #"{"time":"2026-01-02T03:04:05.678Z","level":"info","event":"transition","message":"moved on","session":"5f","#
                    + #""from":"waiting","players":2,"rttMs":1.5,"peer":true,"node":"00000000000000ab","rate":null,"#
                    + #""least":-9223372036854775808}"#
            ])
    }

    @Test("A text line has the same, with quotes only where they are needed")
    func text() throws {
        let log = try LogHarness(.text)
        log.logger.warning("refused", ["from": "10.0.0.1:5", "reason": "too many", "empty": ""], message: "no room")
        #expect(
            log.lines() == [
                #"2026-01-02T03:04:05.678Z warning refused "no room" from=10.0.0.1:5 reason="too many" empty="""#
            ])
    }

    @Test("Whatever a value holds, a JSON line is one line that another parser reads back", arguments: attacks)
    func escapedJSON(value: String) throws {
        let log = try LogHarness(.json)
        log.logger.info("probe", ["value": .string(value), "after": 1], message: value)
        let lines = log.lines()
        try #require(lines.count == 1)
        #expect(lines[0].unicodeScalars.allSatisfy(isPrintable))
        let read = try fields(lines[0])
        #expect(read["value"] == .text(value))
        #expect(read["message"] == .text(value))
        #expect(read["after"] == .number(1))
        #expect(read["event"] == .text("probe"))
        #expect(read.count == 6)
    }

    @Test("Whatever a value holds, a text line is one line of printable characters", arguments: attacks)
    func escapedText(value: String) throws {
        let log = try LogHarness(.text)
        log.logger.info("probe", ["value": .string(value), "after": 1], message: value)
        let lines = log.lines()
        try #require(lines.count == 1)
        #expect(lines[0].unicodeScalars.allSatisfy(isPrintable))
        // Outside of quotes there is exactly what we wrote.
        var outside = ""
        var isQuoted = false
        var isEscaped = false
        for character in lines[0] {
            if isEscaped {
                isEscaped = false
            } else if isQuoted, character == "\\" {
                isEscaped = true
            } else if character == "\"" {
                isQuoted.toggle()
            } else if !isQuoted {
                outside.append(character)
            }
        }
        #expect(!isQuoted)
        #expect(outside == "2026-01-02T03:04:05.678Z info probe  value= after=1")
    }

    @Test("A long value is cut at a character and marked")
    func longValue() throws {
        var limits = LogLimits()
        limits.valueBytesMax = 32
        let log = try LogHarness(.json, limits: limits)
        log.logger.info("probe", ["ascii": .string(String(repeating: "a", count: 100)), "exact": .string(String(repeating: "b", count: 29))])
        log.logger.info("probe", ["wide": .string(String(repeating: "😀", count: 100)), "quotes": .string(String(repeating: "\"", count: 100))])
        let lines = log.lines()
        try #require(lines.count == 2)
        #expect(try fields(lines[0])["ascii"] == .text(String(repeating: "a", count: 29) + "…"))
        #expect(try fields(lines[0])["exact"] == .text(String(repeating: "b", count: 29)))
        #expect(try fields(lines[1])["wide"] == .text(String(repeating: "😀", count: 7) + "…"))
        #expect(try fields(lines[1])["quotes"] == .text(String(repeating: "\"", count: 14) + "…"))
    }

    @Test("A line is never longer than its limit, whatever the fields are, and says that fields are missing", arguments: [LogFormat.json, .text])
    func longLine(format: LogFormat) throws {
        var limits = LogLimits()
        limits.lineBytesMax = 512
        let log = try LogHarness(format, limits: limits)
        for length in 0..<1200 {
            let long = String(repeating: length % 2 == 0 ? "a" : "\u{1}", count: length)
            log.logger.info(
                "probe",
                ["a": .string(long), "b": .string(long), "c": .int(.min), "d": .hex(.max), "e": .double(-.pi), "f": .string(long)],
                message: long)
            let lines = log.lines()
            try #require(lines.count == 1)
            #expect(lines[0].utf8.count < 512)
            if format == .json {
                let read = try fields(lines[0])
                #expect(read["f"] != nil || read["truncated"] == .flag(true))
            }
            if length > 300 { #expect(lines[0].contains("truncated")) }
        }
    }

    @Test("Lines below the level are not written")
    func levels() throws {
        let log = try LogHarness(.text, level: .warning)
        log.logger.debug("a")
        log.logger.info("b")
        log.logger.warning("c")
        log.logger.error("d")
        #expect(log.lines().map { $0.split(separator: " ")[2] } == ["c", "d"])
        log.logger.level = .debug
        log.logger.debug("e")
        #expect(log.lines().count == 1)
    }

    @Test("Times are RFC 3339 in UTC, leap days included")
    func times() {
        // Seconds by GNU date: `date -u -d 2024-02-29T23:59:59Z +%s` and so on.
        let cases: [(Int64, String)] = [
            (0, "1970-01-01T00:00:00.000Z"), (951_782_400_001, "2000-02-29T00:00:00.001Z"),
            (1_709_251_199_999, "2024-02-29T23:59:59.999Z"), (1_709_251_200_000, "2024-03-01T00:00:00.000Z"),
            (4_107_542_400_000, "2100-03-01T00:00:00.000Z"), (253_402_300_799_999, "9999-12-31T23:59:59.999Z"),
            (.max, "9999-12-31T23:59:59.999Z"), (.min, "1970-01-01T00:00:00.000Z"),
        ]
        var time = LogTime()
        for (unixMs, text) in cases {
            var buffer: [UInt8] = []
            time.append(unixMs: unixMs, to: &buffer)
            #expect(String(decoding: buffer, as: UTF8.self) == text)
        }
    }
}
