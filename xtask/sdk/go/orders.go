package terrace

import (
	"bufio"
	"context"
	"encoding/json"
	"io"
	"iter"
	"strings"
)

// OrderEvent is a change of an order's status.
type OrderEvent struct {
	// ID is for a later FollowOrder.
	ID string
	OrderMoment
}

// FollowOrder yields what happened to an order after this event, or all when it is empty, and what happens, until the order is
// delivered or cancelled. A stream that breaks goes on where it was; an error ends it.
func (c *Client) FollowOrder(ctx context.Context, id, lastEventID string) iter.Seq2[OrderEvent, error] {
	return func(yield func(OrderEvent, error) bool) {
		for failures := 0; ; failures++ {
			if failures > 0 {
				if err := pause(ctx, backoff(failures)); err != nil {
					yield(OrderEvent{}, err)
					return
				}
			}
			call := newCall("GET", "/v1/orders/"+segment(id)+"/events", false)
			call.isStream = true
			call.header.Set("Accept", "text/event-stream")
			if lastEventID != "" {
				call.header.Set("Last-Event-Id", lastEventID)
			}
			response, _, err := c.exchange(ctx, call)
			if err != nil {
				yield(OrderEvent{}, err)
				return
			}
			isOver := read(response.Body, func(event OrderEvent) bool {
				failures, lastEventID = 0, event.ID
				isLast := event.Status == OrderStatusDelivered || event.Status == OrderStatusCancelled
				return !yield(event, nil) || isLast
			})
			response.Body.Close()
			if isOver {
				return
			}
			if ctx.Err() != nil {
				yield(OrderEvent{}, ctx.Err())
				return
			}
		}
	}
}

// read reads the event stream format (WHATWG HTML §9.2.6) until take has enough, which it tells, or the stream ends.
func read(stream io.Reader, take func(OrderEvent) bool) bool {
	var event OrderEvent
	var data []string
	for lines := bufio.NewScanner(stream); lines.Scan(); {
		line := lines.Text()
		field, value, _ := strings.Cut(line, ":")
		value = strings.TrimPrefix(value, " ")
		switch {
		case field == "data":
			data = append(data, value)
		case field == "id":
			event.ID = value
		case line == "" && len(data) > 0:
			if json.Unmarshal([]byte(strings.Join(data, "\n")), &event.OrderMoment) != nil {
				return false
			}
			data = nil
			if take(event) {
				return true
			}
		}
	}
	return false
}
