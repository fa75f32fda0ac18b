import Reactor
import Service

@main
enum Main {
    static func main() {
        let program = MatchmakerOptions.program
        let settings = program.run { (configuration) throws(ConfigurationError) -> MatchmakerSettings in
            try MatchmakerSettings(configuration)
        }
        do {
            let server = try MatchmakerServer(settings)
            try server.run()
        } catch {
            program.fail(ConfigurationError("", "\(error)", pointsToHelp: false))
        }
    }
}
