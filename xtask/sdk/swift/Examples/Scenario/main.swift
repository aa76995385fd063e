// One story of a shopper, by the client. `cargo xtask test sdk` starts the shop and this.

import Foundation
import TerraceSDK

#if canImport(FoundationNetworking)
    import FoundationNetworking
#endif

let url = ProcessInfo.processInfo.environment["SHOP_API"] ?? ""
let faulty = ProcessInfo.processInfo.environment["SHOP_FAULTS"] ?? ""
let rose = SignIn(email: "swift-\(UUID().uuidString.lowercased())@garden.example", password: "a long pass phrase")
let line = AddressInput(
    city: "Portland", country: "US", line1: "1 Orchard Lane", name: "Rose Gardener", postalCode: "97201", region: "OR")
let address = DeliveryAddressInput(
    city: line.city, country: line.country, line1: line.line1, name: line.name, postalCode: line.postalCode,
    region: line.region)
let story: [OrderStatus] = [.placed, .confirmed, .cancelled]

let shop = Terrace(url: url)
let names = try await browse()
try await signUp()
let found = try await shop.listProducts(q: "monstera")
let plant = found.items[0]
let total = try await buy()
try await declines()
try await signatures()
let orders = try await networks()
try await timePasses()
try await shop.signOut()
try await refused(401, .signInRequired) { _ = try await shop.getMe() }
print("swift: \(names) products, \(orders) orders")

func browse() async throws -> Int {
    var names: Set<String> = []
    for try await product in shop.each({ try await shop.listProducts(cursor: $0, limit: 5) }) {
        names.insert(product.slug)
    }
    check(names.count > 10, "a list has more than one page")
    try await refused(404, .notFound) { _ = try await shop.getProductV2(id: "a b ü*?") }
    do {
        _ = try await shop.getProductV2(id: "..")
        check(false, "a path that leads elsewhere was sent")
    } catch is InvalidSegment {}
    return names.count
}

func signUp() async throws {
    try await refused(401, .signInRequired) { _ = try await shop.getCart() }
    let broken = try await refused(422, .invalidBody) {
        _ = try await shop.signUp(SignUp(email: "rose", name: "", password: "short"))
    }
    check(Set(broken.errors.map(\.pointer)) == ["/name", "/password"], broken.errors)
    let new = SignUp(email: rose.email, name: "Rose", password: rose.password)
    _ = try await shop.signUp(new)
    try await refused(409, .emailTaken) { _ = try await shop.signUp(new) }
    try await refused(401, .wrongCredentials) {
        _ = try await shop.signIn(SignIn(email: rose.email, password: "another phrase"))
    }
    _ = try await shop.signIn(rose)
    _ = try await shop.refreshSession()
    check(try await shop.getMe().email == rose.email, "who signed in is somebody else")
}

func order(_ buyer: Terrace, _ token: String, _ total: OrdersMoney) async throws -> Order {
    let order = ToAddress(address: address, expectedTotal: total, payment: PaymentInput(token: token))
    return try await buyer.placeOrder(.toAddress(order))
}

/// The clock is an hour slow, and set by what the API answers.
func slow(signing: Bool = true) -> Settings {
    var settings = Settings(url: url, signing: signing)
    settings.now = { Date().addingTimeInterval(-3600) }
    return settings
}

/// Requests are signed; the order is followed and cancelled, and whoever comes back goes on where they were.
func buy() async throws -> OrdersMoney {
    let shop = Terrace(slow())
    _ = try await shop.listCategories()
    _ = try await shop.signIn(rose)
    _ = try await shop.setCartItem(productId: plant.id, SetCartItem(quantity: 1))
    let total = try await shop.getCart().total
    var more = total
    more.amount += 1
    let wrong = more
    let changed = try await refused(409, .priceChanged) { _ = try await order(shop, "tok_visa", wrong) }
    check(try changed.document(as: CheckoutConflict.self).priceChange?.total == total, changed)
    try await refused(402, .paymentDeclined) { _ = try await order(shop, "tok_declined", total) }
    let bought = try await order(shop, "tok_visa", total)
    check(bought.status == .confirmed, bought.status)
    check(abs(bought.placedAt.timeIntervalSinceNow) < 600, bought.placedAt)

    let seen = try await follow(shop, bought.id) { _ = try await shop.cancelOrder(id: bought.id) }
    check(seen == story, seen)
    var rest: [OrderStatus] = []
    for try await event in shop.followOrder(bought.id, after: "2") { rest.append(event.status) }
    check(rest == [.cancelled], rest)
    try await refused(409, .wrongState) { _ = try await shop.cancelOrder(id: bought.id) }
    return total
}

/// What happens to an order that is cancelled when it is confirmed.
func follow(_ shop: Terrace, _ id: String, cancel: () async throws -> Void) async throws -> [OrderStatus] {
    var seen: [OrderStatus] = []
    for try await event in shop.followOrder(id) {
        seen.append(event.status)
        if event.status == .confirmed { try await cancel() }
    }
    return seen
}

/// Who is declined too often has to wait for longer than a client does: that is told at once.
func declines() async throws {
    let shop = Terrace(url: url)
    let moss = SignIn(email: "declined-" + rose.email, password: rose.password)
    _ = try await shop.signUp(SignUp(email: moss.email, name: "Moss", password: moss.password))
    _ = try await shop.signIn(moss)
    _ = try await shop.setCartItem(productId: plant.id, SetCartItem(quantity: 1))
    let total = try await shop.getCart().total
    for _ in 1...5 {
        try await refused(402, .paymentDeclined) { _ = try await order(shop, "tok_declined", total) }
    }
    let asked = ContinuousClock.now
    let late = try await refused(429, .tooManyDeclines) { _ = try await order(shop, "tok_visa", total) }
    check(late.retryAfter ?? .zero > .seconds(60) && ContinuousClock.now - asked < .seconds(10), late)
}

/// What is not whole is refused; a wrong clock is corrected by the refusal.
func signatures() async throws {
    let issued = try await shop.createCredentials()
    func by(_ secret: String, _ token: String?, _ settings: Settings = Settings(url: url, signing: true)) -> Terrace {
        var settings = settings
        let credentials = Credentials(accessKeyID: issued.accessKeyId, secretAccessKey: secret, sessionToken: token)
        settings.credentials = { credentials }
        return Terrace(settings)
    }
    try await refused(403, .missingAuthenticationToken) { _ = try await by(issued.secretAccessKey, nil).getMe() }
    try await refused(403, .invalidSignature) { _ = try await by("another", issued.sessionToken).getMe() }
    // What the caller's own function throws comes out as it is, and it is asked once.
    let asked = Counter()
    var own = Settings(url: url, signing: true)
    own.credentials = {
        await asked.up()
        throw URLError(.notConnectedToInternet)
    }
    do {
        _ = try await Terrace(own).getMe()
        check(false, "there were credentials")
    } catch is URLError {
        let count = await asked.count
        check(count == 1, count)
    }
    let late = by(issued.secretAccessKey, issued.sessionToken, slow())
    // The one whose answer corrects the clock is not the only one that was wrong.
    try await together(3) { _ in check(try await late.getMe().email == rose.email, "somebody else") }
    let both = by(issued.secretAccessKey, issued.sessionToken)
    _ = try await both.listProducts(q: "gärtner's (a*b) & c+d=e/f~g", limit: 1)
    try await together(2) { _ = try await both.setCartItem(productId: plant.id, SetCartItem(quantity: $0)) }
}

/// What may be repeated is, and nothing else.
func networks() async throws -> Int {
    let shop = Terrace(url: faulty)
    _ = try await shop.signIn(rose)
    try await orderFaults("429 503 lost")
    check(try await shop.getMe().email == rose.email, "somebody else")
    _ = try await shop.setCartItem(productId: plant.id, SetCartItem(quantity: 1))
    let before = try await shop.listOrders().items.count
    try await orderFaults("lost 503 429")
    let once = try await order(shop, "tok_visa", total)
    let orders = try await shop.listOrders().items
    check(orders.count == before + 1 && orders[0].id == once.id, "one order, though its answer was lost")
    try await orderFaults("503")
    let busy = try await refused(503, .unknown) { _ = try await shop.addAddress(line) }
    check(busy.retryAfter == .seconds(1), busy)
    check(try await shop.listAddresses().items.isEmpty, "what may be carried out twice was repeated")
    try await orderFaults("429")
    _ = try await shop.addAddress(line)
    try await orderFaults("lost")
    try await refused(0, .unreachable) { _ = try await shop.addAddress(line) }
    try await refused(0, .unreachable) { _ = try await shop.getMe(options: CallOptions(timeout: .nanoseconds(1))) }
    try await orderFaults("busy")
    await givenUp { _ = try await shop.getMe() }
    try await orderFaults("")
    await givenUp { for try await _ in shop.followOrder(once.id, after: "2") {} }
    // A stream that breaks after each event goes on where it was.
    try await orderFaults("cut cut cut")
    let seen = try await follow(shop, once.id) { try await cancel(once.id) }
    check(seen == story, seen)
    try await orderFaults("")
    return orders.count
}

func cancel(_ id: String) async throws { _ = try await shop.cancelOrder(id: id) }

/// A task that is cancelled ends at once, whatever it waits for.
func givenUp(_ call: @escaping @Sendable () async throws -> Void) async {
    let task = Task { try await call() }
    try? await Task.sleep(for: .milliseconds(300))
    let asked = ContinuousClock.now
    task.cancel()
    _ = await task.result
    check(ContinuousClock.now - asked < .seconds(10), "a wait went on")
}

/// How often it was asked.
actor Counter {
    private(set) var count = 0
    func up() { count += 1 }
}

/// Tokens and credentials are renewed before they end, once for all who wait.
func timePasses() async throws {
    let counter = Counter()
    let later = Later()
    let bearer = Terrace(url: url)
    _ = try await bearer.signIn(rose)
    var settings = Settings(url: url, signing: true)
    settings.now = { Date().addingTimeInterval(later.by) }
    settings.credentials = {
        await counter.up()
        let issued = try await bearer.createCredentials()
        return Credentials(
            accessKeyID: issued.accessKeyId, secretAccessKey: issued.secretAccessKey, sessionToken: issued.sessionToken,
            expiresAt: issued.expiresAt)
    }
    let shop = Terrace(settings)
    for (after, expected) in [(0.0, 1), (0, 1), (14.5 * 60, 2)] {
        later.by = after
        try await together(3) { _ in _ = try await shop.getMe() }
        check(await counter.count == expected, await counter.count)
    }
}

/// A clock that goes before.
final class Later: @unchecked Sendable {
    private let lock = NSLock()
    private var seconds: TimeInterval = 0
    var by: TimeInterval {
        get { lock.withLock { seconds } }
        set { lock.withLock { seconds = newValue } }
    }
}

func together(_ many: Int, _ call: @escaping @Sendable (Int) async throws -> Void) async throws {
    try await withThrowingTaskGroup(of: Void.self) { group in
        for at in 1...many { group.addTask { try await call(at) } }
        try await group.waitForAll()
    }
}

func orderFaults(_ faults: String) async throws {
    guard let address = URL(string: faulty + "/faults") else { return }
    var request = URLRequest(url: address)
    request.httpMethod = "PUT"
    request.httpBody = Data(faults.utf8)
    _ = try await URLSession.shared.data(for: request)
}

@discardableResult
func refused(_ status: Int, _ slug: Slug, _ call: () async throws -> Void) async throws -> Refusal {
    do {
        try await call()
    } catch let refusal as Refusal {
        check(refusal.status == status && refusal.slug == slug, "\(refusal), not \(status) \(slug)")
        check(!refusal.requestID.isEmpty, "a refusal names its request")
        return refusal
    }
    fatalError("\(slug) was expected")
}

func check(_ holds: Bool, _ told: Any) {
    if !holds { fatalError("\(told)") }
}
