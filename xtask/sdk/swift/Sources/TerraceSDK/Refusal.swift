import Foundation

/// What Amazon API Gateway calls what it refuses by itself, in `x-amzn-errortype`.
private let amazon = [
    "AccessDeniedException": "forbidden",
    "ExpiredTokenException": "expired-token",
    "IncompleteSignatureException": "incomplete-signature",
    "InvalidSignatureException": "invalid-signature",
    "MissingAuthenticationTokenException": "missing-authentication-token",
    "UnauthorizedException": "invalid-token",
    "UnrecognizedClientException": "unrecognized-client",
]

/// What the API refuses with (RFC 9457). With the slug `unreachable` and the status 0 it is the lack of any answer.
public struct Refusal: Error, Sendable {
    /// What kind it is, such as `.notFound`: the last part of its type.
    public let slug: Slug
    /// The HTTP status; 0 when nobody answered.
    public let status: Int
    /// The kind, for a person.
    public let title: String
    /// This occurrence, for a person.
    public let detail: String?
    /// To be quoted when asking for help.
    public let requestID: String
    /// The fields at fault, by JSON pointers into the request's body.
    public let errors: [FieldError]
    /// How long to wait, when the API said so.
    public let retryAfter: Duration?
    /// All that was answered, for the members of one kind.
    public let document: Data
    /// Why nobody answered.
    public let cause: (any Error)?

    /// All that was answered, as a type that has the members of one kind, such as `CheckoutConflict`.
    public func document<T: Decodable>(as type: T.Type) throws -> T {
        try decoder().decode(type, from: document)
    }

    static func unreachable(_ cause: any Error, _ sent: String) -> Refusal {
        Refusal(
            slug: .unreachable, status: 0, title: "the API cannot be reached", detail: nil, requestID: sent, errors: [],
            retryAfter: nil, document: Data(), cause: cause)
    }

    /// What stands between us and the API may answer without a document, and API Gateway does so in words of its own, or says
    /// `bad-request` of what its header names.
    init(_ head: Head, _ body: Data, now: Date, sent: String) {
        let problem = try? decoder().decode(Problem.self, from: body)
        let told = problem.map { String($0.type.split(separator: "/").last ?? "unknown") } ?? "unknown"
        let named = head.headers["x-amzn-errortype"]?.split(separator: ":").first.map(String.init)
        let kind = named.flatMap { amazon[$0] }
        slug = Slug(rawValue: ["unknown", "bad-request"].contains(told) ? kind ?? told : told)
        status = head.status
        title = problem?.title ?? "no document tells why"
        let own = try? decoder().decode([String: String].self, from: body)
        detail = problem == nil ? own?["message"] ?? own?["Message"] : problem?.detail
        requestID = problem?.instance ?? head.headers["x-request-id"] ?? head.headers["x-amzn-requestid"] ?? sent
        errors = problem?.errors ?? []
        retryAfter = wait(head.headers["retry-after"], now)
        document = body
        cause = nil
    }

    private init(
        slug: Slug, status: Int, title: String, detail: String?, requestID: String, errors: [FieldError],
        retryAfter: Duration?, document: Data, cause: (any Error)?
    ) {
        self.slug = slug
        self.status = status
        self.title = title
        self.detail = detail
        self.requestID = requestID
        self.errors = errors
        self.retryAfter = retryAfter
        self.document = document
        self.cause = cause
    }
}

extension Refusal: CustomStringConvertible {
    public var description: String { "\(status) \(slug): \(detail ?? title)" }
}

/// Retry-After: seconds, or a date.
private func wait(_ told: String?, _ now: Date) -> Duration? {
    guard let told else { return nil }
    if let seconds = Int(told) { return .seconds(max(0, seconds)) }
    return httpDate(told).map { .seconds(max(0, $0.timeIntervalSince(now))) }
}
