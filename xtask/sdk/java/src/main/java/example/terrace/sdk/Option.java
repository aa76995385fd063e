package example.terrace.sdk;

import java.net.http.HttpHeaders;
import java.time.Duration;
import java.util.function.Consumer;

/** What may be said of one call. */
public final class Option {
    private final Consumer<Call> change;

    private Option(Consumer<Call> change) {
        this.change = change;
    }

    /** Names the intent; the client makes a name for those operations that take one. */
    public static Option idempotencyKey(String key) {
        return new Option(call -> call.header("idempotency-key", key));
    }

    /** How long an attempt may take. */
    public static Option timeout(Duration timeout) {
        return new Option(call -> call.timeout = timeout);
    }

    /** Is shown the answer's headers, such as ETag. */
    public static Option onHeaders(Consumer<HttpHeaders> show) {
        return new Option(call -> call.show = show);
    }

    void of(Call call) {
        change.accept(call);
    }
}
