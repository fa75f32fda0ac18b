import Testing
@testable import Service
@Test func smoke() {
    let p = Program(name: "matchmaker", summary: "puts people who wait for a game together", options: [
        Option.address("listen", default: "127.0.0.1:8080", section: "Network", help: "Where clients connect."),
        Option.flag("trust-proxy", section: "Network", help: "Take the client's address from X-Forwarded-For; only behind a proxy of yours that sets it."),
        Option.secret("secret", section: "Link", help: "Shared by both servers."),
    ], structuredKeys: [StructuredKey("scenes", help: "the kinds of games.")])
    print(p.helpPage)
}
