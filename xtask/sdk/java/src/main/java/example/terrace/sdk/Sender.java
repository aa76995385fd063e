package example.terrace.sdk;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpHeaders;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodySubscribers;
import java.net.http.HttpTimeoutException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Flow;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/** Sends: proves who calls, repeats what may be repeated. */
final class Sender {
    /** Operations on sessions are called by who has no token, and with the session's cookies. */
    static final String SESSIONS = "/v1/sessions";

    private static final String CREDENTIALS = "/v1/me/credentials";
    /** A longer wait is the caller's to decide on. */
    private static final Duration LONGEST_WAIT = Duration.ofSeconds(20);
    private static final int FIRST_WAIT_MS = 200;
    private static final String AGENT = "terrace-sdk-java/{{version}} (" + System.getProperty("java.version") + ")";

    private final Terrace.Builder settings;
    private final Session session;
    private final HttpClient http;

    Sender(Terrace.Builder settings, Session session) {
        this.settings = settings;
        this.session = session;
        // Without TLS, the second version would be asked for by an upgrade, which what stands in between may refuse.
        var version = settings.url.startsWith("https:") ? HttpClient.Version.HTTP_2 : HttpClient.Version.HTTP_1_1;
        http = settings.http != null ? settings.http : HttpClient.newBuilder().version(version).build();
    }

    /** A body, or one that goes on. */
    private record Body(byte[] bytes, Flow.@Nullable Publisher<List<ByteBuffer>> stream) {}

    /** A request, and what goes with it: its id, the access token, and the clock's correction. */
    private record Prepared(HttpRequest request, String id, @Nullable String token, Duration offset) {}

    /** An answer. */
    record Answer(
            int status, HttpHeaders headers, byte[] bytes, Flow.@Nullable Publisher<List<ByteBuffer>> stream) {}

    /** Sends until there is an answer; throws the refusal that stays. */
    Answer exchange(Call call) {
        Set<String> mended = new HashSet<>();
        for (int attempt = 1; ; attempt++) {
            Prepared prepared = prepare(call);
            Answer answer;
            try {
                answer = attempt(prepared, call);
            } catch (IOException lost) {
                if (attempt > settings.retries || !call.isRepeatable()) throw Refusal.unreachable(lost, prepared.id);
                pause(backoff(attempt));
                continue;
            }
            session.correct(answer.headers);
            // Whoever's answer it was corrected by.
            boolean wasWrong = !session.offset().equals(prepared.offset);
            if (call.path.startsWith(SESSIONS)) session.keepCookies(answer.headers);
            if (answer.status < 400) return answer;
            Refusal refusal = Refusal.of(answer.status, answer.headers, answer.bytes, session.now(), prepared.id);
            if (!mended.contains(refusal.slug()) && mend(refusal, prepared.token, wasWrong)) {
                mended.add(refusal.slug());
                continue;
            }
            // Whether a request was carried out is not known after 502, 503 and 504.
            boolean isUncertain = refusal.status() >= 502 && refusal.status() <= 504 && call.isRepeatable();
            Duration told = refusal.retryAfter();
            boolean mayRepeat = (refusal.status() == 429 || isUncertain) && told.compareTo(LONGEST_WAIT) <= 0;
            if (attempt > settings.retries || !mayRepeat) throw refusal;
            Duration own = backoff(attempt);
            pause(told.compareTo(own) > 0 ? told : own);
        }
    }

    /** The request of one attempt. */
    private Prepared prepare(Call call) {
        URI url = URI.create(settings.url + call.target());
        Duration offset = session.offset();
        Map<String, String> headers = new TreeMap<>(call.headers);
        // Each attempt has a name of its own, and with it its own signature: one counts once.
        String id = UUID.randomUUID().toString();
        headers.put("x-request-id", id);
        boolean isOfSession = call.path.startsWith(SESSIONS);
        if (isOfSession && !session.cookie().isEmpty()) headers.put("cookie", session.cookie());
        headers.put("user-agent", AGENT);
        String token = null;
        if (settings.signing && !isOfSession && !call.path.equals(CREDENTIALS)) {
            Credentials credentials = session.credentials();
            if (credentials != null) {
                Signature.sign(headers, call, url, credentials, settings.region, session.now());
            }
        } else if (!call.path.equals(SESSIONS + "/refresh")) {
            token = session.token();
            if (token != null) headers.put("authorization", "Bearer " + token);
        }
        HttpRequest.BodyPublisher body = call.body.length == 0
                ? HttpRequest.BodyPublishers.noBody()
                : HttpRequest.BodyPublishers.ofByteArray(call.body);
        HttpRequest.Builder request = HttpRequest.newBuilder(url).method(call.method, body);
        headers.forEach(request::setHeader);
        return new Prepared(request.build(), id, token, offset);
    }

    /** Sends once. */
    private Answer attempt(Prepared prepared, Call call) throws IOException {
        Duration limit = call.timeout != null ? call.timeout : settings.timeout;
        CompletableFuture<HttpResponse<Body>> sent = http.sendAsync(prepared.request, told -> call.isStream && told.statusCode() < 400
                ? BodySubscribers.mapping(BodySubscribers.ofPublisher(), stream -> new Body(new byte[0], stream))
                : BodySubscribers.mapping(BodySubscribers.ofByteArray(), bytes -> new Body(bytes, null)));
        try {
            HttpResponse<Body> response = sent.get(limit.toMillis(), TimeUnit.MILLISECONDS);
            Body body = response.body();
            return new Answer(response.statusCode(), response.headers(), body.bytes, body.stream);
        } catch (TimeoutException late) {
            sent.cancel(true);
            throw new HttpTimeoutException("no answer within " + limit);
        } catch (InterruptedException given) {
            sent.cancel(true);
            throw Session.interrupted();
        } catch (ExecutionException failed) {
            throw new IOException(failed.getCause());
        }
    }

    /** Whether the cause of a refusal is out of the way, so that the same request may come again. */
    private boolean mend(Refusal refusal, @Nullable String token, boolean clockWasWrong) {
        switch (refusal.slug()) {
            case "invalid-token":
                session.renew(token);
                return true;
            case "expired-token", "unrecognized-client":
                session.keep(null);
                return true;
            case "invalid-signature":
                return clockWasWrong;
            default:
                return false;
        }
    }

    /** Longer each time, and for no two clients the same. */
    static Duration backoff(int attempt) {
        double part = 0.5 + ThreadLocalRandom.current().nextDouble() / 2;
        return Duration.ofMillis((long) ((FIRST_WAIT_MS << Math.min(attempt, 6)) * part));
    }

    static void pause(Duration wait) {
        try {
            Thread.sleep(wait.toMillis());
        } catch (InterruptedException given) {
            throw Session.interrupted();
        }
    }
}
