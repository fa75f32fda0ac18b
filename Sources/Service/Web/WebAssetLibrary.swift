import WebAssets
import WebProtocol

/// The files embedded in the executable, as responses by path.
public struct WebAssetLibrary {
    private var responses: [String: HTTPResponse] = [:]

    public init() {
        let assets = unsafe UnsafeBufferPointer(start: greenroom_assets(), count: greenroom_asset_count())
        for index in assets.indices {
            let asset = unsafe assets[index]
            let body = unsafe [UInt8](UnsafeBufferPointer(start: asset.bytes, count: asset.length))
            let path = unsafe String(cString: asset.path)
            responses[path] = unsafe HTTPResponse(
                .ok, contentType: String(cString: asset.content_type),
                headers: [
                    HTTPField("Cache-Control", "no-cache"),
                    HTTPField("X-Content-Type-Options", "nosniff"),
                    HTTPField("Content-Security-Policy", "default-src 'self'; connect-src *; frame-ancestors 'none'"),
                ], body: body)
        }
    }

    public subscript(path: String) -> HTTPResponse? { responses[path] }
}
