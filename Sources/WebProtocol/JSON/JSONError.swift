/// Why a text is not JSON, and where.
public struct JSONError: Error, Equatable, Sendable {
    public enum Problem: Equatable, Sendable {
        /// Something else stands there than what has to, or the text ends.
        case expected(Part)
        case openString
        case controlCharacter
        case unknownEscape
        /// An escaped surrogate without its partner: such a text does not exist.
        case loneSurrogate
        case tooDeep
    }

    /// What may have to stand at a place, in words that fit behind "expected".
    public enum Part: String, Sendable {
        case value = "a value"
        case key = "a key in quotes"
        case colon = "':' after the key"
        case commaOrBrace = "',' or '}' after the value"
        case commaOrBracket = "',' or ']' after the value"
        case digit = "a digit"
        case escape = "an escape"
        case hexadecimalDigits = "four hexadecimal digits"
        case `true`, `false`, null
    }

    public let problem: Problem
    /// The byte's offset; that of the opening quotation mark for a string without a closing one, of the backslash for an
    /// escape.
    public let at: Int

    init(_ problem: Problem, at: Int) {
        self.problem = problem
        self.at = at
    }
}
