/// Why a subject cannot wait in a scene: an attribute that its rules need.
public struct AttributeMisfit: Error, Hashable, Sendable {
    public enum Problem: Hashable, Sendable {
        case missing
        case notANumber
        /// No seat wants the role.
        case noSuchSeat
        /// A role is a text, or several.
        case notAText
    }
    public let attribute: String
    public let problem: Problem

    public var description: String {
        switch problem {
        case .missing: "this scene needs the attribute \(attribute)"
        case .notANumber: "the attribute \(attribute) must be a number"
        case .noSuchSeat: "this scene has no seat of the role that the attribute \(attribute) names"
        case .notAText: "the attribute \(attribute) must be a text, or several"
        }
    }
}

extension MatchingRules {
    /// The attribute that says who is a bot.
    var roleAttribute: String { roles?.attribute ?? "role" }

    /// A subject that fills a seat only when people are wanting.
    func isBot(_ attributes: Attributes) -> Bool {
        guard bots != nil else { return false }
        switch attributes[roleAttribute] {
        case .text(let role)?: return role == BotRule.role
        case .texts(let roles)?: return roles.contains(BotRule.role)
        case .number?, .flag?, nil: return false
        }
    }

    /// Why nobody with these attributes can ever be in a group of this scene; nil when they can.
    public func misfit(of attributes: Attributes) -> AttributeMisfit? {
        if isBot(attributes) { return nil }
        if let skill {
            switch attributes[skill.attribute] {
            case .number(let value)? where value.isFinite: break
            case nil where skill.fallback != nil: break
            case nil: return AttributeMisfit(attribute: skill.attribute, problem: .missing)
            case .number?, .text?, .flag?, .texts?:
                return AttributeMisfit(attribute: skill.attribute, problem: .notANumber)
            }
        }
        if let roles {
            switch attributes[roles.attribute] {
            case nil: break
            case .text(let role)? where roles.seats.contains { $0.role == role && $0.count > 0 }: break
            case .texts(let names)? where roles.seats.contains { names.contains($0.role) && $0.count > 0 }: break
            case .text?, .texts?: return AttributeMisfit(attribute: roles.attribute, problem: .noSuchSeat)
            case .number?, .flag?: return AttributeMisfit(attribute: roles.attribute, problem: .notAText)
            }
        }
        return nil
    }
}
