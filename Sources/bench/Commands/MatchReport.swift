import WebProtocol

/// What `bench match` prints and writes.
enum MatchReport {
    static func print(_ figures: [MatchFigures], _ quality: MatchQuality?, _ machine: Machine) {
        Console.line(machine.line)
        Console.line("")
        for scene in MatchScene.allCases where figures.contains(where: { $0.scene == scene }) {
            Console.line("\(scene.rawValue): \(scene.summary)")
        }
        Console.line("")
        var table = Table([
            "scene", "waiting", "joins/s", "matches/s", "join p50 µs", "p99 µs", "worst µs", "bytes each", "mean wait s", "skill gap", "round trip ms",
        ])
        for figure in figures {
            let hasRules = figure.scene == .rules
            table.add([
                figure.scene.rawValue, "\(Double(figure.waitingFirst).grouped)…\(Double(figure.waitingLast).grouped)",
                figure.joinsPerSecond.grouped, figure.matchesPerSecond.grouped, (figure.p50Ns / 1000).fixed(2),
                (figure.p99Ns / 1000).fixed(1), (figure.worstNs / 1000).fixed(0), figure.bytesPerSubject.fixed(0),
                (figure.meanWaitMs / 1000).fixed(1), hasRules ? figure.meanGap.fixed(3) : "", hasRules ? figure.meanRoundTripMs.fixed(0) : "",
            ])
        }
        Console.line(table.text)
        Console.line("")
        var stages = Table(["each stage apart", "waiting", "joins/s", "a join µs", "a hand-off µs", "an end µs", "least of a join µs", "floor µs"])
        for figure in figures {
            stages.add([
                figure.scene.rawValue, Double(figure.waiting).grouped, (1e9 / figure.stages.nsPerJoin).grouped,
                (figure.stages.nsPerJoin / 1000).fixed(2), (figure.stages.nsPerHandOff / 1000).fixed(2),
                (figure.stages.nsPerEnd / 1000).fixed(2), (figure.leastNs / 1000).fixed(2),
                (figure.floorNs / 1000).fixed(2),
            ])
        }
        Console.line(stages.text)
        let growth = MatchGrowth.all(figures)
        if !growth.isEmpty { Console.line("") }
        for line in growth.map(\.line) { Console.line(line) }
        guard let quality else { return }
        Console.line("")
        Console.line(
            "quality: \(MatchCommand.populations) populations of \(MatchQuality.people), one join in 0.5 s, beside the exact optimum of one who "
                + "knows all in advance (the best of every subset), for each measure by itself")
        Console.line(
            "  skill gap \(quality.gap.fixed(1)), best \(quality.bestGap.fixed(1)) (\((quality.gap / quality.bestGap).fixed(2)) x); "
                + "round trip \(quality.roundTripMs.fixed(1)) ms, best \(quality.bestRoundTripMs.fixed(1)) "
                + "(\((quality.roundTripMs / quality.bestRoundTripMs).fixed(2)) x); pairs \(quality.groups), most \(quality.bestGroups); "
                + "mean wait \((quality.waitMs / 1000).fixed(1)) s")
    }

    static func write(
        _ figures: [MatchFigures], _ quality: MatchQuality?, _ machine: Machine, seed: UInt64, to json: inout JSONWriter
    ) {
        json.member("benchmark", "match")
        machine.write(to: &json)
        json.member("seed", Int(clamping: seed))
        json.key("populations")
        json.array { json in
            for figure in figures { json.object { write(figure, to: &$0) } }
        }
        guard let quality else { return }
        json.key("quality")
        json.object { json in
            json.member("populations", MatchCommand.populations)
            json.member("people", MatchQuality.people)
            json.member("pairs", quality.groups)
            json.member("pairsMost", quality.bestGroups)
            json.member("skillGap", quality.gap)
            json.member("skillGapBest", quality.bestGap)
            json.member("roundTripMs", quality.roundTripMs)
            json.member("roundTripMsBest", quality.bestRoundTripMs)
            json.member("meanWaitMs", quality.waitMs)
        }
    }

    private static func write(_ figure: MatchFigures, to json: inout JSONWriter) {
        json.member("scene", figure.scene.rawValue)
        json.member("waiting", figure.waiting)
        json.member("waitingFirst", figure.waitingFirst)
        json.member("waitingLast", figure.waitingLast)
        json.member("joins", figure.joins)
        json.member("joinsPerSecond", figure.joinsPerSecond)
        json.member("matchesPerSecond", figure.matchesPerSecond)
        json.member("joinMeanNs", figure.meanNs)
        json.member("joinP50Ns", figure.p50Ns)
        json.member("joinP99Ns", figure.p99Ns)
        json.member("joinWorstNs", figure.worstNs)
        json.member("bytesPerSubject", figure.bytesPerSubject)
        json.member("joinAloneNs", figure.stages.nsPerJoin)
        json.member("joinsAlonePerSecond", 1e9 / figure.stages.nsPerJoin)
        json.member("handOffNs", figure.stages.nsPerHandOff)
        json.member("endNs", figure.stages.nsPerEnd)
        json.member("floorNs", figure.floorNs)
        json.member("leastNs", figure.leastNs)
        json.member("meanWaitMs", figure.meanWaitMs)
        json.member("meanSkillGap", figure.meanGap)
        json.member("meanRoundTripMs", figure.meanRoundTripMs)
    }
}
