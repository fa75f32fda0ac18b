import Digests
import SessionProtocol

/// Texts that clients hand back: only what the matchmaker signed counts, until it expires, in one spelling.
func check(_ input: Span<UInt8>) {
    let bytes = array(input)
    let signer = ResumeSigner(key: [1, 2, 3])
    examine(String(decoding: bytes, as: UTF8.self), signer)
    // The bytes behind a text, which a mutated text would hardly ever be.
    examine(Base64.url.encode(bytes), signer)
}

private func examine(_ text: String, _ signer: ResumeSigner) {
    guard let resume = Resume(text) else {
        require(signer.check(text, nowUnixMs: 0) == nil, "what cannot be read is not good")
        return
    }
    require(Array(resume.text.utf8) == Array(text.utf8), "a resume has one spelling")
    require(text.utf8.count <= ProtocolLimits.resumeBytesMax, "a resume is within its limit")
    let isSigned = signer.sign(resume.claim) == resume.signature
    require(signer.check(text, nowUnixMs: 0) == nil || isSigned, "what was not signed is not good")

    // The same claim, signed: good until it expires, and only as it is.
    let claim = resume.claim
    let signed = signer.text(of: claim)
    require((signer.check(signed, nowUnixMs: 0) == claim) == (claim.expiresUnixMs > 0), "a signed claim is good")
    require(signer.check(signed, nowUnixMs: claim.expiresUnixMs) == nil, "an expired claim is not")
    require(ResumeSigner(key: [1, 2]).check(signed, nowUnixMs: 0) == nil, "another's claim is not")
    var letters = Array(signed.utf8)
    let at = text.utf8.reduce(0) { ($0 &* 31 &+ Int($1)) & 0xFFFF } % letters.count
    letters[at] = letters[at] == UInt8(ascii: "A") ? UInt8(ascii: "B") : UInt8(ascii: "A")
    require(signer.check(String(decoding: letters, as: UTF8.self), nowUnixMs: 0) == nil, "a changed claim is not good")
}
