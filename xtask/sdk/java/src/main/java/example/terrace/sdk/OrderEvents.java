package example.terrace.sdk;

import example.terrace.sdk.model.OrderMoment;
import example.terrace.sdk.model.OrderStatus;
import java.nio.charset.StandardCharsets;
import java.util.Iterator;
import java.util.NoSuchElementException;
import org.jspecify.annotations.Nullable;

/**
 * What happens to an order, to be read by one thread, once. A stream that breaks goes on where it was; who stops reading before the
 * end closes it.
 */
public final class OrderEvents implements Iterable<OrderEvent>, Iterator<OrderEvent>, AutoCloseable {
    private final Sender sender;
    private final String path;
    private @Nullable String lastEventId;
    private @Nullable OrderEvent next;
    private int failures;
    private volatile boolean isOver;
    private volatile @Nullable EventStream stream;

    OrderEvents(Sender sender, String id, @Nullable String lastEventId) {
        this.sender = sender;
        this.path = "/v1/orders/" + Call.segment(id) + "/events";
        this.lastEventId = lastEventId;
    }

    @Override
    public Iterator<OrderEvent> iterator() {
        return this;
    }

    /** Waits for the next event. */
    @Override
    public boolean hasNext() {
        while (next == null && !isOver) next = read();
        return next != null;
    }

    @Override
    public OrderEvent next() {
        if (!hasNext()) throw new NoSuchElementException();
        OrderEvent event = next;
        next = null;
        return event;
    }

    /** Another thread may do so as well: who waits hears that there is no more. */
    @Override
    public void close() {
        isOver = true;
        EventStream stream = this.stream;
        if (stream != null) stream.close();
    }

    /** The next event, or null where the stream has to be opened again. */
    private @Nullable OrderEvent read() {
        EventStream stream = this.stream;
        if (stream == null) {
            if (failures > 0) Sender.pause(Sender.backoff(failures));
            stream = open();
        }
        EventStream.Event event = stream.next();
        if (event == null) {
            stream.close();
            this.stream = null;
            failures++;
            return null;
        }
        failures = 0;
        if (event.id() != null) lastEventId = event.id();
        OrderMoment moment = Json.read(event.data().getBytes(StandardCharsets.UTF_8), OrderMoment.class);
        if (moment.status() == OrderStatus.DELIVERED || moment.status() == OrderStatus.CANCELLED) close();
        return new OrderEvent(lastEventId, moment.at(), moment.status());
    }

    private EventStream open() {
        Call call = new Call("GET", path, false);
        call.isStream = true;
        call.header("accept", "text/event-stream");
        call.header("last-event-id", lastEventId);
        EventStream opened = new EventStream();
        sender.exchange(call).stream().subscribe(opened);
        stream = opened;
        if (isOver) opened.close();
        return opened;
    }
}
