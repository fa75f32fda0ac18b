import SessionProtocol

/// A stream of frames in any pieces: the decoder gives what reading the whole stream gives, and holds no more than it
/// says.
func check(_ input: Span<UInt8>) {
    let stream = Choices.rest(of: input)

    var messages: [Message] = []
    var failure: WireError?
    var offset = 0
    do throws(WireError) {
        while let (message, byteCount) = try Frame.read(stream.span, at: offset) {
            require(byteCount >= 12 && byteCount <= stream.count - offset, "a frame lies inside of the stream")
            var again: [UInt8] = []
            Frame.append(message, to: &again)
            require(again == Array(stream[offset..<offset + byteCount]), "a frame that is read is written as it was")
            messages.append(message)
            offset += byteCount
        }
    } catch {
        failure = error
    }

    var decoder = FrameDecoder()
    var cutMessages: [Message] = []
    var cutFailure: WireError?
    inPieces(stream, Choices(input)) { piece in
        var position = 0
        do throws(WireError) {
            while let message = try decoder.next(from: piece.span, at: &position) { cutMessages.append(message) }
            require(position == piece.count, "all bytes of a piece are taken")
            require(cutFailure == nil, "a failed decoder stays failed")
            require(decoder.bufferedBytes <= ProtocolLimits.frameBytesMax + 4, "no more than one frame is held")
        } catch {
            require(cutFailure == nil || cutFailure == error, "a failed decoder repeats its error")
            require(decoder.bufferedBytes == 0, "a failed decoder holds nothing")
            cutFailure = error
        }
    }
    require(cutMessages == messages, "the messages do not depend on the cuts")
    require(cutFailure == failure, "the error does not depend on the cuts: \(String(describing: failure)), \(String(describing: cutFailure))")
    if failure == nil { require(decoder.bufferedBytes == stream.count - offset, "what is left waits") }
    if let failure { require(!failure.description.isEmpty, "an error has words") }
}
