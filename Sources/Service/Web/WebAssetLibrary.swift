import WebAssets
import WebProtocol

/// The files embedded in the executable, as responses by path.
public struct WebAssetLibrary {
    /// Files of the client library, which pages of other servers may import; who may join is another question.
    private static let clientPrefix = "/greenroom"

    private var responses: [String: HTTPResponse] = [:]

    public init() {
        let assets = unsafe UnsafeBufferPointer(start: greenroom_assets(), count: greenroom_asset_count())
        for index in assets.indices {
            let asset = unsafe assets[index]
            let body = unsafe [UInt8](UnsafeBufferPointer(start: asset.bytes, count: asset.length))
            let path = unsafe String(cString: asset.path)
            var headers = [
                HTTPField("Cache-Control", "no-cache"),
                HTTPField("X-Content-Type-Options", "nosniff"),
                HTTPField("Content-Security-Policy", "default-src 'self'; connect-src *; frame-ancestors 'none'"),
            ]
            if path.hasPrefix(Self.clientPrefix) {
                headers.append(HTTPField("Access-Control-Allow-Origin", "*"))
                headers.append(HTTPField("Cross-Origin-Resource-Policy", "cross-origin"))
            }
            responses[path] = unsafe HTTPResponse(
                .ok, contentType: String(cString: asset.content_type), headers: headers, body: body)
        }
    }

    public subscript(path: String) -> HTTPResponse? { responses[path] }
}
