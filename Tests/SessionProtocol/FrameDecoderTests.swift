import Digests
import SessionProtocol
import Testing

@Suite struct FrameDecoderTests {
    /// Small messages of several kinds, and their bytes in a row.
    static let messages = samples.filter { encoded($0).count < 400 }
    static let stream = messages.flatMap { encoded($0) }

    /// What a decoder makes of pieces, up to its first error.
    func decode(_ pieces: [ArraySlice<UInt8>]) -> (messages: [Message], error: WireError?) {
        var decoder = FrameDecoder()
        var messages: [Message] = []
        for piece in pieces {
            let bytes = Array(piece)
            do { try decoder.feed(bytes, into: &messages) } catch { return (messages, error) }
        }
        return (messages, nil)
    }

    @Test("a stream gives the same messages whole, byte by byte and in two pieces cut anywhere")
    func pieces() {
        let stream = FrameDecoderTests.stream
        #expect(decode([stream[...]]).messages == FrameDecoderTests.messages)
        #expect(decode(stream.indices.map { stream[$0...$0] }).messages == FrameDecoderTests.messages)
        for cut in stream.indices {
            let result = decode([stream[..<cut], stream[cut...]])
            #expect(result.error == nil && result.messages == FrameDecoderTests.messages, "cut at \(cut)")
        }
    }

    @Test("random pieces give the same messages, large ones among them")
    func randomPieces() {
        let stream = samples.flatMap { encoded($0) }
        for seed in 0..<4 as Range<UInt64> {
            var random = SeededGenerator(number: seed)
            var pieces: [ArraySlice<UInt8>] = []
            var offset = 0
            while offset < stream.count {
                let end = min(stream.count, offset + Int.random(in: 0...20_000, using: &random))
                pieces.append(stream[offset..<end])
                offset = end
            }
            #expect(decode(pieces).messages == samples)
        }
    }

    @Test("what was whole before an error is given, and the error for ever after")
    func sticky() throws {
        var decoder = FrameDecoder()
        var messages: [Message] = []
        let (good, bad) = (encoded(.drain), encoded(.drain) + [0, 0, 0, 0] + encoded(.drain))
        #expect(throws: WireError.lengthTooSmall(0)) { try decoder.feed(bad, into: &messages) }
        #expect(messages == [.drain])
        for bytes in [good, bad, []] {
            #expect(throws: WireError.lengthTooSmall(0)) { try decoder.feed(bytes, into: &messages) }
            #expect(decoder.bufferedBytes == 0)
        }
        #expect(messages == [.drain])
    }

    @Test("an incomplete frame waits, and nothing more than its bytes is kept")
    func memory() throws {
        var decoder = FrameDecoder()
        let bytes = encoded(.ended(outcome()))
        let start = Array(bytes.dropLast())
        let end = [bytes[bytes.count - 1]]
        var messages: [Message] = []
        for round in 1...1000 {
            try decoder.feed(start, into: &messages)
            #expect(messages.count == round - 1 && decoder.bufferedBytes == bytes.count - 1)
            try decoder.feed(end, into: &messages)
            #expect(messages.count == round && decoder.bufferedBytes == 0)
        }
    }

    @Test("random bytes never give a message and never trap")
    func garbage() {
        var random = SeededGenerator(number: 4)
        for _ in 0..<2000 {
            let bytes = random.bytes(Int.random(in: 0...200, using: &random))
            let result = decode([bytes[...]])
            #expect(result.messages.isEmpty)
        }
    }

    @Test("random bodies under a right checksum are refused or read, and what is read is written back the same")
    func randomBodies() {
        var random = SeededGenerator(number: 5)
        var readCount = 0
        for _ in 0..<200 {
            for message in samples where encoded(message).count < 3000 {
                var body = Array(encoded(message)[12...])
                for _ in 0..<Int.random(in: 1...3, using: &random) where !body.isEmpty {
                    body[Int.random(in: body.indices, using: &random)] = UInt8.random(in: .min ... .max, using: &random)
                }
                let frame = reframed(body, kind: message.kind)
                if let read = decode([frame[...]]).messages.first {
                    readCount += 1
                    #expect(encoded(read) == frame)
                }
            }
        }
        #expect(readCount > 100)
    }
}
