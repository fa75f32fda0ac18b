import SessionProtocol

/// What no core that knows its subjects by name can go below: a hash table of as many names as wait, into which one comes
/// and from which the oldest goes. With many it is the memory's latency, which is the machine's and grows with them too.
enum MatchFloor {
    static func nsPerJoin(waiting: Int, joins: Int) throws(BenchError) -> Double {
        var table: [SubjectID: UInt64] = [:]
        var names: [SubjectID] = []
        for number in 0..<(waiting + joins) {
            guard let name = try? SubjectID("participant-\(number)") else { throw .failure("no name for a subject") }
            names.append(name)
        }
        for number in 0..<waiting { table[names[number]] = UInt64(number) }
        let ns = MatchMeasure.timed {
            for number in 0..<joins {
                table[names[waiting + number]] = UInt64(number)
                table[names[number]] = nil
            }
        }
        guard table.count == waiting else { throw .failure("the table has lost somebody") }
        return ns / Double(joins)
    }
}
