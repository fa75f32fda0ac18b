/// Who sits in a room. Most rooms have one or two: these take no memory of their own.
struct JoinNumbers: Hashable, Sendable {
    private var first: Int32 = -1
    private var second: Int32 = -1
    private var others: [Int32] = []

    init() {}

    init(_ numbers: some Sequence<JoinNumber>) {
        for number in numbers { append(number) }
    }

    mutating func append(_ number: JoinNumber) {
        if first < 0 {
            first = number.slot
        } else if second < 0 {
            second = number.slot
        } else {
            others.append(number.slot)
        }
    }

    mutating func remove(_ number: JoinNumber) {
        if first == number.slot {
            first = second
            second = others.isEmpty ? -1 : others.removeFirst()
        } else if second == number.slot {
            second = others.isEmpty ? -1 : others.removeFirst()
        } else {
            others.removeAll { $0 == number.slot }
        }
    }

    mutating func replace(_ old: JoinNumber, with new: JoinNumber) {
        if first == old.slot { first = new.slot }
        if second == old.slot { second = new.slot }
        for index in others.indices where others[index] == old.slot { others[index] = new.slot }
    }
}

extension JoinNumbers: RandomAccessCollection {
    var startIndex: Int { 0 }
    var endIndex: Int { first < 0 ? 0 : second < 0 ? 1 : 2 + others.count }
    subscript(position: Int) -> JoinNumber {
        JoinNumber(slot: position == 0 ? first : position == 1 ? second : others[position - 2])
    }
}
