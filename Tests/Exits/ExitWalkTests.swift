import SessionProtocol
import Testing

@testable import Coordination
@testable import Matchmaking

@Suite struct ExitWalkTests {
    @Test("every exit path is as the table says, on both sides, to all who hear, and leaves nothing", arguments: Cell.reachable)
    func walk(_ cell: Cell) {
        for variant in 0..<Walk.variants(of: cell) {
            let walk = Walk(cell, variant: variant)
            walk.happen()
            #expect(walk.isWalked, "nothing walks this cell")
            walk.check()
        }
    }
}
