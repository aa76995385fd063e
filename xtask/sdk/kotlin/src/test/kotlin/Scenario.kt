// One story of a shopper, by the client. `cargo xtask test sdk` starts the shop and this. What the client of Java does beneath has
// a story of its own.

package scenario

import example.terrace.sdk.CoroutineTerrace
import example.terrace.sdk.Credentials
import example.terrace.sdk.Option
import example.terrace.sdk.Refusal
import example.terrace.sdk.Slug
import example.terrace.sdk.Terrace
import example.terrace.sdk.model.*
import java.io.IOException
import java.net.URI
import java.net.http.HttpClient
import java.net.http.HttpRequest
import java.net.http.HttpResponse
import java.time.Clock
import java.time.Duration
import java.util.UUID
import kotlin.time.Duration.Companion.milliseconds
import kotlin.time.Duration.Companion.seconds
import kotlin.time.TimeSource
import kotlinx.coroutines.TimeoutCancellationException
import kotlinx.coroutines.async
import kotlinx.coroutines.awaitAll
import kotlinx.coroutines.coroutineScope
import kotlinx.coroutines.flow.first
import kotlinx.coroutines.flow.map
import kotlinx.coroutines.flow.onEach
import kotlinx.coroutines.flow.toList
import kotlinx.coroutines.flow.toSet
import kotlinx.coroutines.runBlocking
import kotlinx.coroutines.withTimeout

private val url: String = System.getenv("SHOP_API")
private val faulty: String = System.getenv("SHOP_FAULTS")
private val rose = SignIn("kotlin-${UUID.randomUUID()}@garden.example", "a long pass phrase")
private val line = AddressInput().withName("Rose Gardener").withLine1("1 Orchard Lane")
    .withCity("Portland").withRegion("OR").withPostalCode("97201").withCountry("US")
private val address = DeliveryAddressInput().withName("Rose Gardener").withLine1("1 Orchard Lane")
    .withCity("Portland").withRegion("OR").withPostalCode("97201").withCountry("US")
private val story = listOf(OrderStatus.PLACED, OrderStatus.CONFIRMED, OrderStatus.CANCELLED)

fun main() = runBlocking<Unit> {
    val shop = CoroutineTerrace(Terrace(url))
    val names = shop.each { cursor -> shop.listProducts(cursor = cursor, limit = 5) }.map { it.slug }.toSet()
    check(names.size > 10) { "a list has more than one page" }
    refused(404, Slug.NOT_FOUND) { shop.getProductV2("a b ü*?") }
    refused(401, Slug.SIGN_IN_REQUIRED) { shop.getCart() }
    val broken = refused(422, Slug.INVALID_BODY) {
        shop.signUp(SignUp().withEmail("rose").withPassword("short").withName(""))
    }
    check(broken.errors().map { it.pointer }.toSet() == setOf("/name", "/password"))
    shop.signUp(SignUp().withEmail(rose.email).withPassword(rose.password).withName("Rose"))
    shop.signIn(rose)
    check(shop.getMe().email == rose.email)

    val plant = shop.listProducts(q = "monstera").items.first()
    buy(plant)
    declines(plant)
    networks(shop, plant)
    shop.signOut()
    refused(401, Slug.SIGN_IN_REQUIRED) { shop.getMe() }
    println("kotlin: ${names.size} products")
}

private suspend fun order(buyer: CoroutineTerrace, token: String, total: OrdersMoney): Order =
    buyer.placeOrder(ToAddress().withAddress(address).withPayment(PaymentInput(token)).withExpectedTotal(total))

/** With signed requests; the clock is an hour slow, and set by what the API answers. */
private suspend fun buy(plant: Product) {
    val slow = Clock.offset(Clock.systemUTC(), Duration.ofHours(-1))
    val shop = CoroutineTerrace(Terrace.builder(url).signing(true).clock(slow).build())
    shop.signIn(rose)
    coroutineScope {
        (1L..2L).map { async { shop.setCartItem(plant.id, SetCartItem(it)) } }.awaitAll()
    }
    val total = shop.getCart().total
    val changed = refused(409, Slug.PRICE_CHANGED) { order(shop, "tok_visa", total.withAmount(total.amount + 1)) }
    check(changed.document(CheckoutConflict::class.java).priceChange?.total == total)
    refused(402, Slug.PAYMENT_DECLINED) { order(shop, "tok_declined", total) }
    val bought = order(shop, "tok_visa", total)
    val seen = shop.followOrder(bought.id).onEach {
        if (it.status == OrderStatus.CONFIRMED) shop.cancelOrder(bought.id)
    }
    check(seen.map { it.status }.toList() == story)
    check(shop.followOrder(bought.id, "2").map { it.status }.toList() == story.drop(2))
    val issued = shop.createCredentials()
    refused(403, Slug.MISSING_AUTHENTICATION_TOKEN) { by(issued.accessKeyId, issued.secretAccessKey, null).getMe() }
    refused(403, Slug.INVALID_SIGNATURE) { by(issued.accessKeyId, "another", issued.sessionToken).getMe() }
    // What the caller's own function throws comes out as it is, and it is asked once.
    var asked = 0
    val own = Terrace.builder(url).signing(true).credentials { asked++; throw IOException("no credentials today") }
    val thrown = runCatching { CoroutineTerrace(own.build()).getMe() }.exceptionOrNull()
    check(thrown is IOException && asked == 1) { "$asked: $thrown" }
}

private fun by(key: String, secret: String, session: String?): CoroutineTerrace {
    val credentials = Credentials(key, secret, session, null)
    return CoroutineTerrace(Terrace.builder(url).signing(true).credentials { credentials }.build())
}

/** Who is declined too often has to wait for longer than a client does: that is told at once. */
private suspend fun declines(plant: Product) {
    val shop = CoroutineTerrace(Terrace(url))
    val moss = rose.withEmail("declined-${rose.email}")
    shop.signUp(SignUp().withEmail(moss.email).withPassword(moss.password).withName("Moss"))
    shop.signIn(moss)
    shop.setCartItem(plant.id, SetCartItem(1))
    val total = shop.getCart().total
    repeat(5) { refused(402, Slug.PAYMENT_DECLINED) { order(shop, "tok_declined", total) } }
    val asked = TimeSource.Monotonic.markNow()
    val wait = refused(429, Slug.TOO_MANY_DECLINES) { order(shop, "tok_visa", total) }.retryAfter()
    check(wait > Duration.ofMinutes(1) && asked.elapsedNow() < 10.seconds) { "$wait" }
}

/** What is lost is repeated under one name; a coroutine that is cancelled gives its wait up, whatever it waits for. */
private suspend fun networks(other: CoroutineTerrace, plant: Product) {
    val shop = CoroutineTerrace(Terrace(faulty))
    shop.signIn(rose)
    shop.setCartItem(plant.id, SetCartItem(1))
    val total = shop.getCart().total
    val before = shop.listOrders().items.size
    orderFaults("lost 503 429")
    val once = order(shop, "tok_visa", total)
    check(shop.listOrders().items.size == before + 1) { "one order, though its answer was lost" }
    orderFaults("503")
    check(refused(503, Slug.UNKNOWN) { shop.addAddress(line) }.retryAfter() == Duration.ofSeconds(1))
    check(shop.listAddresses().items.isEmpty()) { "what may be carried out twice was repeated" }
    orderFaults("lost")
    refused(0, Slug.UNREACHABLE) { shop.addAddress(line) }
    orderFaults("busy")
    givenUp { shop.getMe() }
    orderFaults("")
    givenUp { shop.followOrder(once.id, "2").first() }
    refused(0, Slug.UNREACHABLE) { shop.getMe(options = arrayOf(Option.timeout(Duration.ofNanos(1)))) }
    orderFaults("cut cut cut")
    val seen = shop.followOrder(once.id).onEach {
        if (it.status == OrderStatus.CONFIRMED) other.cancelOrder(once.id)
    }
    check(seen.map { it.status }.toList() == story)
    orderFaults("")
}

private suspend fun givenUp(call: suspend () -> Unit) {
    val started = TimeSource.Monotonic.markNow()
    try {
        withTimeout(300.milliseconds) { call() }
        error("nothing was given up")
    } catch (expected: TimeoutCancellationException) {
        check(started.elapsedNow() < 10.seconds) { "a wait went on" }
    }
}

private fun orderFaults(faults: String) {
    val request = HttpRequest.newBuilder(URI.create("$faulty/faults")).PUT(HttpRequest.BodyPublishers.ofString(faults))
    HttpClient.newHttpClient().send(request.build(), HttpResponse.BodyHandlers.discarding())
}

private suspend fun refused(status: Int, slug: String, call: suspend () -> Unit): Refusal {
    try {
        call()
    } catch (refusal: Refusal) {
        check(refusal.status() == status && refusal.slug() == slug) { "$refusal" }
        check(refusal.requestId().isNotEmpty()) { "a refusal names its request" }
        return refusal
    }
    error("$slug was expected")
}
