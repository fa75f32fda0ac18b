import FoundationEssentials
import SessionProtocol
import Testing
import WebProtocol

@testable import Service

@Suite struct StatusPagesTests {
    private func respond(_ method: String, _ path: String, notReady: String? = nil) throws -> HTTPResponse? {
        var parser = HTTPRequestParser()
        var offset = 0
        let bytes = Array("\(method) \(path) HTTP/1.1\r\nHost: a\r\n\r\n".utf8)
        let request = try #require(try parser.next(bytes.span, at: &offset, limits: HTTPLimits()))
        let metrics = Metrics()
        metrics.gauge("greenroom_test", help: "A test.") { 3 }
        var state = ServerState(
            role: .coordinator, identity: NodeIdentity(node: try NodeID("anna \"1\""), incarnation: Incarnation(10)))
        state.sessions = [(.waiting, 1), (.playing, 2)]
        state.tables = [("rooms", 4), ("webSockets", 5)]
        state.expiring = [("tombstones", 6)]
        state.links = { json in json.object { $0.member("up", true) } }
        return StatusPages.respond(to: request, state: { state }, notReadyBecause: { notReady }, metrics: metrics)
    }

    @Test("A server that runs is healthy, ready or not")
    func healthy() throws {
        let response = try #require(try respond("GET", "/healthz", notReady: "no link"))
        #expect(response.status == .ok)
    }

    @Test("A server that is not ready says why")
    func ready() throws {
        #expect(try respond("GET", "/readyz")?.status == .ok)
        let response = try #require(try respond("GET", "/readyz", notReady: "no link"))
        #expect(response.status == .serviceUnavailable)
        #expect(String(decoding: response.body, as: UTF8.self) == "not ready: no link\n")
    }

    @Test("Metrics come as Prometheus reads them")
    func metrics() throws {
        let response = try #require(try respond("GET", "/metrics"))
        #expect(response.contentType?.hasPrefix("text/plain; version=0.0.4") == true)
        #expect(String(decoding: response.body, as: UTF8.self).contains("\ngreenroom_test 3\n"))
    }

    private struct State: Decodable, Equatable {
        struct Link: Decodable, Equatable { let up: Bool }
        let role, nodeId, incarnation, version: String
        let sessions, tables, expiring: [String: Int]
        let links: [Link]
        let scenes: [String]
    }

    @Test("The state names each table that it was given")
    func state() throws {
        let response = try #require(try respond("GET", "/v1/state"))
        let state = try JSONDecoder().decode(State.self, from: Data(response.body))
        #expect(state.role == "coordinator" && state.nodeId == "anna \"1\"" && state.version == Version.text)
        #expect(state.incarnation == "000000000000000a")
        #expect(state.sessions == ["waiting": 1, "playing": 2] && state.tables == ["rooms": 4, "webSockets": 5])
        #expect(state.expiring == ["tombstones": 6] && state.links == [.init(up: true)] && state.scenes == [])
    }

    @Test("Pages are for reading alone, and other paths are others' business")
    func methods() throws {
        for path in ["/healthz", "/readyz", "/metrics", "/v1/state"] {
            #expect(try respond("HEAD", path)?.status == .ok)
            let refused = try #require(try respond("POST", path))
            #expect(refused.status == .methodNotAllowed && refused.headers == [HTTPField("Allow", "GET, HEAD")])
        }
        #expect(try respond("GET", "/healthz/") == nil)
        #expect(try respond("GET", "/") == nil)
    }
}
