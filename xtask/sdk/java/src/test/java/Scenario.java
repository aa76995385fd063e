import example.terrace.sdk.Credentials;
import example.terrace.sdk.Option;
import example.terrace.sdk.OrderEvent;
import example.terrace.sdk.OrderEvents;
import example.terrace.sdk.Refusal;
import example.terrace.sdk.Slug;
import example.terrace.sdk.Terrace;
import example.terrace.sdk.model.*;
import java.io.IOException;
import java.net.Proxy;
import java.net.ProxySelector;
import java.net.SocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/** One story of a shopper, by the client. {@code cargo xtask test sdk} starts the shop and this. */
final class Scenario {
    private static final String URL = System.getenv("SHOP_API");
    private static final String FAULTY = System.getenv("SHOP_FAULTS");
    private static final String EMAIL = "java-" + UUID.randomUUID() + "@garden.example";
    private static final SignIn ROSE = new SignIn(EMAIL, "a long pass phrase");
    private static final AddressInput LINE = new AddressInput().withName("Rose Gardener").withLine1("1 Orchard Lane")
            .withCity("Portland").withRegion("OR").withPostalCode("97201").withCountry("US");
    private static final DeliveryAddressInput ADDRESS =
            new DeliveryAddressInput().withName("Rose Gardener").withLine1("1 Orchard Lane")
                    .withCity("Portland").withRegion("OR").withPostalCode("97201").withCountry("US");
    /** An hour slow, and set by what the API answers. */
    private static final Clock SLOW = Clock.offset(Clock.systemUTC(), Duration.ofHours(-1));
    private static final List<OrderStatus> STORY =
            List.of(OrderStatus.PLACED, OrderStatus.CONFIRMED, OrderStatus.CANCELLED);

    public static void main(String[] arguments) throws Exception {
        Terrace shop = new Terrace(URL);
        int names = browse(shop);
        signUp(shop);
        Product plant = shop.listProducts(new ListProductsParams().withQ("monstera")).items().get(0);
        OrdersMoney total = buy(plant);
        declines(plant);
        signatures(shop, plant);
        int orders = networks(shop, plant, total);
        timePasses();
        shop.signOut();
        refused(401, Slug.SIGN_IN_REQUIRED, shop::getMe);
        System.out.println("java: " + names + " products, " + orders + " orders");
    }

    private static int browse(Terrace shop) {
        Set<String> names;
        try (Stream<Product> products =
                Terrace.each(cursor -> shop.listProducts(new ListProductsParams().withCursor(cursor).withLimit(5)))) {
            names = products.map(Product::slug).collect(Collectors.toSet());
        }
        check(names.size() > 10, "a list has more than one page");
        refused(404, Slug.NOT_FOUND, () -> shop.getProductV2("a b ü*?"));
        try {
            shop.getProductV2("..");
            throw new AssertionError("a path that leads elsewhere was sent");
        } catch (IllegalArgumentException expected) {
            return names.size();
        }
    }

    private static void signUp(Terrace shop) {
        refused(401, Slug.SIGN_IN_REQUIRED, shop::getCart);
        Refusal broken = refused(422, Slug.INVALID_BODY, () ->
                shop.signUp(new SignUp().withEmail("rose").withPassword("short").withName("")));
        Set<String> fields = broken.errors().stream().map(FieldError::pointer).collect(Collectors.toSet());
        same(fields, Set.of("/name", "/password"));
        // What is not said is not sent, and named as missing.
        refused(422, Slug.INVALID_BODY, () -> shop.signUp(new SignUp().withEmail(EMAIL).withName("Rose")));
        SignUp rose = new SignUp().withEmail(EMAIL).withPassword(ROSE.password()).withName("Rose");
        shop.signUp(rose);
        refused(409, Slug.EMAIL_TAKEN, () -> shop.signUp(rose));
        refused(401, Slug.WRONG_CREDENTIALS, () -> shop.signIn(ROSE.withPassword("another phrase")));
        shop.signIn(ROSE);
        shop.refreshSession();
        same(shop.getMe().email(), EMAIL);
    }

    private static Order order(Terrace buyer, String token, OrdersMoney total) {
        return buyer.placeOrder(new ToAddress().withAddress(ADDRESS).withPayment(new PaymentInput(token)).withExpectedTotal(total));
    }

    /** Requests are signed; the order is followed and cancelled, and whoever comes back goes on where they were. */
    private static OrdersMoney buy(Product plant) {
        Terrace shop = Terrace.builder(URL).signing(true).clock(SLOW).build();
        shop.listCategories();
        shop.signIn(ROSE);
        shop.setCartItem(plant.id(), new SetCartItem(1));
        OrdersMoney total = shop.getCart().total();
        Refusal changed = refused(409, Slug.PRICE_CHANGED, () ->
                order(shop, "tok_visa", total.withAmount(total.amount() + 1)));
        same(changed.document(CheckoutConflict.class).priceChange().total(), total);
        refused(402, Slug.PAYMENT_DECLINED, () -> order(shop, "tok_declined", total));
        Order bought = order(shop, "tok_visa", total);
        same(bought.status(), OrderStatus.CONFIRMED);

        same(follow(shop, bought.id(), () -> shop.cancelOrder(bought.id())), STORY);
        List<OrderStatus> rest = new ArrayList<>();
        for (OrderEvent event : shop.followOrder(bought.id(), "2")) rest.add(event.status());
        same(rest, List.of(OrderStatus.CANCELLED));
        refused(409, Slug.WRONG_STATE, () -> shop.cancelOrder(bought.id()));
        return total;
    }

    /** What happens to an order that is cancelled when it is confirmed. */
    private static List<OrderStatus> follow(Terrace shop, String id, Runnable cancel) {
        List<OrderStatus> seen = new ArrayList<>();
        try (OrderEvents events = shop.followOrder(id)) {
            for (OrderEvent event : events) {
                seen.add(event.status());
                check(event.at().isAfter(Instant.EPOCH), event);
                if (event.status() == OrderStatus.CONFIRMED) cancel.run();
            }
        }
        return seen;
    }

    /** Who is declined too often has to wait for longer than a client does: that is told at once. */
    private static void declines(Product plant) {
        Terrace shop = new Terrace(URL);
        SignIn moss = ROSE.withEmail("declined-" + EMAIL);
        shop.signUp(new SignUp().withEmail(moss.email()).withPassword(moss.password()).withName("Moss"));
        shop.signIn(moss);
        shop.setCartItem(plant.id(), new SetCartItem(1));
        OrdersMoney total = shop.getCart().total();
        for (int at = 0; at < 5; at++) refused(402, Slug.PAYMENT_DECLINED, () -> order(shop, "tok_declined", total));
        Instant asked = Instant.now();
        Duration wait = refused(429, Slug.TOO_MANY_DECLINES, () -> order(shop, "tok_visa", total)).retryAfter();
        check(wait.toSeconds() > 60 && Instant.now().isBefore(asked.plusSeconds(10)), wait);
    }

    /** What is not whole is refused; a wrong clock is corrected by the refusal. */
    private static void signatures(Terrace shop, Product plant) {
        TemporaryCredentials issued = shop.createCredentials();
        var whole = new Credentials(issued.accessKeyId(), issued.secretAccessKey(), issued.sessionToken(), null);
        var without = new Credentials(issued.accessKeyId(), issued.secretAccessKey(), null, null);
        var another = new Credentials(issued.accessKeyId(), "another", issued.sessionToken(), null);
        refused(403, Slug.MISSING_AUTHENTICATION_TOKEN, () -> by(without, Clock.systemUTC()).getMe());
        refused(403, Slug.INVALID_SIGNATURE, () -> by(another, Clock.systemUTC()).getMe());
        // The one whose answer corrects the clock is not the only one that was wrong.
        Terrace late = by(whole, SLOW);
        together(3, at -> same(late.getMe().email(), EMAIL));
        Terrace both = by(whole, Clock.systemUTC());
        both.listProducts(new ListProductsParams().withQ("gärtner's (a*b) & c+d=e/f~g").withLimit(1));
        together(2, at -> both.setCartItem(plant.id(), new SetCartItem(at + 1)));
    }

    private static Terrace by(Credentials credentials, Clock clock) {
        return Terrace.builder(URL).signing(true).clock(clock).credentials(() -> credentials).build();
    }

    /** What may be repeated is, and nothing else. */
    private static int networks(Terrace other, Product plant, OrdersMoney total) throws Exception {
        Terrace shop = new Terrace(FAULTY);
        shop.signIn(ROSE);
        orderFaults("429 503 lost");
        same(shop.getMe().email(), EMAIL);
        shop.setCartItem(plant.id(), new SetCartItem(1));
        int before = shop.listOrders().items().size();
        orderFaults("lost 503 429");
        Order once = order(shop, "tok_visa", total);
        List<Order> orders = shop.listOrders().items();
        check(orders.size() == before + 1 && orders.get(0).id().equals(once.id()), "one order, though its answer was lost");
        orderFaults("503");
        same(refused(503, Slug.UNKNOWN, () -> shop.addAddress(LINE)).retryAfter(), Duration.ofSeconds(1));
        same(shop.listAddresses().items(), List.of());
        orderFaults("429");
        shop.addAddress(LINE);
        orderFaults("lost");
        refused(0, Slug.UNREACHABLE, () -> shop.addAddress(LINE));
        givenUp(shop);
        // A stream that breaks after each event goes on where it was.
        orderFaults("cut cut cut");
        same(follow(shop, once.id(), () -> other.cancelOrder(once.id())), STORY);
        orderFaults("");
        return orders.size();
    }

    /** An interrupt ends a wait, and the wait for an event; a stream may be closed by somebody else. */
    private static void givenUp(Terrace shop) throws Exception {
        orderFaults("busy");
        interrupted(() -> shop.getMe());
        orderFaults("");
        OrdersMoney total = total(shop);
        Order quiet = order(shop, "tok_visa", total);
        interrupted(() -> shop.followOrder(quiet.id(), "2").hasNext());
        OrderEvents closed = shop.followOrder(quiet.id(), "2");
        CompletableFuture<Boolean> waiting = CompletableFuture.supplyAsync(closed::hasNext);
        Thread.sleep(300);
        closed.close();
        same(waiting.get(), false);
        // Nobody answers at once.
        refused(0, Slug.UNREACHABLE, () -> shop.getMe(Option.timeout(Duration.ofNanos(1))));
    }

    private static OrdersMoney total(Terrace shop) {
        shop.setCartItem(shop.listProducts(new ListProductsParams().withInStock(true)).items().get(0).id(), new SetCartItem(1));
        return shop.getCart().total();
    }

    private static void interrupted(Runnable call) throws Exception {
        CompletableFuture<Throwable> ended = new CompletableFuture<>();
        Thread thread = new Thread(() -> {
            try {
                call.run();
                ended.complete(null);
            } catch (CancellationException expected) {
                ended.complete(Thread.currentThread().isInterrupted() ? expected : null);
            } catch (Throwable other) {
                ended.complete(other);
            }
        });
        thread.start();
        Thread.sleep(300);
        thread.interrupt();
        check(ended.get() instanceof CancellationException, ended.get());
    }

    /** Tokens and credentials are renewed before they end, once for all who wait. */
    private static void timePasses() {
        List<String> paths = new CopyOnWriteArrayList<>();
        ProxySelector noted = new ProxySelector() {
            @Override
            public List<Proxy> select(URI asked) {
                paths.add(asked.getPath());
                return List.of(Proxy.NO_PROXY);
            }

            @Override
            public void connectFailed(URI asked, SocketAddress address, IOException fault) {}
        };
        Later later = new Later();
        Terrace shop = Terrace.builder(URL).signing(true).clock(later)
                .http(HttpClient.newBuilder().proxy(noted).build()).build();
        shop.signIn(ROSE);
        List<String> asked = List.of("/v1/me", "/v1/me", "/v1/me");
        for (List<String> before : List.of(List.of("/v1/me/credentials"), List.<String>of(),
                List.of("/v1/sessions/refresh", "/v1/me/credentials"))) {
            if (before.size() == 2) later.by = Duration.ofSeconds(14 * 60 + 30);
            paths.clear();
            together(3, at -> shop.getMe());
            same(paths, Stream.concat(before.stream(), asked.stream()).toList());
        }
    }

    /** A clock that goes before. */
    private static final class Later extends Clock {
        private volatile Duration by = Duration.ZERO;

        @Override
        public Instant instant() {
            return Instant.now().plus(by);
        }

        @Override
        public ZoneId getZone() {
            return ZoneOffset.UTC;
        }

        @Override
        public Clock withZone(ZoneId zone) {
            return this;
        }
    }

    private interface Numbered {
        void run(int at);
    }

    private static void together(int many, Numbered call) {
        var all = IntStream.range(0, many).mapToObj(at -> CompletableFuture.runAsync(() -> call.run(at)));
        CompletableFuture.allOf(all.toArray(CompletableFuture<?>[]::new)).join();
    }

    private static void orderFaults(String faults) throws IOException, InterruptedException {
        HttpRequest request = HttpRequest.newBuilder(URI.create(FAULTY + "/faults"))
                .PUT(HttpRequest.BodyPublishers.ofString(faults)).build();
        HttpClient.newHttpClient().send(request, HttpResponse.BodyHandlers.discarding());
    }

    private static Refusal refused(int status, String slug, Runnable call) {
        try {
            call.run();
        } catch (Refusal refusal) {
            same(List.of(refusal.status(), refusal.slug()), List.of(status, slug));
            check(!refusal.requestId().isEmpty(), "a refusal names its request");
            return refusal;
        }
        throw new AssertionError(slug + " was expected");
    }

    private static void same(Object told, Object expected) {
        check(Objects.equals(told, expected), told + " is not " + expected);
    }

    private static void check(boolean holds, Object told) {
        if (!holds) throw new AssertionError(told);
    }
}
