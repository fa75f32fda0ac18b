import SessionProtocol

/// What the players of a session have sent for one tick, one input each at most. Its memory is used again and again.
struct TickInputs: Sendable {
    private struct Place {
        var start: UInt32 = 0
        var length = TickInputs.none
    }

    /// No input is that long.
    private static let none: UInt16 = .max
    /// A bundle says so of an input that is not there.
    static let missingMark: UInt16 = 0xFFFF
    /// Stands with the length of an input that is the last one again.
    static let repeatedMark: UInt16 = 0x8000

    private var places: [Place]
    private var bytes: [UInt8] = []
    private(set) var count = 0

    init(players: Int) { places = Array(repeating: Place(), count: players) }

    func has(_ player: Int) -> Bool { places[player].length != TickInputs.none }

    mutating func removeAll() {
        for player in places.indices { places[player] = Place() }
        bytes.removeAll(keepingCapacity: true)
        count = 0
    }

    /// Takes the first input of a player.
    mutating func take(_ input: Span<UInt8>, from player: Int) {
        places[player] = Place(start: UInt32(bytes.count), length: UInt16(input.count))
        unsafe input.withUnsafeBytes { unsafe bytes.append(contentsOf: $0) }
        count += 1
    }

    /// Appends all inputs to a bundle. With `repeats`, what `last` has stands for what is missing here, and is taken over.
    mutating func write(to bundle: inout [UInt8], after last: TickInputs, repeats: Bool) {
        for player in places.indices {
            var mark: UInt16 = 0
            if repeats, !has(player), last.has(player) {
                mark = TickInputs.repeatedMark
                let place = last.places[player]
                let start = Int(place.start)
                places[player] = Place(start: UInt32(bytes.count), length: place.length)
                bytes.append(contentsOf: last.bytes[start..<start + Int(place.length)])
            }
            let place = places[player]
            guard place.length != TickInputs.none else {
                bundle.append(UInt8(truncatingIfNeeded: TickInputs.missingMark >> 8))
                bundle.append(UInt8(truncatingIfNeeded: TickInputs.missingMark))
                continue
            }
            let head = place.length | mark
            bundle.append(UInt8(truncatingIfNeeded: head >> 8))
            bundle.append(UInt8(truncatingIfNeeded: head))
            let start = Int(place.start)
            bundle.append(contentsOf: bytes[start..<start + Int(place.length)])
        }
    }
}
