// A shopper's program at Amazon API Gateway, by the client. `cargo xtask test sdk-aws` deploys the shop and starts this: the
// environment has temporary credentials, as AWS gives them, and both addresses of the API. What the client of Java does beneath has
// a program of its own.

import example.terrace.sdk.CoroutineTerrace
import example.terrace.sdk.Credentials
import example.terrace.sdk.Refusal
import example.terrace.sdk.Terrace
import example.terrace.sdk.model.*
import java.net.URI
import java.net.http.HttpClient
import java.net.http.HttpRequest
import java.net.http.HttpResponse
import java.time.Clock
import java.time.Duration
import kotlinx.coroutines.async
import kotlinx.coroutines.awaitAll
import kotlinx.coroutines.coroutineScope
import kotlinx.coroutines.flow.first
import kotlinx.coroutines.flow.map
import kotlinx.coroutines.flow.toSet
import kotlinx.coroutines.runBlocking

private fun the(name: String): String = System.getenv(name)

private val who = SignIn(the("SHOP_EMAIL"), the("SHOP_PASSWORD"))
private val whole = Credentials(the("AWS_ACCESS_KEY_ID"), the("AWS_SECRET_ACCESS_KEY"), the("AWS_SESSION_TOKEN"), null)
private val now = Clock.systemUTC()
private val slow = Clock.offset(now, Duration.ofHours(-1))
private val address = DeliveryAddressInput().withName("Rose Gardener").withLine1("1 Orchard Lane")
    .withCity("Portland").withRegion("OR").withPostalCode("97201").withCountry("US")

fun main() = runBlocking<Unit> {
    // What everybody may read is at the address for people, without a signature.
    val shop = CoroutineTerrace(Terrace(the("SHOP_API")))
    val names = shop.each { cursor -> shop.listProducts(cursor = cursor, limit = 20) }.map { it.slug }.toSet()
    check(names.size > 20) { "a list has more than one page" }
    refused(404, "not-found") { shop.getProductV2("no-such-plant") }
    refused(401, "invalid-token") { shop.getCart() }
    refused(401, "wrong-credentials") { shop.signIn(who.withPassword("Another1phrase!")) }
    val plant = shop.listProducts(q = "monstera").items.first()

    // By a clock that is an hour slow. Whoever signs in is who the credentials are of.
    shop.signIn(who)
    val program = by(whole, slow)
    check(program.getMe().id == shop.getMe().id)
    program.clearCart()
    refused(422, "invalid-body") { program.setCartItem(plant.id, SetCartItem(0)) }
    coroutineScope { (1L..2L).map { async { program.setCartItem(plant.id, SetCartItem(it)) } }.awaitAll() }
    program.setCartItem(plant.id, SetCartItem(1))
    val total = program.getCart().total
    val changed = refused(409, "price-changed") { order(program, "tok_visa", total.withAmount(total.amount + 1)) }
    check(changed.document(CheckoutConflict::class.java).priceChange?.total == total)
    refused(402, "payment-declined") { order(program, "tok_declined", total) }
    val bought = order(program, "tok_visa", total)
    check(program.cancelOrder(bought.id).status == OrderStatus.CANCELLED)
    refused(409, "wrong-state") { program.cancelOrder(bought.id) }
    refused(403, "forbidden") { program.listAllOrders() }
    // API Gateway has no streams, and no such method.
    refused(403, "missing-authentication-token") { program.followOrder(bought.id).first() }
    refused(403, "missing-authentication-token") { CoroutineTerrace(Terrace(the("SHOP_SIGNED"))).getCart() }
    refused(403, "invalid-signature") {
        by(Credentials(whole.accessKeyId, "another", whole.sessionToken, null), now).getCart()
    }

    // What is lost is repeated under one name.
    orderFaults("429 503 lost")
    program.setCartItem(plant.id, SetCartItem(1))
    val before = program.listOrders().items.size
    orderFaults("lost 503 429")
    order(program, "tok_visa", total)
    check(program.listOrders().items.size == before + 1) { "one order, though its answer was lost" }
    println("kotlin: ${names.size} products")
}

private fun by(credentials: Credentials, clock: Clock) = CoroutineTerrace(
    Terrace.builder(the("SHOP_SIGNED")).signing(true).region(the("AWS_REGION")).clock(clock).credentials { credentials }.build()
)

private suspend fun order(buyer: CoroutineTerrace, token: String, total: OrdersMoney): Order =
    buyer.placeOrder(ToAddress().withAddress(address).withPayment(PaymentInput(token)).withExpectedTotal(total))

private fun orderFaults(faults: String) {
    val request = HttpRequest.newBuilder(URI.create(the("SHOP_FAULTS") + "/faults"))
        .PUT(HttpRequest.BodyPublishers.ofString(faults))
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
