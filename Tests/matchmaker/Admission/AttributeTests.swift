import Matchmaking
import Testing
import WebProtocol

@testable import matchmaker

/// What a text of attributes reads as, or the words of its refusal.
func attributes(_ json: String, _ limits: AttributeLimits = AttributeLimits()) -> Result<Attributes, ClientMessageError> {
    do throws(ClientMessageError) {
        return .success(try AttributeReader(limits: limits).read(Array(json.utf8)))
    } catch {
        return .failure(error)
    }
}

/// Why these are refused; nil when they are not.
private func refusal(_ json: String, _ limits: AttributeLimits = AttributeLimits()) -> String? {
    guard case .failure(let error) = attributes(json, limits) else { return nil }
    return error.code == .badMessage ? error.message : "another code: \(error.code)"
}

@Suite struct AttributeTests {
    @Test("numbers, texts, booleans and lists of texts are read, in order of their names")
    func values() throws {
        let json = #" {"skill" : -1.5e3, "region":"eu","vip":true, "roles":[ "a","b" ],"bot":false,"none":[],"free":""}"#
        let read = try attributes(String(json.dropFirst())).get()
        #expect(read.entries.map(\.name) == ["bot", "free", "none", "region", "roles", "skill", "vip"])
        #expect(read["skill"] == .number(-1500))
        #expect(read["region"] == .text("eu"))
        #expect(read["vip"] == .flag(true))
        #expect(read["bot"] == .flag(false))
        #expect(read["roles"] == .texts(["a", "b"]))
        #expect(read["none"] == .texts([]))
        #expect(read["free"] == .text(""))
        #expect(try attributes("{}").get() == .none)
        #expect(try attributes(#"{"a":"\u00e4\"\n"}"#).get()["a"] == .text("ä\"\n"))
    }

    @Test(
        "what is no flat value is refused with the attribute's name",
        arguments: [
            #"{"x":null}"#, #"{"x":{}}"#, #"{"x":{"y":1}}"#, #"{"x":[1]}"#, #"{"x":["a",null]}"#, #"{"x":[["a"]]}"#,
            #"{"x":1e400}"#, #"{"x":-1e400}"#, #"{"x":1,"x":2}"#, #"{"x":1,"\u0078":1}"#,
        ])
    func refused(json: String) {
        #expect(refusal(json)?.hasPrefix("attribute `x` ") == true, "\(json): \(refusal(json) ?? "is taken")")
    }

    @Test("two spellings of one text are one name")
    func spellings() {
        #expect(refusal(#"{"\u00e4":1,"a\u0308":1}"#)?.hasSuffix("is there twice") == true)
    }

    @Test("each limit holds exactly")
    func limits() {
        var limits = AttributeLimits()
        (limits.countMax, limits.nameBytesMax, limits.textBytesMax, limits.listCountMax) = (2, 3, 4, 2)
        #expect(refusal(#"{"a":1,"b":2}"#, limits) == nil)
        #expect(refusal(#"{"a":1,"b":2,"c":3}"#, limits) == "`attributes` has more than 2 entries")
        #expect(refusal(#"{"aä":1}"#, limits) == nil)
        #expect(refusal(#"{"aaä":1}"#, limits)?.contains("1 to 3 bytes") == true)
        #expect(refusal(#"{"":1}"#, limits)?.contains("1 to 3 bytes") == true)
        #expect(refusal(#"{"\n":1}"#, limits)?.contains("control characters") == true)
        #expect(refusal(#"{"a":"1234"}"#, limits) == nil)
        #expect(refusal(#"{"a":"12345"}"#, limits) == "attribute `a` has a text of more than 4 bytes")
        #expect(refusal(#"{"a":["1234","1"]}"#, limits) == nil)
        #expect(refusal(#"{"a":["12345"]}"#, limits) == "attribute `a` has a text of more than 4 bytes")
        #expect(refusal(#"{"a":["1","2","3"]}"#, limits) == "attribute `a` has more than 2 texts")
    }

    @Test("what is no object, or has half a character, is refused and does no harm")
    func garbage() {
        for json in ["", "[]", "1", "{", #"{"a"#, #"{"a":"#, #"{"a":["#, #"{"a":1,}"#, #"{"a":"\ud800"}"#, #"{"\udc00":1}"#] {
            #expect(refusal(json) != nil, "\(json)")
        }
    }

    @Test("what a token says of a subject counts for more than what the subject says")
    func merging() throws {
        let own = try attributes(#"{"skill":9000,"mood":"fine"}"#).get()
        let signed = try attributes(#"{"skill":1200,"cohort":"a"}"#).get()
        let reader = AttributeReader()
        let merged = try reader.merge(own, signed: signed)
        #expect(merged["skill"] == .number(1200))
        #expect(merged["mood"] == .text("fine"))
        #expect(merged["cohort"] == .text("a"))
        var limits = AttributeLimits()
        limits.countMax = 2
        #expect(throws: ClientMessageError.self) { try AttributeReader(limits: limits).merge(own, signed: signed) }
        #expect(try AttributeReader(limits: limits).merge(.none, signed: signed) == signed)
    }
}
