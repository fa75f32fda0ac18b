import WebProtocol

/// What `bench codec` prints and writes.
enum CodecReport {
    static func print(_ figures: [CodecFigures], _ floor: DecodeFloor?, _ scan: ScanFigures?, _ machine: Machine) {
        Console.line(machine.line)
        Console.line("")
        var table = Table(["message", "bytes", "copy ns", "crc ns", "encode ns", "x copy", "allocs", "decode ns", "x copy", "allocs"])
        for figure in figures {
            table.add([
                figure.name, "\(figure.byteCount)", figure.copyNs.fixed(1), figure.checksumNs.fixed(1),
                figure.encodeNs.fixed(1), (figure.encodeNs / figure.copyNs).fixed(1), count(figure.encodeAllocations),
                figure.decodeNs.fixed(1), (figure.decodeNs / figure.copyNs).fixed(1), count(figure.decodeAllocations),
            ])
        }
        Console.line(table.text)
        if let floor, let judged = figures.first(where: { $0.name == CodecMessages.judged }) { print(floor, judged) }
        guard let scan else { return }
        Console.line("")
        Console.line(
            "small frames: \(scan.framesPerSecond.grouped)/s read, \(scan.copiedFramesPerSecond.grouped)/s copied "
                + "(\((scan.copiedFramesPerSecond / scan.framesPerSecond).fixed(1)) x the copy)")
    }

    private static func print(_ floor: DecodeFloor, _ judged: CodecFigures) {
        Console.line("")
        Console.line(
            "\(judged.name), the least for decoding: \(floor.ns.fixed(1)) ns = checksum \(floor.checksumNs.fixed(1)) "
                + "+ making and freeing its objects \(floor.objectsNs.fixed(1)) (their memory alone \(floor.memoryNs.fixed(1))); "
                + "reading and checking the fields: \((judged.decodeNs - floor.ns).fixed(1)) more")
    }

    private static func count(_ allocations: Int?) -> String { allocations.map { "\($0)" } ?? "?" }

    static func write(
        _ figures: [CodecFigures], _ floor: DecodeFloor?, _ scan: ScanFigures?, _ machine: Machine,
        to json: inout JSONWriter
    ) {
        json.member("benchmark", "codec")
        machine.write(to: &json)
        json.key("messages")
        json.array { json in
            for figure in figures { json.object { write(figure, to: &$0) } }
        }
        if let floor {
            json.key("decodeFloor")
            json.object { json in
                json.member("checksumNs", floor.checksumNs)
                json.member("memoryNs", floor.memoryNs)
                json.member("objectsNs", floor.objectsNs)
            }
        }
        guard let scan else { return }
        json.key("scan")
        json.object { json in
            json.member("frames", scan.frames)
            json.member("bytes", scan.byteCount)
            json.member("framesPerSecond", scan.framesPerSecond)
            json.member("copiedFramesPerSecond", scan.copiedFramesPerSecond)
        }
    }

    private static func write(_ figure: CodecFigures, to json: inout JSONWriter) {
        json.member("name", figure.name)
        json.member("bytes", figure.byteCount)
        json.member("copyNs", figure.copyNs)
        json.member("checksumNs", figure.checksumNs)
        json.member("encodeNs", figure.encodeNs)
        json.member("decodeNs", figure.decodeNs)
        if let count = figure.encodeAllocations { json.member("encodeAllocations", count) }
        if let count = figure.decodeAllocations { json.member("decodeAllocations", count) }
    }
}
