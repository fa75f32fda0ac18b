/// Writes JSON (RFC 8259) into a byte buffer, without an intermediate tree. Commas come by themselves.
///
///     JSONWriter.append(to: &bytes) { json in
///         json.object { json in
///             json.member("role", "matchmaker")
///             json.key("tables")
///             json.object { $0.member("sessions", 0) }
///         }
///     }
public struct JSONWriter: Sendable {
    @usableFromInline var bytes: [UInt8]
    @usableFromInline var needsComma = false

    /// Takes over `bytes` and appends to them; `finish` gives them back.
    @inlinable
    public init(_ bytes: consuming [UInt8] = []) { self.bytes = bytes }

    @inlinable
    public consuming func finish() -> [UInt8] { bytes }

    /// Appends what `write` writes, without a copy of what is there.
    @inlinable
    public static func append(to bytes: inout [UInt8], _ write: (inout JSONWriter) -> Void) {
        var writer = JSONWriter()
        swap(&writer.bytes, &bytes)
        write(&writer)
        swap(&writer.bytes, &bytes)
    }

    // MARK: Structure

    @inlinable
    public mutating func object(_ members: (inout JSONWriter) -> Void) {
        open(UInt8(ascii: "{"))
        members(&self)
        close(UInt8(ascii: "}"))
    }

    @inlinable
    public mutating func array(_ elements: (inout JSONWriter) -> Void) {
        open(UInt8(ascii: "["))
        elements(&self)
        close(UInt8(ascii: "]"))
    }

    /// The name of the next value, inside an object.
    public mutating func key(_ name: String) {
        separate()
        appendString(name)
        bytes.append(UInt8(ascii: ":"))
        needsComma = false
    }

    @usableFromInline
    mutating func open(_ bracket: UInt8) {
        separate()
        bytes.append(bracket)
        needsComma = false
    }

    @usableFromInline
    mutating func close(_ bracket: UInt8) {
        bytes.append(bracket)
        needsComma = true
    }

    private mutating func separate() {
        if needsComma { bytes.append(UInt8(ascii: ",")) }
        needsComma = true
    }

    // MARK: Values

    public mutating func value(_ text: String) {
        separate()
        appendString(text)
    }

    /// An integer of at most 64 bits. JavaScript reads those beyond 2^53 inexactly.
    @inlinable
    public mutating func value(_ number: some FixedWidthInteger) {
        decimal(UInt64(number.magnitude), isNegative: number < 0)
    }

    /// The shortest text that reads back as the same number; JSON has no infinities and no NaN, so they become null.
    public mutating func value(_ number: Double) {
        separate()
        bytes.append(contentsOf: (number.isFinite ? number.description : "null").utf8)
    }

    public mutating func value(_ flag: Bool) {
        separate()
        bytes.append(contentsOf: (flag ? "true" : "false").utf8)
    }

    public mutating func null() {
        separate()
        bytes.append(contentsOf: "null".utf8)
    }

    /// A value that is JSON already.
    public mutating func raw(_ json: Span<UInt8>) {
        separate()
        appendBytes(json, to: &bytes)
    }

    public mutating func raw(_ json: [UInt8]) { raw(json.span) }

    // MARK: Members

    public mutating func member(_ name: String, _ text: String) {
        key(name)
        value(text)
    }

    @inlinable
    public mutating func member(_ name: String, _ number: some FixedWidthInteger) {
        key(name)
        value(number)
    }

    public mutating func member(_ name: String, _ number: Double) {
        key(name)
        value(number)
    }

    public mutating func member(_ name: String, _ flag: Bool) {
        key(name)
        value(flag)
    }

    /// Nothing when there is no value.
    public mutating func member(_ name: String, ifPresent text: String?) {
        if let text { member(name, text) }
    }

    // MARK: Text

    @usableFromInline
    mutating func decimal(_ magnitude: UInt64, isNegative: Bool) {
        separate()
        if isNegative { bytes.append(UInt8(ascii: "-")) }
        appendDecimal(magnitude, to: &bytes)
    }

    private mutating func appendString(_ text: String) {
        bytes.append(UInt8(ascii: "\""))
        var text = text
        // What needs no escape, which is nearly everything, is copied in runs.
        text.withUTF8 { utf8 in
            var runStart = 0
            for index in utf8.indices {
                let byte = unsafe utf8[index]
                guard byte < 0x20 || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") else { continue }
                unsafe bytes.append(contentsOf: utf8[runStart..<index])
                JSONText.appendEscape(of: UInt16(byte), to: &bytes)
                runStart = index + 1
            }
            unsafe bytes.append(contentsOf: utf8[runStart...])
        }
        bytes.append(UInt8(ascii: "\""))
    }
}
