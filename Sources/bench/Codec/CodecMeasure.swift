import Digests
import SessionProtocol

/// What one message costs, in nanoseconds of undisturbed CPU time.
struct CodecFigures {
    let name: String
    let byteCount: Int
    /// Copying the frame's bytes into a buffer that is used again.
    let copyNs: Double
    /// The checksum alone.
    let checksumNs: Double
    let encodeNs: Double
    let decodeNs: Double
    /// Objects allocated for one; nil where they cannot be counted.
    let encodeAllocations: Int?
    let decodeAllocations: Int?
}

/// Frames a second through the decoder of a link, beside the bytes' mere copying.
struct ScanFigures {
    let frames: Int
    let byteCount: Int
    let framesPerSecond: Double
    let copiedFramesPerSecond: Double
}

enum CodecMeasure {
    /// What a link hands over at once.
    static let pieceBytes = 64 * 1024

    static func message(
        _ name: String, _ message: Message, repetitions: Int, counts: Bool
    ) throws(BenchError) -> CodecFigures {
        let frame = frame(of: message)
        guard case .some(let read) = try? Frame.read(frame.span, at: 0), read.message == message else {
            throw .failure("\(name) does not come back as it was")
        }
        var buffer: [UInt8] = []
        buffer.reserveCapacity(2 * frame.count)
        var sink = 0
        let copyNs = try undisturbed(repetitions) {
            buffer.removeAll(keepingCapacity: true)
            buffer.append(contentsOf: frame)
            sink &+= buffer.count
        }
        let checksumNs = try undisturbed(repetitions) { sink &+= Int(CRC32C.checksum(frame.span)) }
        // Functions and no stored closures: what those capture is watched for overlapping access, at a price that would be
        // counted here.
        func encode() {
            buffer.removeAll(keepingCapacity: true)
            Frame.append(message, to: &buffer)
            sink &+= buffer.count
        }
        func decode() {
            var offset = 0
            if case .some(.some) = try? Frame.read(frame.span, at: &offset) { sink &+= offset }
        }
        let (encodeNs, decodeNs) = (try undisturbed(repetitions, encode), try undisturbed(repetitions, decode))
        guard sink != 0 else { throw .failure("nothing was measured") }
        return CodecFigures(
            name: name, byteCount: frame.count, copyNs: copyNs, checksumNs: checksumNs, encodeNs: encodeNs,
            decodeNs: decodeNs, encodeAllocations: counts ? Allocations.counted(encode) : nil,
            decodeAllocations: counts ? Allocations.counted(decode) : nil)
    }

    static func frame(of message: Message) -> [UInt8] {
        var frame: [UInt8] = []
        Frame.append(message, to: &frame)
        return frame
    }

    static func scan(_ messages: [Message], repetitions: Int) throws(BenchError) -> ScanFigures {
        var stream: [UInt8] = []
        var frames = 0
        while stream.count < 1 << 20 {
            for message in messages {
                Frame.append(message, to: &stream)
                frames += 1
            }
        }
        var decoder = FrameDecoder()
        var seen = 0
        let direct = try fastest(repetitions) {
            seen = 0
            pieces(of: stream) { piece in
                var position = 0
                while let message = try? decoder.next(from: piece, at: &position) { seen += message.kind == .hello ? 0 : 1 }
            }
        }
        guard seen == frames else { throw .failure("\(seen) of \(frames) frames were seen") }
        var copy: [UInt8] = []
        let copied = try fastest(repetitions) {
            copy.removeAll(keepingCapacity: true)
            copy.append(contentsOf: stream)
        }
        let rate = { (ns: Double) in Double(frames) * 1e9 / max(ns, 1) }
        return ScanFigures(
            frames: frames, byteCount: stream.count, framesPerSecond: rate(direct),
            copiedFramesPerSecond: rate(copied))
    }

    private static func pieces(of stream: [UInt8], _ take: (Span<UInt8>) -> Void) {
        var start = 0
        while start < stream.count {
            let end = min(start + pieceBytes, stream.count)
            take(stream.span.extracting(start..<end))
            start = end
        }
    }

    /// Nanoseconds of one call, undisturbed: of all repetitions, each long enough for the clock, the one that a twentieth
    /// are below. The least of all would be that of a clock that stood still for once, as they do on virtual machines.
    static func undisturbed(_ repetitions: Int, _ work: () -> Void) throws(BenchError) -> Double {
        // The first calls are slow, and would let one that reads the clock for each call pass for long enough.
        for _ in 0..<1_000 { work() }
        var calls = 1
        while try ns({ for _ in 0..<calls { work() } }) < 50_000 { calls *= 2 }
        var figures: [Double] = []
        figures.reserveCapacity(repetitions)
        for _ in 0..<repetitions { figures.append(Double(try ns { for _ in 0..<calls { work() } }) / Double(calls)) }
        return Statistics.percentile(figures, 0.05)
    }

    private static func fastest(_ repetitions: Int, _ work: () -> Void) throws(BenchError) -> Double {
        var best = Double.infinity
        for _ in 0..<max(3, repetitions / 10) { best = min(best, Double(try ns(work))) }
        return best
    }

    private static func ns(_ work: () -> Void) throws(BenchError) -> UInt64 {
        let start = try ProcessorClock.ownProcess.readNs()
        work()
        return try ProcessorClock.ownProcess.readNs() - start
    }
}
