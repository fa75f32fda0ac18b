import SessionProtocol

/// The part of the page of exit paths that is written from the source.
enum ExitPage {
    static var text: String { "\n" + overview + "\n" + causes }

    private static let groups: [(title: String, first: ExitCause)] = [
        ("What players do", .completed), ("Deadlines", .waitOver), ("Validation", .pairFailed),
        ("The hand-off", .noCoordinatorYet), ("Failures", .linkLostAndBack), ("Operators", .cancelled),
    ]

    // MARK: Overview

    private static var overview: String {
        var text = "## Overview\n\nThe reason where a session ends; ✓ goes on, ○ vanishes, · is over before, empty cannot happen.\n\n"
        text += "| cause | " + SessionState.allCases.map(\.description).joined(separator: " | ") + " |\n"
        text += "|---|" + SessionState.allCases.map { _ in "---|" }.joined() + "\n"
        for cause in ExitCause.allCases {
            let cells = SessionState.allCases.map { short(cause.path(in: $0)) }
            text += "| [`\(cause)`](#\(cause)) | " + cells.joined(separator: " | ") + " |\n"
        }
        return text
    }

    private static func short(_ path: ExitPath) -> String {
        switch path {
        case .ends(let ending): "`\(ending.reason)`"
        case .goesOn: "✓"
        case .vanishes: "○"
        case .isOver: "·"
        case .impossible: ""
        }
    }

    // MARK: Each cause

    private static var causes: String {
        var text = ""
        for cause in ExitCause.allCases {
            if let group = groups.first(where: { $0.first == cause }) { text += "## \(group.title)\n\n" }
            text += "### \(cause)\n\n\(cause.title)\n\n"
            let rows = merged(cause)
            let ends = rows.filter { $0.path.ending != nil }
            if !ends.isEmpty {
                text += "| ends in | decides | reason | to blame | back in the queue | they hear | others hear | matchmaker forgets | coordinator forgets |\n"
                text += "|---|---|---|---|---|---|---|---|---|\n"
                for row in ends { if let ending = row.path.ending { text += line(row.states, ending) } }
                text += "\n"
            }
            for row in rows where row.path.ending == nil { text += bullet(row.states, row.path) }
            text += "\n"
        }
        return String(text.dropLast())
    }

    private static func line(_ states: [SessionState], _ ending: ExitEnding) -> String {
        let isAnother = states.contains { $0 != ending.endedIn } && !states.contains(ending.endedIn)
        let cells = [
            list(states), ending.decider.rawValue,
            "`\(ending.reason)`" + (ending.isPresumed ? ", presumed" : "") + (isAnother ? ", as in \(ending.endedIn)" : ""),
            ending.blame == .concerned ? "those concerned" : "nobody",
            ending.requeue == .nobody ? "nobody" : ending.blame == .concerned ? "all others" : "all",
            ending.concernedHear.rawValue, ending.othersHear.rawValue, ending.matchmakerForgets.rawValue,
            ending.coordinatorForgets.rawValue,
        ]
        return "| " + cells.joined(separator: " | ") + " |\n"
    }

    private static func bullet(_ states: [SessionState], _ path: ExitPath) -> String {
        switch path {
        case .ends: ""
        case .goesOn(let text): "- *\(list(states))* goes on. \(text)\n"
        case .vanishes(let text): "- *\(list(states))* vanishes. \(text)\n"
        case .isOver(let text): "- *\(list(states))* is over. \(text)\n"
        case .impossible(let why): "- *\(list(states))* cannot happen: \(why).\n"
        }
    }

    private static func list(_ states: [SessionState]) -> String { states.map(\.description).joined(separator: ", ") }

    /// States of which the table says the same, side by side.
    private static func merged(_ cause: ExitCause) -> [(states: [SessionState], path: ExitPath)] {
        var rows: [(states: [SessionState], path: ExitPath)] = []
        for state in SessionState.allCases {
            let path = cause.path(in: state)
            if let last = rows.last, isSame(last.path, in: last.states[0], path, in: state) {
                rows[rows.count - 1].states.append(state)
            } else {
                rows.append(([state], path))
            }
        }
        return rows
    }

    private static func isSame(_ a: ExitPath, in first: SessionState, _ b: ExitPath, in second: SessionState) -> Bool {
        guard let a = a.ending, let b = b.ending else { return a == b }
        func isOwn(_ ending: ExitEnding, _ state: SessionState) -> Bool { ending.endedIn == state }
        return isOwn(a, first) == isOwn(b, second) && a.decider == b.decider && a.reason == b.reason
            && a.isPresumed == b.isPresumed && a.blame == b.blame && a.requeue == b.requeue
            && a.concernedHear == b.concernedHear && a.othersHear == b.othersHear
            && a.matchmakerForgets == b.matchmakerForgets
    }
}
