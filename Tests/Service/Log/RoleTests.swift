import Service
import Testing

@Suite struct RoleTests {
    @Test("every line says who writes it, when several processes may share one stderr", arguments: [
        (LogFormat.json, "\"role\":\"matchmaker\""), (.text, " role=matchmaker"),
    ])
    func role(format: LogFormat, expected: String) throws {
        let log = try LogHarness(format, role: "matchmaker")
        log.logger.info("one")
        log.logger.warning("two", ["count": 2], message: "words")
        let lines = log.lines()
        #expect(lines.count == 2)
        for line in lines { #expect(line.contains(expected)) }
    }
}
