/// What a subject says, or its backend says, of itself when it joins: flat values by name.
public enum AttributeValue: Hashable, Sendable {
    /// Finite.
    case number(Double)
    case text(String)
    case flag(Bool)
    /// Alternatives, as for the roles that a subject would take.
    case texts([String])
}

/// The attributes of one join, in order of their names.
public struct Attributes: Hashable, Sendable {
    public struct Entry: Hashable, Sendable {
        public let name: String
        public let value: AttributeValue
        public init(name: String, value: AttributeValue) {
            self.name = name
            self.value = value
        }
    }

    public static let none = Attributes()

    public private(set) var entries: [Entry] = []

    public init() {}

    /// Of several entries of one name the last counts.
    public init(_ entries: [Entry]) {
        for entry in entries { set(entry.name, entry.value) }
    }

    public subscript(name: String) -> AttributeValue? { entries.first { $0.name == name }?.value }

    /// Sets one attribute, in place of an earlier one of the same name.
    public mutating func set(_ name: String, _ value: AttributeValue) {
        let entry = Entry(name: name, value: value)
        let index = entries.firstIndex { $0.name >= name } ?? entries.count
        if index < entries.count, entries[index].name == name {
            entries[index] = entry
        } else {
            entries.insert(entry, at: index)
        }
    }
}
