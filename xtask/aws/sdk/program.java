import example.terrace.sdk.Credentials;
import example.terrace.sdk.Refusal;
import example.terrace.sdk.Terrace;
import example.terrace.sdk.model.*;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * A shopper's program at Amazon API Gateway, by the client. {@code cargo xtask test sdk-aws} deploys the shop and starts this: the
 * environment has temporary credentials, as AWS gives them, and both addresses of the API.
 */
final class Program {
    private static final String URL = System.getenv("SHOP_API");
    private static final String SIGNED = System.getenv("SHOP_SIGNED");
    private static final String FAULTY = System.getenv("SHOP_FAULTS");
    private static final String KEY = System.getenv("AWS_ACCESS_KEY_ID");
    private static final String SECRET = System.getenv("AWS_SECRET_ACCESS_KEY");
    private static final String SESSION = System.getenv("AWS_SESSION_TOKEN");
    private static final SignIn WHO = new SignIn(System.getenv("SHOP_EMAIL"), System.getenv("SHOP_PASSWORD"));
    private static final Clock NOW = Clock.systemUTC();
    private static final Clock SLOW = Clock.offset(NOW, Duration.ofHours(-1));
    private static final AddressInput LINE = new AddressInput().withName("Rose Gardener").withLine1("1 Orchard Lane")
            .withCity("Portland").withRegion("OR").withPostalCode("97201").withCountry("US");
    private static final DeliveryAddressInput ADDRESS =
            new DeliveryAddressInput().withName("Rose Gardener").withLine1("1 Orchard Lane")
                    .withCity("Portland").withRegion("OR").withPostalCode("97201").withCountry("US");

    public static void main(String[] arguments) throws Exception {
        Terrace shop = new Terrace(URL);
        int names = browse(shop);
        Product plant = shop.listProducts(new ListProductsParams().withQ("monstera")).items().get(0);
        OrdersMoney total = buy(shop, plant);
        signatures();
        int orders = networks(plant, total);
        System.out.println("java: " + names + " products, " + orders + " orders");
    }

    /** What everybody may read is at the address for people, without a signature. */
    private static int browse(Terrace shop) {
        Set<String> names;
        try (Stream<Product> products =
                Terrace.each(cursor -> shop.listProducts(new ListProductsParams().withCursor(cursor).withLimit(20)))) {
            names = products.map(Product::slug).collect(Collectors.toSet());
        }
        check(names.size() > 20, "a list has more than one page");
        refused(404, "not-found", () -> shop.getProductV2("no-such-plant"));
        refused(401, "invalid-token", shop::getCart);
        refused(401, "wrong-credentials", () -> shop.signIn(WHO.withPassword("Another1phrase!")));
        return names.size();
    }

    /** By a clock that is an hour slow. Whoever signs in is who the credentials are of. */
    private static OrdersMoney buy(Terrace shop, Product plant) {
        shop.signIn(WHO);
        Terrace program = by(KEY, SECRET, SESSION, SLOW);
        check(program.getMe().id().equals(shop.getMe().id()), "somebody else");
        program.clearCart();
        refused(422, "invalid-body", () -> program.setCartItem(plant.id(), new SetCartItem(0)));
        program.setCartItem(plant.id(), new SetCartItem(1));
        OrdersMoney total = program.getCart().total();
        Refusal changed = refused(409, "price-changed", () ->
                order(program, "tok_visa", total.withAmount(total.amount() + 1)));
        check(changed.document(CheckoutConflict.class).priceChange().total().equals(total), changed);
        refused(402, "payment-declined", () -> order(program, "tok_declined", total));
        Order bought = order(program, "tok_visa", total);
        check(program.getOrder(bought.id()).number().equals(bought.number()), bought);
        check(program.listOrders().items().stream().anyMatch(it -> it.id().equals(bought.id())), "it is not among them");
        check(program.cancelOrder(bought.id()).status() == OrderStatus.CANCELLED, "it stays");
        refused(409, "wrong-state", () -> program.cancelOrder(bought.id()));
        refused(403, "forbidden", program::listAllOrders);
        // API Gateway has no streams, and no such method.
        refused(403, "missing-authentication-token", () -> program.followOrder(bought.id()).hasNext());
        return total;
    }

    /** What is not whole is refused; a wrong clock is corrected by the refusal. */
    private static void signatures() {
        refused(403, "missing-authentication-token", () -> new Terrace(SIGNED).getCart());
        refused(403, "unrecognized-client", () -> by(KEY, SECRET, null, NOW).getCart());
        refused(403, "unrecognized-client", () -> by("ASIAAAAAAAAAAAAAAAAA", SECRET, SESSION, NOW).getCart());
        refused(403, "invalid-signature", () -> by(KEY, "another", SESSION, NOW).getCart());
        Terrace late = by(KEY, SECRET, SESSION, SLOW);
        var all = IntStream.range(0, 3).mapToObj(at -> CompletableFuture.runAsync(() ->
                check(late.getMe().email().equals(WHO.email()), "somebody else")));
        CompletableFuture.allOf(all.toArray(CompletableFuture<?>[]::new)).join();
    }

    /** What may be repeated is, and nothing else. */
    private static int networks(Product plant, OrdersMoney total) throws Exception {
        Terrace program = by(KEY, SECRET, SESSION, NOW);
        orderFaults("429 503 lost");
        program.setCartItem(plant.id(), new SetCartItem(1));
        int before = program.listOrders().items().size();
        orderFaults("lost 503 429");
        Order once = order(program, "tok_visa", total);
        List<Order> orders = program.listOrders().items();
        check(orders.size() == before + 1 && orders.get(0).id().equals(once.id()), "one order, though its answer was lost");
        orderFaults("503");
        Refusal busy = refused(503, "unknown", () -> program.addAddress(LINE));
        check(busy.retryAfter().equals(Duration.ofSeconds(1)), busy);
        check(program.listAddresses().items().isEmpty(), "what may be carried out twice was repeated");
        return orders.size();
    }

    private static Terrace by(String key, String secret, String session, Clock clock) {
        var credentials = new Credentials(key, secret, session, null);
        return Terrace.builder(SIGNED).signing(true).region(System.getenv("AWS_REGION")).clock(clock)
                .credentials(() -> credentials).build();
    }

    private static Order order(Terrace buyer, String token, OrdersMoney total) {
        return buyer.placeOrder(new ToAddress().withAddress(ADDRESS).withPayment(new PaymentInput(token)).withExpectedTotal(total));
    }

    private static void orderFaults(String faults) throws Exception {
        HttpRequest request = HttpRequest.newBuilder(URI.create(FAULTY + "/faults"))
                .PUT(HttpRequest.BodyPublishers.ofString(faults)).build();
        HttpClient.newHttpClient().send(request, HttpResponse.BodyHandlers.discarding());
    }

    private static Refusal refused(int status, String slug, Runnable call) {
        try {
            call.run();
        } catch (Refusal refusal) {
            check(refusal.status() == status && refusal.slug().equals(slug), refusal);
            check(!refusal.requestId().isEmpty(), "a refusal names its request");
            return refusal;
        }
        throw new AssertionError(slug + " was expected");
    }

    private static void check(boolean holds, Object told) {
        if (!holds) throw new AssertionError(told);
    }
}
