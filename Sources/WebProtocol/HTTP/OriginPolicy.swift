/// Which pages' scripts may open a WebSocket here, told by the Origin that their browsers send (RFC 6454, RFC 6455, section
/// 10.2). A request without one is let through: it comes from a program that is no browser and could say what it wants.
public struct OriginPolicy: Equatable, Sendable {
    /// Nil admits every page.
    private let origins: Set<String>?

    public static let any = OriginPolicy(origins: nil)

    private init(origins: Set<String>?) { self.origins = origins }

    /// - Parameter texts: `scheme://host` or `scheme://host:port` each, or `null` for pages that have no origin (files,
    ///   sandboxes); none at all admits every page.
    /// - Throws: the first that is none.
    public init(_ texts: [String]) throws(OriginError) {
        var origins: Set<String> = []
        for text in texts {
            guard let origin = Self.normal(text) else { throw OriginError(text: text) }
            origins.insert(origin)
        }
        self.origins = texts.isEmpty ? nil : origins
    }

    /// Whether a page of this origin may; exactly one of those that are listed.
    public func admits(_ origin: RequestOrigin) -> Bool {
        guard let origins else { return true }
        switch origin {
        case .none: return true
        case .page(let origin): return origins.contains(origin)
        case .unreadable: return false
        }
    }

    /// Whether every page that the other one admits may.
    public func admitsAll(of other: OriginPolicy) -> Bool {
        guard let origins else { return true }
        guard let others = other.origins else { return false }
        return others.isSubset(of: origins)
    }

    /// One spelling of each origin: small letters, and no port that goes without saying. Nil for what is none.
    fileprivate static func normal(_ text: String) -> String? {
        if text == "null" { return text }
        let bytes = Array(text.utf8)
        guard bytes.count <= originBytesMax, let colon = bytes.firstIndex(of: UInt8(ascii: ":")), isScheme(bytes[..<colon]),
            bytes[colon...].starts(with: "://".utf8)
        else { return nil }
        let scheme = String(decoding: bytes[..<colon].map(lowered), as: UTF8.self)
        var host = bytes[(colon + 3)...]
        var port: Int?
        // The last colon begins a port, unless it stands within the brackets of an IPv6 address.
        if let last = host.lastIndex(of: UInt8(ascii: ":")), !host[last...].contains(UInt8(ascii: "]")) {
            let digits = host[(last + 1)...]
            guard (1...5).contains(digits.count), digits.allSatisfy(HTTPCharacters.isDigit),
                let number = Int(String(decoding: digits, as: UTF8.self)), (1...65_535).contains(number)
            else { return nil }
            port = number
            host = host[..<last]
        }
        guard isHost(host) else { return nil }
        if scheme == "https" && port == 443 || scheme == "http" && port == 80 { port = nil }
        let name = String(decoding: host.map(lowered), as: UTF8.self)
        return "\(scheme)://\(name)" + (port.map { ":\($0)" } ?? "")
    }

    private static let originBytesMax = 512

    private static func isScheme(_ bytes: ArraySlice<UInt8>) -> Bool {
        guard let first = bytes.first, isLetter(first) else { return false }
        return bytes.allSatisfy {
            isLetter($0) || HTTPCharacters.isDigit($0) || $0 == UInt8(ascii: "+") || $0 == UInt8(ascii: "-")
                || $0 == UInt8(ascii: ".")
        }
    }

    /// A name, an IPv4 address, or an IPv6 address in brackets. Which of them exist is no concern here: only listed ones match.
    private static func isHost(_ bytes: ArraySlice<UInt8>) -> Bool {
        if bytes.first == UInt8(ascii: "["), bytes.last == UInt8(ascii: "]"), bytes.count > 2 {
            return bytes.dropFirst().dropLast().allSatisfy {
                JSONScanner.hexValue($0) != nil || $0 == UInt8(ascii: ":") || $0 == UInt8(ascii: ".")
            }
        }
        return !bytes.isEmpty
            && bytes.allSatisfy {
                isLetter($0) || HTTPCharacters.isDigit($0) || $0 == UInt8(ascii: "-") || $0 == UInt8(ascii: ".")
                    || $0 == UInt8(ascii: "_")
            }
    }

    private static func isLetter(_ byte: UInt8) -> Bool { (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(lowered(byte)) }
}

/// Which page's script sent a request.
public enum RequestOrigin: Equatable, Sendable {
    /// A program that is no browser.
    case none
    /// In the one spelling that each origin has.
    case page(String)
    /// Something that is no origin, or several.
    case unreadable

    public init(_ headers: HTTPHeaders) {
        let sent = headers.values("origin")
        guard let first = sent.first else {
            self = .none
            return
        }
        guard sent.count == 1, let origin = OriginPolicy.normal(first) else {
            self = .unreadable
            return
        }
        self = .page(origin)
    }
}

/// A text that should be an origin and is none.
public struct OriginError: Error, Equatable, Sendable {
    public let text: String
}
