package example.terrace.sdk;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.Flow;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** Reads the event stream format (WHATWG HTML §9.2.6) as it arrives. */
final class EventStream implements Flow.Subscriber<List<ByteBuffer>>, AutoCloseable {
    /** How long a stream may be quiet: the API sends a comment every 15 seconds. */
    private static final int SILENCE_SECONDS = 45;

    private static final byte[] END = {};

    private final BlockingQueue<byte[]> parts = new LinkedBlockingQueue<>();
    private final ByteArrayOutputStream line = new ByteArrayOutputStream();
    private byte[] part = {};
    private int at;
    private volatile Flow.@Nullable Subscription subscription;

    record Event(@Nullable String id, String data) {}

    /** The next event; null when the stream has ended, is broken or silent. */
    @Nullable Event next() {
        String id = null;
        StringBuilder data = new StringBuilder();
        for (String line = line(); line != null; line = line()) {
            if (line.isEmpty() && data.length() > 0) return new Event(id, data.substring(1));
            String[] field = line.split(":", 2);
            String value = field.length < 2 ? "" : field[1].startsWith(" ") ? field[1].substring(1) : field[1];
            switch (field[0]) {
                case "data" -> data.append('\n').append(value);
                case "id" -> id = value;
                default -> {}
            }
        }
        return null;
    }

    private @Nullable String line() {
        while (true) {
            while (at < part.length) {
                byte one = part[at++];
                if (one == '\n') {
                    String text = line.toString(StandardCharsets.UTF_8);
                    line.reset();
                    return text.endsWith("\r") ? text.substring(0, text.length() - 1) : text;
                }
                line.write(one);
            }
            try {
                byte[] next = parts.poll(SILENCE_SECONDS, TimeUnit.SECONDS);
                if (next == null || next == END) return null;
                part = next;
                at = 0;
            } catch (InterruptedException given) {
                close();
                throw Session.interrupted();
            }
        }
    }

    @Override
    public void close() {
        Flow.Subscription subscription = this.subscription;
        if (subscription != null) subscription.cancel();
        parts.add(END);
    }

    @Override
    public void onSubscribe(Flow.Subscription subscription) {
        this.subscription = subscription;
        subscription.request(Long.MAX_VALUE);
    }

    @Override
    public void onNext(List<ByteBuffer> buffers) {
        for (ByteBuffer buffer : buffers) {
            byte[] bytes = new byte[buffer.remaining()];
            buffer.get(bytes);
            parts.add(bytes);
        }
    }

    @Override
    public void onError(Throwable fault) {
        parts.add(END);
    }

    @Override
    public void onComplete() {
        parts.add(END);
    }
}
