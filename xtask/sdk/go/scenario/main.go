// One story of a shopper, by the client. `cargo xtask test sdk` starts the shop and this.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"reflect"
	"strings"
	"sync"
	"time"

	terrace "terrace.example/sdk"
)

const password = "a long pass phrase"

var (
	ctx         = context.Background()
	url, faulty = os.Getenv("SHOP_API"), os.Getenv("SHOP_FAULTS")
	email       = fmt.Sprintf("go-%d@garden.example", time.Now().UnixNano())
	line        = terrace.AddressInput{Name: "Rose Gardener", Line1: "1 Orchard Lane", City: "Portland", Region: "OR",
		PostalCode: "97201", Country: "US"}
	address = terrace.DeliveryAddressInput(line)
)

func main() {
	shop := terrace.New(terrace.Config{URL: url})
	names := browse(shop)
	signUp(shop)
	plant := the(shop.ListProducts(ctx, terrace.ListProductsParams{Q: terrace.Ptr("monstera")})).Items[0]
	total := buy(plant)
	declines(plant)
	signatures(shop, plant)
	orders := networks(shop, plant, total)
	timePasses()
	must(shop.SignOut(ctx))
	_, err := shop.GetMe(ctx)
	refused(err, 401, terrace.SlugSignInRequired)
	fmt.Printf("go: %d products, %d orders\n", names, orders)
}

func browse(shop *terrace.Client) int {
	names := map[string]bool{}
	for product, err := range terrace.Each(func(cursor *string) (terrace.ProductPage, error) {
		return shop.ListProducts(ctx, terrace.ListProductsParams{Cursor: cursor, Limit: terrace.Ptr(int64(5))})
	}) {
		must(err)
		names[product.Slug] = true
	}
	check(len(names) > 10, "a list has more than one page")
	_, err := shop.GetProduct(ctx, "a b ü*?")
	refused(err, 404, terrace.SlugNotFound)
	_, err = shop.GetProduct(ctx, "..")
	var refusal *terrace.Refusal
	check(err != nil && !errors.As(err, &refusal), "a path that leads elsewhere is not sent")
	return len(names)
}

func signUp(shop *terrace.Client) {
	_, err := shop.GetCart(ctx)
	refused(err, 401, terrace.SlugSignInRequired)
	_, err = shop.SignUp(ctx, terrace.SignUp{Email: email, Password: "short"})
	fields := map[string]bool{}
	for _, fault := range refused(err, 422, terrace.SlugInvalidBody).Errors {
		fields[fault.Pointer] = true
	}
	check(reflect.DeepEqual(fields, map[string]bool{"/name": true, "/password": true}), fields)
	rose := terrace.SignUp{Email: email, Password: password, Name: "Rose"}
	the(shop.SignUp(ctx, rose))
	_, err = shop.SignUp(ctx, rose)
	refused(err, 409, terrace.SlugEmailTaken)
	_, err = shop.SignIn(ctx, terrace.SignIn{Email: email, Password: "another phrase"})
	refused(err, 401, terrace.SlugWrongCredentials)
	the(shop.SignIn(ctx, terrace.SignIn{Email: email, Password: password}))
	the(shop.RefreshSession(ctx))
	check(the(shop.GetMe(ctx)).Email == email, "who signed in is somebody else")
}

// The clock is an hour slow, and set by what the API answers.
func slow() time.Time { return time.Now().Add(-time.Hour) }

func order(buyer *terrace.Client, token string, total terrace.OrdersMoney) (terrace.Order, error) {
	return buyer.PlaceOrder(ctx, terrace.PlaceOrder{
		Address: &address, Payment: terrace.PaymentInput{Token: token}, ExpectedTotal: total,
	})
}

// Requests are signed; the order is followed and cancelled, and whoever comes back goes on where they were.
func buy(plant terrace.Product) terrace.OrdersMoney {
	shop := terrace.New(terrace.Config{URL: url, Signing: true, Now: slow})
	the(shop.ListCategories(ctx))
	the(shop.SignIn(ctx, terrace.SignIn{Email: email, Password: password}))
	the(shop.SetCartItem(ctx, plant.ID, terrace.SetCartItem{Quantity: 1}))
	total := the(shop.GetCart(ctx)).Total
	more := total
	more.Amount++
	_, err := order(shop, "tok_visa", more)
	var conflict terrace.CheckoutConflict
	must(json.Unmarshal(refused(err, 409, terrace.SlugPriceChanged).Document, &conflict))
	check(conflict.PriceChange.Total == total, conflict)
	_, err = order(shop, "tok_declined", total)
	refused(err, 402, terrace.SlugPaymentDeclined)
	bought := the(order(shop, "tok_visa", total))
	check(bought.Status == terrace.OrderStatusConfirmed, bought.Status)

	var seen, rest []terrace.OrderStatus
	for event, err := range shop.FollowOrder(ctx, bought.ID, "") {
		must(err)
		seen = append(seen, event.Status)
		if event.Status == terrace.OrderStatusConfirmed {
			the(shop.CancelOrder(ctx, bought.ID))
		}
	}
	check(reflect.DeepEqual(seen, []terrace.OrderStatus{"placed", "confirmed", "cancelled"}), seen)
	for event, err := range shop.FollowOrder(ctx, bought.ID, "2") {
		must(err)
		rest = append(rest, event.Status)
	}
	check(reflect.DeepEqual(rest, seen[2:]), rest)
	_, err = shop.CancelOrder(ctx, bought.ID)
	refused(err, 409, terrace.SlugWrongState)
	return total
}

// Who is declined too often has to wait for longer than a client does: that is told at once.
func declines(plant terrace.Product) {
	shop := terrace.New(terrace.Config{URL: url})
	moss := terrace.SignIn{Email: "declined-" + email, Password: password}
	the(shop.SignUp(ctx, terrace.SignUp{Email: moss.Email, Password: moss.Password, Name: "Moss"}))
	the(shop.SignIn(ctx, moss))
	the(shop.SetCartItem(ctx, plant.ID, terrace.SetCartItem{Quantity: 1}))
	total := the(shop.GetCart(ctx)).Total
	for range 5 {
		_, err := order(shop, "tok_declined", total)
		refused(err, 402, terrace.SlugPaymentDeclined)
	}
	asked := time.Now()
	_, err := order(shop, "tok_visa", total)
	wait := refused(err, 429, terrace.SlugTooManyDeclines).RetryAfter
	check(wait > time.Minute && time.Since(asked) < 10*time.Second, wait)
}

// What is not whole is refused; a wrong clock is corrected by the refusal.
func signatures(shop *terrace.Client, plant terrace.Product) {
	issued := the(shop.CreateCredentials(ctx, nil))
	by := func(secret, session string, now func() time.Time) *terrace.Client {
		credentials := &terrace.Credentials{AccessKeyID: issued.AccessKeyID, SecretAccessKey: secret, SessionToken: session}
		return terrace.New(terrace.Config{URL: url, Signing: true, Now: now,
			Credentials: func(context.Context) (*terrace.Credentials, error) { return credentials, nil }})
	}
	_, err := by(issued.SecretAccessKey, "", nil).GetMe(ctx)
	refused(err, 403, terrace.SlugMissingAuthenticationToken)
	_, err = by("another", issued.SessionToken, nil).GetMe(ctx)
	refused(err, 403, terrace.SlugInvalidSignature)
	// What the caller's own function returns comes out as it is, and it is asked once.
	none, asked := errors.New("no credentials today"), 0
	_, err = terrace.New(terrace.Config{URL: url, Signing: true,
		Credentials: func(context.Context) (*terrace.Credentials, error) { asked++; return nil, none }}).GetMe(ctx)
	check(err == none && asked == 1, err)
	// The one whose answer corrects the clock is not the only one that was wrong.
	late := by(issued.SecretAccessKey, issued.SessionToken, slow)
	together(3, func(int64) { check(the(late.GetMe(ctx)).Email == email, "somebody else") })
	both := by(issued.SecretAccessKey, issued.SessionToken, nil)
	the(both.ListProducts(ctx, terrace.ListProductsParams{Q: terrace.Ptr("gärtner's (a*b) & c+d=e/f")}))
	together(2, func(at int64) { the(both.SetCartItem(ctx, plant.ID, terrace.SetCartItem{Quantity: at + 1})) })
}

func together(many int64, call func(at int64)) {
	var all sync.WaitGroup
	for at := range many {
		all.Add(1)
		go func() {
			defer all.Done()
			call(at)
		}()
	}
	all.Wait()
}

// What may be repeated is, and nothing else.
func networks(other *terrace.Client, plant terrace.Product, total terrace.OrdersMoney) int {
	shop := terrace.New(terrace.Config{URL: faulty})
	the(shop.SignIn(ctx, terrace.SignIn{Email: email, Password: password}))
	orderFaults("429 503 lost")
	check(the(shop.GetMe(ctx)).Email == email, "somebody else")
	the(shop.SetCartItem(ctx, plant.ID, terrace.SetCartItem{Quantity: 1}))
	before := len(the(shop.ListOrders(ctx, terrace.ListOrdersParams{})).Items)
	orderFaults("lost 503 429")
	once := the(order(shop, "tok_visa", total))
	orders := the(shop.ListOrders(ctx, terrace.ListOrdersParams{})).Items
	check(len(orders) == before+1 && orders[0].ID == once.ID, "one order, though its answer was lost")
	orderFaults("503")
	_, err := shop.AddAddress(ctx, line)
	check(refused(err, 503, terrace.SlugUnknown).RetryAfter == time.Second, err)
	check(len(the(shop.ListAddresses(ctx)).Items) == 0, "what may be carried out twice was repeated")
	orderFaults("429")
	the(shop.AddAddress(ctx, line))
	orderFaults("lost")
	_, err = shop.AddAddress(ctx, line)
	refused(err, 0, terrace.SlugUnreachable)
	orderFaults("busy")
	limited, cancel := context.WithTimeout(ctx, 300*time.Millisecond)
	defer cancel()
	_, err = shop.GetMe(limited)
	check(errors.Is(err, context.DeadlineExceeded), err)
	// An answer without an end is waited for as long as an attempt may take.
	orderFaults("drip")
	hasty := terrace.New(terrace.Config{URL: faulty, Timeout: 200 * time.Millisecond, Retries: -1})
	_, err = hasty.ListCategories(ctx)
	refused(err, 0, terrace.SlugUnreachable)
	check(errors.Is(err, context.DeadlineExceeded), err)
	// A stream that breaks after each event goes on where it was.
	orderFaults("cut cut cut")
	var seen []terrace.OrderStatus
	for event, err := range shop.FollowOrder(ctx, once.ID, "") {
		must(err)
		seen = append(seen, event.Status)
		if event.Status == terrace.OrderStatusConfirmed {
			the(other.CancelOrder(ctx, once.ID))
		}
	}
	check(reflect.DeepEqual(seen, []terrace.OrderStatus{"placed", "confirmed", "cancelled"}), seen)
	orderFaults("")
	return len(orders)
}

// recorder notes what is asked.
type recorder struct {
	lock  sync.Mutex
	paths []string
}

func (r *recorder) RoundTrip(request *http.Request) (*http.Response, error) {
	r.lock.Lock()
	r.paths = append(r.paths, request.URL.Path)
	r.lock.Unlock()
	return http.DefaultTransport.RoundTrip(request)
}

// Tokens and credentials are renewed before they end, once for all who wait.
func timePasses() {
	var later time.Duration
	noted := &recorder{}
	shop := terrace.New(terrace.Config{URL: url, Signing: true, HTTP: &http.Client{Transport: noted},
		Now: func() time.Time { return time.Now().Add(later) }})
	the(shop.SignIn(ctx, terrace.SignIn{Email: email, Password: password}))
	asked := func(expected ...string) {
		noted.paths = nil
		together(3, func(int64) { the(shop.GetMe(ctx)) })
		expected = append(expected, "/v1/me", "/v1/me", "/v1/me")
		check(reflect.DeepEqual(noted.paths, expected), noted.paths)
	}
	asked("/v1/me/credentials")
	asked()
	later = 14*time.Minute + 30*time.Second
	asked("/v1/sessions/refresh", "/v1/me/credentials")
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
