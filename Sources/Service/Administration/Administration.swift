import Digests
import Reactor
import WebProtocol

/// What administrators may do over HTTP, for whoever holds the token; without a token there is no such thing at all.
public struct Administration {
    /// What is counted of requests.
    public enum Act: String, CaseIterable, Sendable {
        case show
        case cancel
        case exclude
        case seat
    }

    /// A token is as long as this at least.
    public static let tokenBytesMin = 16
    /// Of the body of any request, where there is a token.
    public static let bodyBytesMax = 4096

    public static let token = Option.secret(
        "admin-token", section: "Administration",
        help: "Whoever shows it as `Authorization: Bearer TOKEN` may look at sessions and end them, see README. Without one "
            + "these paths do not exist.")

    /// Of the token: what is compared has one length, whatever was sent.
    private let digest: [UInt8]

    /// Nil without a token.
    public init?(_ configuration: Configuration) throws(ConfigurationError) {
        guard let token = configuration[Self.token] else { return nil }
        guard token.utf8.count >= Self.tokenBytesMin else {
            throw configuration.error(Self.token, "is shorter than \(Self.tokenBytesMin) bytes")
        }
        guard token.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else {
            throw configuration.error(Self.token, "has characters that no header can carry: visible ASCII ones are needed")
        }
        self.init(token: token)
    }

    init(token: String) { digest = SHA256.hash(Array(token.utf8)).array }

    /// Answers a request; nil when its path is none of an administrator's.
    /// - Parameters:
    ///   - client: who asks, for the log.
    ///   - perform: does what was asked by one who may.
    public func respond(
        to request: HTTPRequest, from client: SocketAddress, _ metrics: AdministrationMetrics, _ logger: Logger,
        _ perform: (AdministrationRequest) throws(AdministrationError) -> AdministrationAnswer
    ) -> HTTPResponse? {
        guard let path = AdministrationPath(request.path) else { return nil }
        do throws(AdministrationError) {
            try authorize(request)
            let asked = try AdministrationRequest(path, request)
            let answer = try perform(asked)
            metrics.count(path.act, answer.status)
            if path.act != .show { log(path, asked, answer.status, client, logger) }
            return answer.response
        } catch {
            metrics.count(path.act, error.status)
            log(path, nil, error.status, client, logger)
            return error.response
        }
    }

    private func authorize(_ request: HTTPRequest) throws(AdministrationError) {
        let lines = request.headers.values("authorization")
        guard lines.count == 1, let line = lines.first else { throw .unauthorized }
        let parts = line.split(separator: " ", maxSplits: 1)
        guard parts.count == 2, parts[0].lowercased() == "bearer" else { throw .unauthorized }
        guard constantTimeEqual(SHA256.hash(Array(parts[1].utf8)).array, digest) else { throw .forbidden }
    }

    /// Who did what. Of refused ones too: someone may be trying.
    private func log(
        _ path: AdministrationPath, _ asked: AdministrationRequest?, _ status: HTTPStatus, _ client: SocketAddress,
        _ logger: Logger
    ) {
        var reason: LogValue = .absent
        switch asked {
        case .cancel(_, let text): reason = .optional(text)
        case .exclude(_, _, let text): reason = .string(text)
        case .show, .seat, nil: break
        }
        let fields: KeyValuePairs<String, LogValue> = [
            "act": .string(path.act.rawValue), "session": .string(path.name),
            "player": path.player.map { .int($0) } ?? .absent, "reason": reason, "status": .int(status.code),
            "client": .string(client.host),
        ]
        if asked != nil { logger.info("administration", fields) } else { logger.warning("administration_refused", fields) }
    }
}

/// What came of an act.
public struct AdministrationAnswer {
    let status: HTTPStatus
    private let body: [UInt8]

    /// - Parameter isAsked: it is only asked for by now: 202.
    public init(isAsked: Bool = false, _ members: (inout JSONWriter) -> Void) {
        status = isAsked ? .accepted : .ok
        var bytes: [UInt8] = []
        JSONWriter.append(to: &bytes) { json in json.object(members) }
        bytes.append(0x0A)
        body = bytes
    }

    var response: HTTPResponse { .json(status, body) }
}

/// Counts of what administrators asked.
public struct AdministrationMetrics {
    private let registry: Metrics
    private let row: CounterRow
    private static let statuses: [HTTPStatus] = [
        .ok, .accepted, .badRequest, .unauthorized, .forbidden, .notFound, .methodNotAllowed, .conflict, .contentTooLarge,
        .unsupportedMediaType,
    ]

    public init(_ registry: Metrics) {
        self.registry = registry
        let values = Administration.Act.allCases.flatMap { act in Self.statuses.map { [act.rawValue, String($0.code)] } }
        row = registry.counterRow(
            "greenroom_administration_requests_total", help: "Requests of administrators, by what they ask and how it is answered.",
            labels: ["act", "status"], values: values)
    }

    func count(_ act: Administration.Act, _ status: HTTPStatus) {
        guard let actIndex = Administration.Act.allCases.firstIndex(of: act),
            let statusIndex = Self.statuses.firstIndex(of: status)
        else { preconditionFailure("every answer to an administrator is counted") }
        registry.add(row[actIndex * Self.statuses.count + statusIndex])
    }
}

extension AdministrationPath {
    fileprivate var act: Administration.Act {
        switch self {
        case .session: .show
        case .cancel: .cancel
        case .exclude: .exclude
        case .seat: .seat
        }
    }

    /// The session as it was written.
    fileprivate var name: String {
        switch self {
        case .session(let name), .cancel(let name), .exclude(let name, _), .seat(let name, _): name
        }
    }

    fileprivate var player: Int? {
        switch self {
        case .session, .cancel: nil
        case .exclude(_, let player), .seat(_, let player): player
        }
    }
}
