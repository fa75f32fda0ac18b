import SessionProtocol
import Testing

@Suite struct IdentifierTests {
    @Test("names are 1 to so many bytes of UTF-8 without control characters")
    func names() throws {
        #expect(throws: NameError.empty) { try SubjectID("") }
        #expect(throws: NameError.tooLong(bytesMax: 128)) { try SubjectID(String(repeating: "a", count: 129)) }
        #expect(throws: NameError.tooLong(bytesMax: 64)) { try SceneID(String(repeating: "é", count: 33)) }
        #expect(throws: NameError.tooLong(bytesMax: 64)) { try NodeID(String(repeating: "a", count: 65)) }
        for control in ["\0", "a\nb", "\u{1F}", "\u{7F}", "\r\n"] {
            #expect(throws: NameError.controlCharacter) { try SubjectID(control) }
        }
        #expect(try SubjectID(String(repeating: "é", count: 64)).name.utf8.count == 128)
        #expect(try SceneID(" ").description == " ")
    }

    @Test("session ids and tickets are written as 32 lower-case digits, and read back from nothing else")
    func digits() throws {
        #expect(session.description == "00112233445566778899aabbccddeeff")
        #expect(SessionID("00112233445566778899aabbccddeeff") == session)
        #expect(SessionID(high: 0, low: 1).description == "00000000000000000000000000000001")
        let ticket = Ticket(high: .max, low: 0)
        #expect(ticket.text == "ffffffffffffffff0000000000000000")
        #expect(Ticket(ticket.text) == ticket)
        #expect("\(ticket)" == "ticket")
        for bad in ["", "0", "00112233445566778899AABBCCDDEEFF", "00112233445566778899aabbccddeef", "g0112233445566778899aabbccddeeff", " 0112233445566778899aabbccddeeff", "00112233445566778899aabbccddeeff0", "é0112233445566778899aabbccddeef"] {
            #expect(SessionID(bad) == nil)
            #expect(Ticket(bad) == nil)
        }
    }

    @Test("tickets differ in each of their bits")
    func ticketBits() {
        let ticket = Ticket(high: 5, low: 6)
        for bit in 0..<64 {
            #expect(ticket != Ticket(high: 5 ^ (1 << UInt64(bit)), low: 6))
            #expect(ticket != Ticket(high: 5, low: 6 ^ (1 << UInt64(bit))))
        }
        #expect(ticket == Ticket(high: 5, low: 6))
    }

    @Test("two spellings of the same text name one subject, and each keeps its bytes")
    func spellings() throws {
        let (composed, decomposed) = (try SubjectID("\u{E9}"), try SubjectID("e\u{301}"))
        #expect(composed == decomposed && composed.hashValue == decomposed.hashValue)
        #expect(composed.name.utf8.count == 2 && decomposed.name.utf8.count == 3)
    }

    @Test("players are counted from 0 to 254")
    func players() {
        #expect(PlayerIndex(exactly: -1) == nil)
        #expect(PlayerIndex(exactly: 255) == nil)
        #expect(PlayerIndex(exactly: 254)?.number == 254)
        #expect(PlayerPair(PlayerIndex(3), PlayerIndex(3)) == nil)
        #expect(PlayerPair(PlayerIndex(3), PlayerIndex(1)) == PlayerPair(PlayerIndex(1), PlayerIndex(3)))
        #expect(Attempt(2).next == Attempt(3) && Attempt(2) < Attempt(3))
    }
}
