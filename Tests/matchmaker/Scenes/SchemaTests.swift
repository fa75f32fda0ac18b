import Foundation
import SessionProtocol
import Testing

@testable import Service
@testable import matchmaker

/// `compose/scenes.schema.json` says the same as the reader. That both refuse the same bad files is for the end-to-end tests,
/// which have a validator.
@Suite struct SchemaTests {
    private static let folder = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent().appending(path: "compose")

    private static func text(_ name: String) throws -> String {
        String(decoding: try Data(contentsOf: folder.appending(path: name)), as: UTF8.self)
    }

    private static func definitions() throws -> [ConfigurationMember] {
        let schema = try ConfigurationNode.parse(Array(try text("scenes.schema.json").utf8), file: "schema")
        return try schema.members().first { $0.key == "$defs" }?.node.members() ?? []
    }

    private static func strings(_ node: ConfigurationNode?) throws -> Set<String> {
        var strings: Set<String> = []
        for element in try node?.elements(countMax: 1000) ?? [] { strings.insert(try element.text()) }
        return strings
    }

    @Test("Every key that the reader knows is in the schema, and every key of the schema is known", arguments: SceneFileKeys.allCases)
    func keys(kind: SceneFileKeys) throws {
        let definition = try #require(try Self.definitions().first { $0.key == kind.rawValue }?.node)
        let properties = try definition.object("properties")?.members().map(\.key) ?? []
        #expect(Set(properties) == Set(kind.keys))
        #expect(try Self.strings(definition.object("required")) == Set(kind.required))
        let further = try #require(try definition.object("additionalProperties"))
        #expect(try further.boolean() == false, "an unknown key is refused")
    }

    @Test("The schema has no kind of object that the reader does not know")
    func kinds() throws {
        let objects = try Self.definitions().filter { try $0.node.object("properties") != nil }
        #expect(Set(objects.map(\.key)) == Set(SceneFileKeys.allCases.map(\.rawValue)))
    }

    @Test("The reasons that may have a completion code are those for which sessions end")
    func reasons() throws {
        let scene = try #require(try Self.definitions().first { $0.key == "scene" }?.node)
        let codes = try scene.object("properties")?.object("completionCodes")
        #expect(try Self.strings(codes?.object("propertyNames")?.object("enum")) == Set(EndReason.allCases.map(\.description)))
        #expect(try codes?.object("additionalProperties")?.object("maxLength")?.integer(in: 0...9999) == ProtocolLimits.completionCodeBytesMax)
    }

    @Test("The examples are good files, and show every key of every kind; tokens need a secret, and so have one of their own")
    func example() throws {
        let text = try Self.text("greenroom.json")
        #expect(try settings(file: text).scenes.count > 4)
        let admission = try ConfigurationNode.parse(Array(try Self.text("admission.json").utf8), file: "admission.json")
        #expect(try SceneFile.scenes(admission.object("scenes")).count == 1)
        var seen: Set<String> = []
        func walk(_ node: ConfigurationNode) {
            switch node.value {
            case .object(let members):
                for member in members {
                    seen.insert(member.key)
                    walk(member.node)
                }
            case .array(let elements): elements.forEach(walk)
            case .null, .boolean, .number, .string: break
            }
        }
        walk(try ConfigurationNode.parse(Array(text.utf8), file: "greenroom.json"))
        walk(admission)
        let known = Set(SceneFileKeys.allCases.flatMap(\.keys))
        #expect(known.subtracting(seen) == [])
    }
}
