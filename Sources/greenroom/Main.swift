import Reactor
import Service

/// Both servers on this machine, for a first look: starts them as two processes joined by a Unix socket, and stops them
/// together.
@main
enum Main {
    static let host = Option.text(
        "host", default: "127.0.0.1", bytesMax: 253, section: "Players", help: "The address that both listen on.")
    static let port = Option.integer(
        "port", in: 1...65_534, default: 8080, section: "Players",
        help: "The matchmaker's port; the coordinator takes the next one.")

    /// Read by the matchmaker alone, which has the scenes and says what is wrong with them.
    static let config = Option.path(
        "config", "FILE", section: "General", sources: [.flag, .environment],
        help: "The matchmaker's configuration file: its scenes above all. SIGHUP makes it read the scenes again.")

    static let program = Program(
        name: "greenroom", summary: "runs a matchmaker and a coordinator on this machine, with a demo page",
        options: [host, port] + LogOptions.all + [config], readsFile: false,
        environmentOfOthers: ServerOptions.environmentNames)

    static func main() {
        let launch = program.run { (configuration) throws(ConfigurationError) -> Launch in
            try Launch(configuration)
        }
        launch.run()
    }
}
