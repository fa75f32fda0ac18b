import Digests
import Matchmaking

@testable import WebProtocol

private let key = Array("a key of at least thirty-two bytes".utf8)
private let verifier = JWTVerifier(key: key)
private let header = Base64.url.encode(Array(#"{"alg":"HS256"}"#.utf8))

/// What decides who may join: attributes, tokens as they come, claims and headers under a good signature, and what browsers
/// and proxies say of themselves.
func check(_ input: Span<UInt8>) {
    let bytes = array(input)
    let text = String(decoding: bytes, as: UTF8.self)
    checkAttributes(bytes)
    if UTF8Validator.isValid(input) {
        require((try? verifier.verify(text, nowUnixMs: 0)) == nil, "nobody signs without the key")
    }
    checkClaims(bytes)
    _ = try? verifier.verify(sign(Base64.url.encode(bytes), "e30"), nowUnixMs: 0)
    for client in ForwardedHeader.clients([text]) ?? [] {
        require(client.utf8.count <= 3 * bytes.count, "a node stands in the header")
    }
    if let policy = try? OriginPolicy([text]) {
        require(policy != .any, "a listed origin admits itself alone")
    }
}

private func sign(_ header: String, _ payload: String) -> String {
    let input = "\(header).\(payload)"
    return input + "." + Base64.url.encode(HMACSHA256.authenticate(Array(input.utf8), key: key).array)
}

private func checkAttributes(_ json: [UInt8]) {
    // The reader is given what has been found to be UTF-8.
    guard UTF8Validator.isValid(json.span) else { return }
    let limits = AttributeLimits()
    do throws(ClientMessageError) {
        let attributes = try AttributeReader(limits: limits).read(json)
        let names = attributes.entries.map(\.name)
        require(names.count <= limits.countMax && zip(names, names.dropFirst()).allSatisfy { $0 < $1 }, "each name once, in order")
        for entry in attributes.entries {
            require((1...limits.nameBytesMax).contains(entry.name.utf8.count), "a name is within its limit")
            switch entry.value {
            case .number(let number): require(number.isFinite, "a number is finite")
            case .text(let text): require(text.utf8.count <= limits.textBytesMax, "a text is within its limit")
            case .flag: break
            case .texts(let texts):
                require(texts.count <= limits.listCountMax, "a list is within its limit")
                require(texts.allSatisfy { $0.utf8.count <= limits.textBytesMax }, "a text is within its limit")
            }
        }
    } catch {
        require(error.code == .badMessage, "attributes are refused as a bad message")
    }
}

private func checkClaims(_ payload: [UInt8]) {
    let token = sign(header, Base64.url.encode(payload))
    let limits = JWTLimits()
    do throws(JWTError) {
        let claims = try verifier.verify(token, nowUnixMs: 0)
        require(claims.subject.map { $0.utf8.count <= limits.nameBytesMax } ?? true, "a subject is within its limit")
        require((claims.scenes ?? []).count <= limits.namesMax, "scenes are within their limit")
        if let attributes = claims.attributes {
            var at = 0
            require((try? JSONScanner.skipValue(attributes.span, &at)) == .object && at == attributes.count, "attributes are one object")
        }
        var changed = Array(token.utf8)
        changed[token.utf8.count - 5] ^= 1
        require((try? verifier.verify(String(decoding: changed, as: UTF8.self), nowUnixMs: 0)) == nil, "a signature is for its bytes")
        require((try? verifier.verify(token, nowUnixMs: .max)) == nil || isEndless(payload), "an end comes")
    } catch {
        require(![.signature, .algorithm, .header].contains(error), "a good signature is found good")
    }
}

/// An `exp` beyond the times that there are.
private func isEndless(_ payload: [UInt8]) -> Bool {
    guard let fields = try? JWTFields(payload.span), let seconds = try? fields.seconds(.exp, payload.span) else { return false }
    return seconds * 1000 >= Double(UInt64.max) - 60_000
}
