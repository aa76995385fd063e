// A shopper's program at Amazon API Gateway, by the client. `cargo xtask test sdk-aws` deploys the shop and starts this: the
// environment has temporary credentials, as AWS gives them, and both addresses of the API.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"slices"
	"strings"
	"sync"
	"time"

	terrace "terrace.example/sdk"
)

var (
	ctx                  = context.Background()
	url, signed, faulty  = os.Getenv("SHOP_API"), os.Getenv("SHOP_SIGNED"), os.Getenv("SHOP_FAULTS")
	key, secret, session = os.Getenv("AWS_ACCESS_KEY_ID"), os.Getenv("AWS_SECRET_ACCESS_KEY"), os.Getenv("AWS_SESSION_TOKEN")
	who                  = terrace.SignIn{Email: os.Getenv("SHOP_EMAIL"), Password: os.Getenv("SHOP_PASSWORD")}
	line                 = terrace.AddressInput{Name: "Rose Gardener", Line1: "1 Orchard Lane", City: "Portland", Region: "OR",
		PostalCode: "97201", Country: "US"}
	address = terrace.DeliveryAddressInput(line)
)

func main() {
	shop := terrace.New(terrace.Config{URL: url})
	names := browse(shop)
	plant := the(shop.ListProducts(ctx, terrace.ListProductsParams{Q: terrace.Ptr("monstera")})).Items[0]
	total := buy(shop, plant)
	signatures()
	orders := networks(plant, total)
	fmt.Printf("go: %d products, %d orders\n", names, orders)
}

// What everybody may read is at the address for people, without a signature.
func browse(shop *terrace.Client) int {
	names := map[string]bool{}
	for product, err := range terrace.Each(func(cursor *string) (terrace.ProductPage, error) {
		return shop.ListProducts(ctx, terrace.ListProductsParams{Cursor: cursor, Limit: terrace.Ptr(int64(20))})
	}) {
		must(err)
		names[product.Slug] = true
	}
	check(len(names) > 20, "a list has more than one page")
	_, err := shop.GetProduct(ctx, "no-such-plant")
	refused(err, 404, "not-found")
	_, err = shop.GetCart(ctx)
	refused(err, 401, "invalid-token")
	_, err = shop.SignIn(ctx, terrace.SignIn{Email: who.Email, Password: "Another1phrase!"})
	refused(err, 401, "wrong-credentials")
	return len(names)
}

// By a clock that is an hour slow. Whoever signs in is who the credentials are of.
func buy(shop *terrace.Client, plant terrace.Product) terrace.OrdersMoney {
	the(shop.SignIn(ctx, who))
	program := by(key, secret, session, slow)
	check(the(program.GetMe(ctx)).ID == the(shop.GetMe(ctx)).ID, "somebody else")
	must(program.ClearCart(ctx))
	_, err := program.SetCartItem(ctx, plant.ID, terrace.SetCartItem{Quantity: 0})
	refused(err, 422, "invalid-body")
	the(program.SetCartItem(ctx, plant.ID, terrace.SetCartItem{Quantity: 1}))
	total := the(program.GetCart(ctx)).Total
	more := total
	more.Amount++
	_, err = order(program, "tok_visa", more)
	var conflict terrace.CheckoutConflict
	must(json.Unmarshal(refused(err, 409, "price-changed").Document, &conflict))
	check(conflict.PriceChange.Total == total, conflict)
	_, err = order(program, "tok_declined", total)
	refused(err, 402, "payment-declined")
	bought := the(order(program, "tok_visa", total))
	check(the(program.GetOrder(ctx, bought.ID)).Number == bought.Number, bought)
	isBought := func(it terrace.Order) bool { return it.ID == bought.ID }
	check(slices.ContainsFunc(orders(program), isBought), "the order is not among them")
	check(the(program.CancelOrder(ctx, bought.ID)).Status == terrace.OrderStatusCancelled, "it stays")
	_, err = program.CancelOrder(ctx, bought.ID)
	refused(err, 409, "wrong-state")
	_, err = program.ListAllOrders(ctx, terrace.ListAllOrdersParams{})
	refused(err, 403, "forbidden")
	// API Gateway has no streams, and no such method.
	for _, err := range program.FollowOrder(ctx, bought.ID, "") {
		refused(err, 403, "missing-authentication-token")
	}
	return total
}

// What is not whole is refused; a wrong clock is corrected by the refusal.
func signatures() {
	_, err := terrace.New(terrace.Config{URL: signed}).GetCart(ctx)
	refused(err, 403, "missing-authentication-token")
	_, err = by(key, secret, "", nil).GetCart(ctx)
	refused(err, 403, "unrecognized-client")
	_, err = by("ASIAAAAAAAAAAAAAAAAA", secret, session, nil).GetCart(ctx)
	refused(err, 403, "unrecognized-client")
	_, err = by(key, "another", session, nil).GetCart(ctx)
	refused(err, 403, "invalid-signature")
	late := by(key, secret, session, slow)
	var all sync.WaitGroup
	for range 3 {
		all.Add(1)
		go func() {
			defer all.Done()
			check(the(late.GetMe(ctx)).Email == who.Email, "somebody else")
		}()
	}
	all.Wait()
}

// What may be repeated is, and nothing else.
func networks(plant terrace.Product, total terrace.OrdersMoney) int {
	program := by(key, secret, session, nil)
	orderFaults("429 503 lost")
	the(program.SetCartItem(ctx, plant.ID, terrace.SetCartItem{Quantity: 1}))
	before := len(orders(program))
	orderFaults("lost 503 429")
	once := the(order(program, "tok_visa", total))
	after := orders(program)
	check(len(after) == before+1 && after[0].ID == once.ID, "one order, though its answer was lost")
	orderFaults("503")
	_, err := program.AddAddress(ctx, line)
	check(refused(err, 503, "unknown").RetryAfter == time.Second, err)
	check(len(the(program.ListAddresses(ctx)).Items) == 0, "what may be carried out twice was repeated")
	return len(after)
}

func by(key, secret, session string, now func() time.Time) *terrace.Client {
	credentials := &terrace.Credentials{AccessKeyID: key, SecretAccessKey: secret, SessionToken: session}
	return terrace.New(terrace.Config{URL: signed, Signing: true, Region: os.Getenv("AWS_REGION"), Now: now,
		Credentials: func(context.Context) (*terrace.Credentials, error) { return credentials, nil }})
}

func slow() time.Time { return time.Now().Add(-time.Hour) }

func orders(program *terrace.Client) []terrace.Order {
	return the(program.ListOrders(ctx, terrace.ListOrdersParams{})).Items
}

func order(buyer *terrace.Client, token string, total terrace.OrdersMoney) (terrace.Order, error) {
	return buyer.PlaceOrder(ctx, terrace.PlaceOrder{
		Address: &address, Payment: terrace.PaymentInput{Token: token}, ExpectedTotal: total,
	})
}

func orderFaults(faults string) {
	request := the(http.NewRequest(http.MethodPut, faulty+"/faults", strings.NewReader(faults)))
	must(the(http.DefaultClient.Do(request)).Body.Close())
}

func refused(err error, status int, slug string) *terrace.Refusal {
	var refusal *terrace.Refusal
	check(errors.As(err, &refusal) && refusal.Status == status && refusal.Slug == slug && refusal.RequestID != "", err)
	return refusal
}

func the[T any](value T, err error) T {
	must(err)
	return value
}

func must(err error) {
	if err != nil {
		panic(err)
	}
}

func check(holds bool, told any) {
	if !holds {
		panic(fmt.Sprint(told))
	}
}
