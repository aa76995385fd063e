import Foundation

#if canImport(FoundationNetworking)
    import FoundationNetworking
#endif

/// How a client is made.
public struct Settings: Sendable {
    /// Where the API is.
    public var url: String
    /// Signs requests with temporary credentials instead of sending the access token.
    public var signing: Bool
    /// Where these come from; unless told from the API, by the access token.
    public var credentials: (@Sendable () async throws -> Credentials)?
    /// Of signatures: "local" unless told, or that of AWS.
    public var region = "local"
    /// Of an attempt.
    public var timeout = Duration.seconds(30)
    /// How often a request is repeated.
    public var retries = 3
    /// Has settings of proxies and certificates.
    public var configuration: @Sendable () -> URLSessionConfiguration = { .ephemeral }
    /// The machine's clock.
    public var now: @Sendable () -> Date = { Date() }

    public init(url: String, signing: Bool = false, credentials: (@Sendable () async throws -> Credentials)? = nil) {
        self.url = url
        self.signing = signing
        self.credentials = credentials
    }
}

/// The shop's API. Every operation is a method; every refusal a thrown `Refusal`. A task that is cancelled gives its call up.
public final class Terrace: Sendable {
    let settings: Settings
    let session: Session
    let http: URLSession
    let configuration: URLSessionConfiguration

    public convenience init(url: String, signing: Bool = false) {
        self.init(Settings(url: url, signing: signing))
    }

    /// Nothing is sent yet.
    public init(_ settings: Settings) {
        var settings = settings
        while settings.url.hasSuffix("/") { settings.url.removeLast() }
        self.settings = settings
        session = Session(machine: settings.now)
        configuration = settings.configuration()
        // The session keeps its own cookies, and what is asked for is asked of the API.
        configuration.httpCookieStorage = nil
        configuration.urlCache = nil
        http = URLSession(configuration: configuration)
    }

    deinit { http.finishTasksAndInvalidate() }

    /// Every item of a list, page by page: `shop.each { try await shop.listProducts(cursor: $0) }`.
    public func each<Item: Codable & Sendable>(
        _ list: @escaping @Sendable (_ cursor: String?) async throws -> Page<Item>
    ) -> AsyncThrowingStream<Item, any Error> {
        let pages = Pages(list)
        return AsyncThrowingStream { try await pages.next() }
    }

    func answer<T: Decodable>(_ call: Call, _ options: CallOptions) async throws -> T {
        try decoder().decode(T.self, from: try await send(call, options))
    }

    @discardableResult
    func send(_ call: Call, _ options: CallOptions) async throws -> Data {
        var call = call
        if call.isKeyed { call.headers["idempotency-key"] = options.idempotencyKey ?? UUID().uuidString }
        call.timeout = options.timeout
        let answer = try await exchange(call)
        options.onHeaders?(answer.head.headers)
        if call.path.hasPrefix(sessions) {
            if let signed = try? decoder().decode(Signed.self, from: answer.body) {
                await session.take(signed.access_token, expiresIn: signed.expires_in)
            }
            if call.method == "DELETE" && call.path == sessions + "/current" { await session.end() }
        }
        return answer.body
    }

    /// A session that has ended leaves nobody signed in; another refusal is the caller's.
    func refresh() async throws {
        do {
            _ = try await refreshSession()
        } catch let refusal as Refusal where refusal.status == 401 {
            await session.end()
        }
    }

    func issue() async throws -> Credentials? {
        if let own = settings.credentials { return try await own() }
        guard try await session.token(refresh: refresh) != nil else { return nil }
        let issued = try await createCredentials()
        return Credentials(
            accessKeyID: issued.accessKeyId, secretAccessKey: issued.secretAccessKey, sessionToken: issued.sessionToken,
            expiresAt: issued.expiresAt)
    }
}

private struct Signed: Decodable {
    let access_token: String
    let expires_in: Int
}

/// The items of pages, one by one.
private actor Pages<Item: Codable & Sendable> {
    private let list: @Sendable (String?) async throws -> Page<Item>
    private var items: ArraySlice<Item> = []
    private var cursor: String?
    private var isLast = false

    init(_ list: @escaping @Sendable (String?) async throws -> Page<Item>) {
        self.list = list
    }

    func next() async throws -> Item? {
        while items.isEmpty && !isLast {
            let page = try await list(cursor)
            items = page.items[...]
            cursor = page.nextCursor
            isLast = cursor == nil
        }
        return items.popFirst()
    }
}
