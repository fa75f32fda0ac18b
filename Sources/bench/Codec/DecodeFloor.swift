import Digests
import SessionProtocol

/// What no decoder of an assignment for two can go without, in nanoseconds: each part measured by itself, in the same run.
struct DecodeFloor {
    /// The checksum of the frame.
    let checksumNs: Double
    /// Getting and freeing as many pieces of memory of the same sizes from the C library.
    let memoryNs: Double
    /// Making and freeing objects of the same shapes from values at hand, memory included: the seats in an array, and what
    /// holds the message.
    let objectsNs: Double

    /// What the parts come to; reading and checking the fields comes on top.
    var ns: Double { checksumNs + objectsNs }

    static func measured(frame: [UInt8], repetitions: Int) throws(BenchError) -> DecodeFloor {
        precondition(MemoryLayout<Seat>.stride == MemoryLayout<AssignedPlayer>.stride, "as large as the real one")
        precondition(MemoryLayout<Body>.stride == MemoryLayout<Assignment>.stride, "as large as the real one")
        // What stands before each object's own bytes is 16 bytes, 32 for arrays.
        let seats = 32 + 2 * MemoryLayout<Seat>.stride
        let held = 16 + MemoryLayout<Body>.stride
        var sink = 0
        let checksumNs = try CodecMeasure.undisturbed(repetitions) { sink &+= Int(CRC32C.checksum(frame.span)) }
        let memoryNs = try CodecMeasure.undisturbed(repetitions) {
            let pieces = (piece(seats), piece(held))
            pieces.0.deallocate()
            pieces.1.deallocate()
        }
        let objectsNs = try CodecMeasure.undisturbed(repetitions) {
            var seats: [Seat] = []
            seats.reserveCapacity(2)
            for _ in 0..<2 { seats.append(Seat()) }
            sink &+= Held.body(Body(seats: seats)).count
        }
        guard sink != 0 else { throw .failure("nothing was measured") }
        return DecodeFloor(checksumNs: checksumNs, memoryNs: memoryNs, objectsNs: objectsNs)
    }

    private static func piece(_ byteCount: Int) -> UnsafeMutableRawPointer {
        .allocate(byteCount: byteCount, alignment: 16)
    }
}

/// As large as an `AssignedPlayer`.
private struct Seat {
    /// Nil, as for names that lie in the seat itself.
    var object: [UInt8]?
    var rest = InlineArray<10, UInt64>(repeating: 7)
}

/// As large as an `Assignment`.
private struct Body {
    var seats: [Seat]
    var rest = InlineArray<16, UInt64>(repeating: 15)
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
