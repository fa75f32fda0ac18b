import Testing

@testable import Service

private enum Reason: CaseIterable {
    case completed
    case playerLeft

    var name: String {
        switch self {
        case .completed: "completed"
        case .playerLeft: "player_left"
        }
    }
}

@Suite struct MetricsTests {
    @Test("Counters, gauges and histograms look as the format says")
    func golden() {
        let metrics = Metrics()
        let joins = metrics.counter("greenroom_joins_total", help: "Joins received.")
        let ended = metrics.counters("greenroom_ended_total", help: "Ended.", label: "reason", of: Reason.self) { $0.name }
        let load = metrics.gauge("greenroom_load", help: "Load.")
        let turns = metrics.histogram("greenroom_turn_seconds", help: "Turns.", bounds: [0.001, 0.5, 1])
        metrics.add(joins)
        metrics.add(joins, 41)
        metrics.add(ended[.playerLeft], 3)
        metrics.set(load, to: 2.5)
        metrics.move(load, by: -3)
        for value in [0.001, 0.002, 0.5, 7] { metrics.observe(turns, value) }
        let expected = """
            # HELP greenroom_joins_total Joins received.
            # TYPE greenroom_joins_total counter
            greenroom_joins_total 42
            # HELP greenroom_ended_total Ended.
            # TYPE greenroom_ended_total counter
            greenroom_ended_total{reason="completed"} 0
            greenroom_ended_total{reason="player_left"} 3
            # HELP greenroom_load Load.
            # TYPE greenroom_load gauge
            greenroom_load -0.5
            # HELP greenroom_turn_seconds Turns.
            # TYPE greenroom_turn_seconds histogram
            greenroom_turn_seconds_bucket{le="0.001"} 1
            greenroom_turn_seconds_bucket{le="0.5"} 3
            greenroom_turn_seconds_bucket{le="1"} 3
            greenroom_turn_seconds_bucket{le="+Inf"} 4
            greenroom_turn_seconds_sum 7.503
            greenroom_turn_seconds_count 4

            """
        #expect(String(decoding: metrics.render(), as: UTF8.self) == expected)
    }

    @Test("A strict parser reads everything back, with the escapes undone")
    func readBack() throws {
        let metrics = Metrics()
        let help = "A \"quoted\" \\ back\nslash, é"
        let values = ["plain", "quo\"te", "back\\slash", "line\nend", "", "é,}{= "]
        let row = metrics.counterRow("a:b_total", help: help, labels: ["x", "y"], values: values.map { [$0, "same"] })
        for position in 0..<row.count { metrics.add(row[position], UInt64(position)) }
        metrics.gauges("tables", help: "Sizes.", label: "table", values: ["rooms", "tickets"]) { Double($0 * 10) }
        metrics.gauge("odd", help: "Odd.") { .nan }
        metrics.gauge("high", help: "High.") { .infinity }
        metrics.gauge("low", help: "Low.") { -.infinity }
        metrics.gauge("huge", help: "Huge.") { 1e300 }
        metrics.gauge("tiny", help: "Tiny.") { 1e-9 }
        metrics.counter("cpu_seconds_total", help: "CPU.") { 12.25 }
        metrics.info("build_info", help: "Build.", ["version": "0.1.0", "role": "matchmaker"])
        let read = try Exposition(metrics.render()).families
        #expect(read.map(\.name) == ["a:b_total", "tables", "odd", "high", "low", "huge", "tiny", "cpu_seconds_total", "build_info"])
        #expect(read[0].help == help)
        #expect(read[0].samples.map { $0.labels["x"] } == values)
        #expect(read[0].samples.map(\.value) == [0, 1, 2, 3, 4, 5])
        #expect(read[1].samples.map(\.value) == [0, 10])
        #expect(read[2].samples[0].value.isNaN)
        #expect(read[3].samples[0].value == .infinity)
        #expect(read[4].samples[0].value == -.infinity)
        #expect(read[5].samples[0].value == 1e300)
        #expect(read[6].samples[0].value == 1e-9)
        #expect(read[7].samples[0].value == 12.25)
        #expect(read[8].samples[0].labels == ["version": "0.1.0", "role": "matchmaker"])
    }

    @Test("The parser of these tests refuses what is malformed", arguments: [
        "a 1\n", "# HELP a A\na 1\n", "# HELP a A\n# TYPE a counter\na 1", "# HELP a A\n# TYPE a counter\nb 1\n",
        "# HELP a A\n# TYPE a counter\na{x=\"1} 1\n", "# HELP a A\n# TYPE a counter\na 1\na 2\n", "# HELP a A\n# TYPE a counter\na x\n",
        "# HELP a A\n# TYPE a histogram\na_bucket{le=\"1\"} 1\na_sum 1\na_count 1\n", "# HELP a A\\x\n# TYPE a counter\na 1\n",
        "# HELP a A\n# TYPE a histogram\na_bucket{le=\"1\"} 2\na_bucket{le=\"+Inf\"} 1\na_sum 1\na_count 1\n",
    ])
    func parserRefuses(text: String) {
        #expect(throws: Exposition.Failure.self) { try Exposition(Array(text.utf8)) }
    }

    @Test("A value that is no number does not spoil a histogram")
    func histogramNaN() throws {
        let metrics = Metrics()
        let histogram = metrics.histogram("h", help: "H.", bounds: [])
        for value in [Double.nan, .infinity, -.infinity, 2] { metrics.observe(histogram, value) }
        let samples = try Exposition(metrics.render()).families[0].samples
        #expect(samples.map(\.value) == [1, 2, 1])
    }

    @Test("Groups grow while the process runs, each row with its own labels")
    func groups() throws {
        let metrics = Metrics()
        let counters = metrics.counterGroup("g_total", help: "G.", labels: ["scene", "fate"])
        let histograms = metrics.histogramGroup("w_seconds", help: "W.", labels: ["scene"], bounds: [1])
        let first = metrics.extend(counters, by: [["a", "x"], ["a", "y"]])
        metrics.counter("other_total", help: "O.") { 7 }
        let second = metrics.extend(counters, by: [["b\"", "x"]])
        let (a, b) = (metrics.extend(histograms, by: ["a"]), metrics.extend(histograms, by: ["b"]))
        metrics.add(first[1], 2)
        metrics.add(second[0], 3)
        metrics.observe(a, 0.5)
        metrics.observe(b, 2)
        let read = try Exposition(metrics.render()).families
        #expect(read.map(\.name) == ["g_total", "w_seconds", "other_total"])
        #expect(read[0].samples.map(\.value) == [0, 2, 3])
        #expect(read[0].samples[2].labels == ["scene": "b\"", "fate": "x"])
        #expect(read[1].samples.map(\.value) == [1, 1, 0.5, 1, 0, 1, 2, 1])
        #expect(read[1].samples.map { $0.labels["scene"] } == ["a", "a", "a", "a", "b", "b", "b", "b"])
    }

    @Test("Values can be read back, and a counter at its end starts anew instead of trapping")
    func values() {
        let metrics = Metrics()
        let counter = metrics.counter("c_total", help: "C.")
        let gauge = metrics.gauge("g", help: "G.")
        metrics.add(counter, .max)
        metrics.add(counter, 3)
        metrics.set(gauge, to: 1.5)
        #expect(metrics.value(of: counter) == 2)
        #expect(metrics.value(of: gauge) == 1.5)
    }
}
