package example.terrace.sdk

import example.terrace.sdk.model.Page
import kotlinx.coroutines.CoroutineDispatcher
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.flow.Flow
import kotlinx.coroutines.flow.flow
import kotlinx.coroutines.runInterruptible

/**
 * The shop's API for coroutines. Every operation suspends, and throws a [Refusal] when it is refused; a coroutine that is cancelled
 * gives its call up.
 */
public class CoroutineTerrace(
    override val shop: Terrace,
    /** Where calls wait. */
    private val dispatcher: CoroutineDispatcher = Dispatchers.IO,
) : CoroutineOperations() {
    override suspend fun <T> call(block: () -> T): T = runInterruptible(dispatcher, block)

    /** Every item of a list, page by page: `each { cursor -> shop.listProducts(cursor = cursor) }`. */
    public fun <T : Any> each(list: suspend (cursor: String?) -> Page<T>): Flow<T> = flow {
        var cursor: String? = null
        do {
            val page = list(cursor)
            page.items.forEach { emit(it) }
            cursor = page.nextCursor
        } while (cursor != null)
    }

    /**
     * What happened to an order after this event, or all when it is null, and what happens, until the order is delivered or cancelled.
     * A stream that breaks goes on where it was.
     */
    public fun followOrder(id: String, lastEventId: String? = null): Flow<OrderEvent> = flow {
        shop.followOrder(id, lastEventId).use { events ->
            while (call { events.hasNext() }) emit(events.next())
        }
    }
}
