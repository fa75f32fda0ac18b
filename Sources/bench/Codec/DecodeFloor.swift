import Digests
import SessionProtocol

/// What no decoder of an assignment for two can go without, in nanoseconds: each part measured by itself, in the same run.
struct DecodeFloor {
    /// The checksum of the frame.
    let checksumNs: Double
    /// Getting and freeing as many pieces of memory of the same sizes from the C library.
    let memoryNs: Double
    /// Making and freeing objects of the same shapes from values at hand, memory included: two names, the seats with them
    /// in an array, and what holds the message.
    let objectsNs: Double

    /// What the parts come to; reading and checking the fields comes on top.
    var ns: Double { checksumNs + objectsNs }

    static func measured(frame: [UInt8], repetitions: Int) throws(BenchError) -> DecodeFloor {
        let names = [Array("5f3c9a71e2b84d06a1c21000".utf8), Array("5f3c9a71e2b84d06a1c21001".utf8)]
        precondition(MemoryLayout<Seat>.stride == MemoryLayout<AssignedPlayer>.stride, "as large as the real one")
        precondition(MemoryLayout<Body>.stride == MemoryLayout<Assignment>.stride, "as large as the real one")
        // What stands before each object's own bytes is 16 bytes, 32 for texts and arrays.
        let (text, seats) = (32 + names[0].count + 1, 32 + names.count * MemoryLayout<Seat>.stride)
        let held = 16 + MemoryLayout<Body>.stride
        var sink = 0
        let checksumNs = try CodecMeasure.undisturbed(repetitions) { sink &+= Int(CRC32C.checksum(frame.span)) }
        let memoryNs = try CodecMeasure.undisturbed(repetitions) {
            let pieces = (piece(text), piece(text), piece(seats), piece(held))
            pieces.0.deallocate()
            pieces.1.deallocate()
            pieces.2.deallocate()
            pieces.3.deallocate()
        }
        let objectsNs = try CodecMeasure.undisturbed(repetitions) {
            var seats: [Seat] = []
            seats.reserveCapacity(names.count)
            for name in names { seats.append(Seat(name: known(name))) }
            sink &+= Held.body(Body(seats: seats)).count
        }
        guard sink != 0 else { throw .failure("nothing was measured") }
        return DecodeFloor(checksumNs: checksumNs, memoryNs: memoryNs, objectsNs: objectsNs)
    }

    private static func piece(_ byteCount: Int) -> UnsafeMutableRawPointer {
        .allocate(byteCount: byteCount, alignment: 16)
    }

    /// A text that is known to be one.
    private static func known(_ bytes: [UInt8]) -> String {
        String(copying: UTF8Span(unchecked: bytes.span, isKnownASCII: true))
    }
}

/// As large as an `AssignedPlayer`.
private struct Seat {
    var name: String
    var rest = InlineArray<7, UInt64>(repeating: 7)
}

/// As large as an `Assignment`.
private struct Body {
    var seats: [Seat]
    var rest = InlineArray<13, UInt64>(repeating: 13)
}

private enum Held {
    indirect case body(Body)
    case nothing

    /// Kept out of its user, where the compiler would see that nobody needs the objects.
    @inline(never)
    var count: Int {
        switch self {
        case .body(let body): body.seats.count
        case .nothing: 0
        }
    }
}
