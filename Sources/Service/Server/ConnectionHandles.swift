import Reactor
import SessionProtocol

extension ConnectionHandle {
    /// A connection of the loop, as a core knows it.
    public init(_ id: ConnectionID) { self.init(id.rawValue) }

    /// The connection of the loop that the handle stands for.
    public var id: ConnectionID { ConnectionID(rawValue: number) }
}
