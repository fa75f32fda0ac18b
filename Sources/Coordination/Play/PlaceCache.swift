import SessionProtocol

/// Where connections that relay have their seats, by the low bits of their numbers, which a server gives out densely. It
/// spares each message the look-ups of seat and session. A place may have been taken by another connection, or its session
/// have ended, so whoever asks looks whether it is still that connection's.
struct PlaceCache: Sendable {
    struct Place: Sendable {
        let connection: ConnectionHandle
        /// As the ledger numbers it.
        let session: Int
        let player: PlayerIndex
    }

    /// As many as a server has connections by default.
    static let countMax = 16_384
    private var places: [Place?] = Array(repeating: nil, count: 64)

    /// Places remembered. Read for `/v1/state` only: it goes through all of them.
    var count: Int { places.count { $0 != nil } }

    subscript(connection: ConnectionHandle) -> Place? {
        guard let place = places[position(of: connection)], place.connection == connection else { return nil }
        return place
    }

    mutating func remember(_ place: Place) {
        if let other = places[position(of: place.connection)], other.connection != place.connection,
            places.count < PlaceCache.countMax
        {
            // Those who still send are soon here again.
            places = Array(repeating: nil, count: places.count * 2)
        }
        places[position(of: place.connection)] = place
    }

    /// The connection has lost its seat.
    mutating func forget(_ connection: ConnectionHandle) {
        let position = position(of: connection)
        if places[position]?.connection == connection { places[position] = nil }
    }

    private func position(of connection: ConnectionHandle) -> Int {
        Int(truncatingIfNeeded: connection.number) & (places.count - 1)
    }
}
