import Service

/// `bench codec`: what a message of the session protocol costs to write and to read, beside copying the same bytes.
struct CodecCommand: BenchCommand {
    private static let repetitions = Option.integer(
        "repetitions", in: 1...1_000_000, default: 300, section: CommonSettings.loadSection, sources: .flag,
        help: "How often each figure is taken; the one counts that a twentieth are below.")

    private static let only = Option.text(
        "only", "NAME", default: "", section: CommonSettings.loadSection, sources: .flag,
        help: "Only the messages whose names begin so, and no stream.")

    /// The most that encoding or decoding an assignment for two may take.
    static let assignNsMax = 200.0
    /// The fewest small frames a second that a link's decoder must cut from a stream, on one core.
    static let scanFramesPerSecondMin = 5e6

    static let declaration = Command(
        "codec",
        help: "Encode and decode each message of the session protocol, checksum included, on one thread; an encoder writes "
            + "into a buffer that is used again. Prints the undisturbed CPU time of many repetitions, the allocations, and the "
            + "floor: copying the same bytes; for decoding an assign for two also what its checksum and its objects cost by "
            + "themselves. Then cuts a stream of small frames into messages. Targets: an assign for two "
            + "in at most \(assignNsMax.fixed(0)) ns each way, no allocation for encoding, and "
            + "\(scanFramesPerSecondMin.grouped) small frames a second.",
        options: [only, repetitions])

    private let only: String
    private let repetitions: Int
    private let common: CommonSettings

    init(_ configuration: Configuration) throws(ConfigurationError) {
        only = configuration[Self.only]
        repetitions = configuration[Self.repetitions]
        common = CommonSettings(configuration)
    }

    func run() throws(BenchError) -> Bool {
        let machine = try Machine()
        try common.checkReport()
        let (messages, small) = (try CodecMessages.all(), try CodecMessages.small())
        let counts = Allocations.areSeen
        var figures: [CodecFigures] = []
        var floor: DecodeFloor?
        for (name, message) in messages where name.hasPrefix(only) {
            CommonSettings.progress("codec: \(name)")
            figures.append(try CodecMeasure.message(name, message, repetitions: repetitions, counts: counts))
            if name == CodecMessages.judged {
                floor = try DecodeFloor.measured(frame: CodecMeasure.frame(of: message), repetitions: repetitions)
            }
        }
        let scan = only.isEmpty ? try CodecMeasure.scan(small, repetitions: repetitions) : nil
        CodecReport.print(figures, floor, scan, machine)
        try common.writeReport { CodecReport.write(figures, floor, scan, machine, to: &$0) }
        let missed = misses(figures, scan)
        for miss in missed { Console.line("missed: \(miss)") }
        return missed.isEmpty || !common.checksTargets
    }

    private func misses(_ figures: [CodecFigures], _ scan: ScanFigures?) -> [String] {
        var missed: [String] = []
        for figure in figures {
            if figure.name == CodecMessages.judged, max(figure.encodeNs, figure.decodeNs) > Self.assignNsMax {
                missed.append("\(figure.name): over \(Self.assignNsMax.fixed(0)) ns")
            }
            if let count = figure.encodeAllocations, count > 0 { missed.append("\(figure.name): encoding allocates") }
        }
        if let scan, scan.framesPerSecond < Self.scanFramesPerSecondMin { missed.append("too few frames a second") }
        return missed
    }
}
