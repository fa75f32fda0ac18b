import Reactor
import Service
import WebProtocol

/// `echo-target`: the servers' own web listener with an application that sends every message back, for the WebSocket
/// conformance suite and for tests of the listener from outside. Never part of a deployment.
@main
enum EchoTarget {
    static let listen = Option<AddressText>.address(
        "listen", default: "127.0.0.1:9001", section: "Network", help: "Where clients connect.")
    static let messageBytes = Option<Int>.bytes(
        "message-bytes", in: 1...1 << 28, default: 32 << 20, section: "Network", help: "The longest message.")

    static let program = Program(
        name: "echo-target", summary: "a WebSocket echo server for the conformance suite",
        options: [listen, messageBytes], readsFile: false)

    static func main() {
        let (address, bytesMax) = program.run { configuration throws(ConfigurationError) in
            (configuration[listen].description, configuration[messageBytes])
        }
        do throws(ReactorError) {
            try EchoServer(messageBytesMax: bytesMax).run(at: address)
        } catch {
            program.fail(ConfigurationError("--listen", "\(error)", pointsToHelp: false))
        }
    }
}
