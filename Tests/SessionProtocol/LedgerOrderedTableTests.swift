import Digests
import SessionProtocol
import Testing

@Suite struct OrderedTableTests {
    @Test("entries are found, changed and listed in the order of insertion, whatever went in between")
    func order() {
        var table = OrderedTable<Int, Int>()
        var model: [(key: Int, value: Int)] = []
        var random = SeededGenerator(number: 5)
        for key in 0..<2_000 {
            table.append(key, for: key)
            model.append((key, key))
            while !model.isEmpty && random.next() % 20 < (model.count > 30 ? 15 : 8) {
                // The first entry stays for long, as an outcome would that nobody acknowledges.
                let position = model.count == 1 ? 0 : 1 + Int(random.next() % UInt64(model.count - 1))
                let (key, value) = model.remove(at: position)
                #expect(table.remove(key) == value && table.remove(key) == nil && table[key] == nil)
            }
            if let last = model.indices.last {
                #expect(table.update(model[last].key, { $0 += 1; return $0 }) == model[last].value + 1)
                model[last].value += 1
            }
            #expect(table.keys == model.map(\.key) && table.count == model.count)
            #expect(model.allSatisfy { table[$0.key] == $0.value })
        }
        #expect(table.update(-1, { $0 }) == nil)
        #expect(table.first == model.first?.key)
    }
}
