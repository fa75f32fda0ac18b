/// What an administrator, or an experiment's backend, asks of a session.
public enum AdministrationRequest: Equatable, Sendable {
    case show(session: String)
    /// - `reason`: for the log; it need not be there.
    case cancel(session: String, reason: String?)
    /// - `reason`: goes into the log and the outcome.
    case exclude(session: String, player: Int, reason: String)
    /// A new ticket for a seat whose player is lost.
    case seat(session: String, player: Int)

    /// UTF-8 bytes of a reason.
    public static let reasonBytesMax = 256

    /// Reads a request whose path has been understood.
    /// - Throws: 405 for a method that the path does not have, 415 for a body that does not say to be JSON, 400 for one that is
    ///   not what it should be.
    public init(_ path: AdministrationPath, _ request: HTTPRequest) throws(AdministrationError) {
        switch path {
        case .session(let session):
            guard request.method == .get || request.method == .head else { throw .methodNotAllowed("GET, HEAD") }
            self = .show(session: session)
        case .cancel(let session):
            self = .cancel(session: session, reason: try Self.body(of: request).reason)
        case .exclude(let session, let player):
            guard let reason = try Self.body(of: request).reason else { throw .badRequest("`reason` is missing") }
            self = .exclude(session: session, player: player, reason: reason)
        case .seat(let session, let player):
            _ = try Self.body(of: request)
            self = .seat(session: session, player: player)
        }
    }

    private struct Body {
        var reason: String?
    }

    private static func body(of request: HTTPRequest) throws(AdministrationError) -> Body {
        guard request.method == .post else { throw .methodNotAllowed("POST") }
        guard !request.body.isEmpty else { return Body() }
        guard isJSON(request.headers["content-type"]) else { throw .unsupportedMediaType }
        do throws(ClientMessageError) {
            let json = request.body.span
            let fields = try ClientMessageFields(json, limits: ClientMessageLimits())
            return Body(reason: try fields.optionalString(.reason, json, bytesMax: reasonBytesMax))
        } catch {
            throw .badRequest(error.message)
        }
    }

    /// `application/json`, whatever parameters stand behind it.
    private static func isJSON(_ type: String?) -> Bool {
        guard let type, let name = type.split(separator: ";", omittingEmptySubsequences: false).first else { return false }
        return name.trimmedOfSpace.lowercased() == "application/json"
    }
}

extension Substring {
    fileprivate var trimmedOfSpace: Substring {
        var text = self
        while text.first == " " || text.first == "\t" { text.removeFirst() }
        while text.last == " " || text.last == "\t" { text.removeLast() }
        return text
    }
}

/// Why an administrator's request is not carried out; told as `{"error":CODE,"message":TEXT}`.
public enum AdministrationError: Error, Equatable, Sendable {
    /// 400
    case badRequest(String)
    /// 401: no token.
    case unauthorized
    /// 403: another token.
    case forbidden
    /// 404: no such session is known here, or no such player is in it.
    case notFound(String)
    /// 405, with the methods that there are.
    case methodNotAllowed(String)
    /// 409: the session, or the player, is not in a state for it.
    case conflict(String)
    /// 413
    case contentTooLarge
    /// 415
    case unsupportedMediaType

    public var status: HTTPStatus {
        switch self {
        case .badRequest: .badRequest
        case .unauthorized: .unauthorized
        case .forbidden: .forbidden
        case .notFound: .notFound
        case .methodNotAllowed: .methodNotAllowed
        case .conflict: .conflict
        case .contentTooLarge: .contentTooLarge
        case .unsupportedMediaType: .unsupportedMediaType
        }
    }

    private var words: (code: String, message: String) {
        switch self {
        case .badRequest(let message): ("bad_request", message)
        case .unauthorized: ("unauthorized", "this takes `Authorization: Bearer TOKEN`")
        case .forbidden: ("forbidden", "this is not the administrator's token")
        case .notFound(let message): ("not_found", message)
        case .methodNotAllowed(let methods): ("method_not_allowed", "this path takes \(methods)")
        case .conflict(let message): ("conflict", message)
        case .contentTooLarge: ("too_large", "the body is too long")
        case .unsupportedMediaType: ("unsupported_media_type", "a body must be application/json")
        }
    }

    public var response: HTTPResponse {
        var bytes: [UInt8] = []
        JSONWriter.append(to: &bytes) { json in
            json.object { json in
                json.member("error", words.code)
                json.member("message", words.message)
            }
        }
        bytes.append(0x0A)
        var response = HTTPResponse.json(status, bytes)
        if case .methodNotAllowed(let methods) = self { response.headers.append(HTTPField("Allow", methods)) }
        if self == .unauthorized { response.headers.append(HTTPField("WWW-Authenticate", "Bearer")) }
        return response
    }
}
