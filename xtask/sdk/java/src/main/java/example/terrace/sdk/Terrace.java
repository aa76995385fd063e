package example.terrace.sdk;

import com.fasterxml.jackson.databind.JavaType;
import example.terrace.sdk.model.Page;
import example.terrace.sdk.model.TemporaryCredentials;
import java.io.UncheckedIOException;
import java.net.http.HttpClient;
import java.time.Clock;
import java.time.Duration;
import java.util.UUID;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The shop's API. Every operation is a method; every refusal a thrown {@link Refusal}. A call ends with a
 * {@link java.util.concurrent.CancellationException} when its thread is interrupted. Threads may share a client, and there is
 * nothing to close.
 */
public final class Terrace extends Operations {
    private final Session session;
    private final Sender sender;

    /** A client of the API at this address, with tokens of a sign-in. */
    public Terrace(String url) {
        this(builder(url));
    }

    private Terrace(Builder builder) {
        Supplier<@Nullable Credentials> issue = builder.credentials == null ? this::issue : builder.credentials::get;
        session = new Session(builder.clock, this::refresh, issue);
        sender = new Sender(builder, session);
    }

    /** What else may be said of a client of the API at this address. */
    public static Builder builder(String url) {
        return new Builder(url);
    }

    /** Every item of a list, page by page: {@code each(cursor -> shop.listProducts(new ListProductsParams().withCursor(cursor)))}. */
    public static <T> Stream<T> each(Function<@Nullable String, Page<T>> list) {
        Function<Page<T>, @Nullable Page<T>> next =
                page -> page.nextCursor() == null ? null : list.apply(page.nextCursor());
        return Stream.iterate(list.apply(null), page -> page != null, next::apply).flatMap(page -> page.items().stream());
    }

    /** What happened to an order and what happens, until it is delivered or cancelled. */
    public OrderEvents followOrder(String id) {
        return followOrder(id, null);
    }

    /** The same, after this event. */
    public OrderEvents followOrder(String id, @Nullable String lastEventId) {
        return new OrderEvents(sender, id, lastEventId);
    }

    @Override
    <T> T answer(Call call, JavaType type, Option... options) {
        return Json.read(send(call, options), type);
    }

    @Override
    byte[] send(Call call, Option... options) {
        for (Option option : options) option.of(call);
        if (call.isKeyed) call.headers.putIfAbsent("idempotency-key", UUID.randomUUID().toString());
        Sender.Answer answer = sender.exchange(call);
        call.show.accept(answer.headers());
        if (call.path.startsWith(Sender.SESSIONS)) {
            keepTokens(answer.bytes());
            if (call.method.equals("DELETE") && call.path.equals(Sender.SESSIONS + "/current")) session.end();
        }
        return answer.bytes();
    }

    private record Signed(@Nullable String access_token, long expires_in) {}

    private void keepTokens(byte[] answer) {
        try {
            Signed signed = Json.read(answer, Signed.class);
            if (signed.access_token() != null) {
                session.take(signed.access_token(), Duration.ofSeconds(signed.expires_in()));
            }
        } catch (UncheckedIOException fault) {
            // An answer without tokens, or without anything.
        }
    }

    /** A session that has ended leaves nobody signed in; another refusal is the caller's. */
    private void refresh() {
        try {
            refreshSession();
        } catch (Refusal refusal) {
            if (refusal.status() != 401) throw refusal;
            session.end();
        }
    }

    private @Nullable Credentials issue() {
        if (session.token() == null) return null;
        TemporaryCredentials issued = createCredentials();
        return new Credentials(
                issued.accessKeyId(), issued.secretAccessKey(), issued.sessionToken(), issued.expiresAt());
    }

    /** How a client is made. */
    public static final class Builder {
        final String url;
        boolean signing;
        @Nullable Supplier<Credentials> credentials;
        String region = "local";
        Duration timeout = Duration.ofSeconds(30);
        int retries = 3;
        @Nullable HttpClient http;
        Clock clock = Clock.systemUTC();

        private Builder(String url) {
            this.url = url.replaceAll("/+$", "");
        }

        /** Signs requests with temporary credentials instead of sending the access token. */
        public Builder signing(boolean signing) {
            this.signing = signing;
            return this;
        }

        /** Where these come from; unless told from the API, by the access token. */
        public Builder credentials(Supplier<Credentials> credentials) {
            this.credentials = credentials;
            return this;
        }

        /** Of signatures: "local" unless told, or that of AWS. */
        public Builder region(String region) {
            this.region = region;
            return this;
        }

        /** Of an attempt: 30 s unless told. */
        public Builder timeout(Duration timeout) {
            this.timeout = timeout;
            return this;
        }

        /** How often a request is repeated: 3 times unless told. */
        public Builder retries(int retries) {
            this.retries = retries;
            return this;
        }

        /** Has settings of proxies and certificates. */
        public Builder http(HttpClient http) {
            this.http = http;
            return this;
        }

        /** The machine's. */
        public Builder clock(Clock clock) {
            this.clock = clock;
            return this;
        }

        /** The client; nothing is sent yet. */
        public Terrace build() {
            return new Terrace(this);
        }
    }
}
