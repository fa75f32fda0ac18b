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
///
/// Numbers stand apart from all else: those who wait differ in them, and share the rest (`AttributeShapes`).
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

    /// Every number in it is 0 here.
    fileprivate var shape: [Entry] = []
    private var numbers = Numbers.one(0)

    /// Most have one at most, which takes no memory of its own.
    private enum Numbers: Hashable, Sendable {
        /// 0 when there is none.
        case one(Double)
        case several([Double])
    }

    public init() {}

    /// Of several entries of one name the last counts.
    public init(_ entries: [Entry]) {
        var own: [Entry] = []
        own.reserveCapacity(entries.count)
        for entry in entries { Attributes.set(entry, in: &own) }
        keep(own)
    }

    public var entries: [Entry] {
        var before = 0
        return shape.map { entry in
            guard case .number = entry.value else { return entry }
            before += 1
            return Entry(name: entry.name, value: .number(number(before - 1)))
        }
    }

    public subscript(name: String) -> AttributeValue? {
        var before = 0
        for entry in shape {
            guard case .number = entry.value else {
                if entry.name == name { return entry.value }
                continue
            }
            if entry.name == name { return .number(number(before)) }
            before += 1
        }
        return nil
    }

    /// Sets one attribute, in place of an earlier one of the same name.
    public mutating func set(_ name: String, _ value: AttributeValue) {
        var own = entries
        Attributes.set(Entry(name: name, value: value), in: &own)
        keep(own)
    }

    private static func set(_ entry: Entry, in entries: inout [Entry]) {
        let index = entries.firstIndex { $0.name >= entry.name } ?? entries.count
        if index < entries.count, entries[index].name == entry.name {
            entries[index] = entry
        } else {
            entries.insert(entry, at: index)
        }
    }

    /// Takes the numbers apart from the rest.
    private mutating func keep(_ entries: [Entry]) {
        shape = entries
        var values: [Double] = []
        for index in shape.indices {
            guard case .number(let value) = shape[index].value else { continue }
            shape[index] = Entry(name: shape[index].name, value: .number(0))
            values.append(value)
        }
        numbers = values.count > 1 ? .several(values) : .one(values.first ?? 0)
    }

    private func number(_ index: Int) -> Double {
        switch numbers {
        case .one(let number): number
        case .several(let numbers): numbers[index]
        }
    }
}

/// What the attributes of many have in common, kept once: names, texts and flags. It is a cache, which begins anew when it is
/// full; nobody's attributes depend on it.
struct AttributeShapes: Sendable {
    private let countMax: Int
    private var shapes: Set<[Attributes.Entry]> = []

    init(countMax: Int) { self.countMax = max(1, countMax) }

    var count: Int { shapes.count }

    /// The same attributes, in memory that they share with all who are alike.
    mutating func shared(_ attributes: Attributes) -> Attributes {
        if attributes.shape.isEmpty { return attributes }
        if shapes.count >= countMax, !shapes.contains(attributes.shape) { shapes = [] }
        var shared = attributes
        shared.shape = shapes.insert(attributes.shape).memberAfterInsert
        return shared
    }
}
