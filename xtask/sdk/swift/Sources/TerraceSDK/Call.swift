import Foundation

/// What may be said of one call.
public struct CallOptions: Sendable {
    /// The name of this intent; the client makes one for those operations that take it.
    public var idempotencyKey: String?
    /// How long an attempt may take.
    public var timeout: Duration?
    /// Is shown the answer's headers, by names in small letters.
    public var onHeaders: (@Sendable ([String: String]) -> Void)?

    public init(
        idempotencyKey: String? = nil, timeout: Duration? = nil,
        onHeaders: (@Sendable ([String: String]) -> Void)? = nil
    ) {
        self.idempotencyKey = idempotencyKey
        self.timeout = timeout
        self.onHeaders = onHeaders
    }
}

/// A value of a path that is empty or would lead elsewhere. It is not sent.
public struct InvalidSegment: Error {
    public let value: String
}

/// One operation with what it is given.
struct Call: Sendable {
    let method: String
    let path: String
    /// Whether it takes an Idempotency-Key.
    let isKeyed: Bool
    /// Pairs as they stand in the address.
    var query: [(name: String, value: String)] = []
    /// By names in small letters.
    var headers: [String: String] = [:]
    var body = Data()
    /// Whether its answer goes on, so that only its head has a time limit.
    var isStream = false
    var timeout: Duration?

    init(_ method: String, _ path: String, isKeyed: Bool = false) {
        self.method = method
        self.path = path
        self.isKeyed = isKeyed
    }

    mutating func query(_ name: String, _ value: (some CustomStringConvertible)?) {
        if let value { query.append((escape(name), escape(value.description))) }
    }

    mutating func header(_ name: String, _ value: (some CustomStringConvertible)?) {
        if let value { headers[name] = value.description }
    }

    mutating func json(_ value: (some Encodable)?) throws {
        guard let value else { return }
        body = try encoder().encode(value)
        headers["content-type"] = "application/json"
    }

    mutating func bytes(_ value: Data?) {
        guard let value else { return }
        body = value
        headers["content-type"] = "application/octet-stream"
    }

    /// Of a change of one version, the second would be refused because of the first.
    var isRepeatable: Bool {
        isKeyed || ["GET", "PUT", "DELETE"].contains(method) && headers["if-match"] == nil
    }

    var target: String {
        let pairs = query.map { "\($0.name)=\($0.value)" }
        return pairs.isEmpty ? path : path + "?" + pairs.joined(separator: "&")
    }
}

/// One segment of a path; "." and ".." would lead elsewhere.
func segment(_ value: String) throws -> String {
    if value.isEmpty || value == "." || value == ".." { throw InvalidSegment(value: value) }
    return escape(value)
}

/// As RFC 3986 says: everything but letters, digits and "-._~".
func escape(_ text: String) -> String {
    let letters = CharacterSet(charactersIn: "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")
    return text.addingPercentEncoding(withAllowedCharacters: letters) ?? ""
}
