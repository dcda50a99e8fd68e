// Package judge is what every judge needs: the simulator's control interface, a merchant's server for notices, and checks that end the program.
package judge

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"time"
)

// URL is the simulator's plain address.
var URL = os.Getenv("SIMULATOR_URL")

// Merchant is what GET /sim/merchant tells.
type Merchant struct {
	Appid       string `json:"appid"`
	MchID       string `json:"mch_id"`
	APIKey      string `json:"api_key"`
	APIv3Key    string `json:"api_v3_key"`
	SerialNo    string `json:"serial_no"`
	Certificate string `json:"certificate_pem"`
	PrivateKey  string `json:"private_key_pem"`
	Platform    struct {
		PublicKeyID string `json:"public_key_id"`
		PublicKey   string `json:"public_key_pem"`
	} `json:"platform"`
}

// Check ends the program unless what holds.
func Check(what bool, parts ...any) {
	if !what {
		panic(fmt.Sprintln(parts...))
	}
}

// Same ends the program unless both are equal.
func Same[T comparable](left, right T) {
	Check(left == right, fmt.Sprintf("%v is not %v", left, right))
}

// Must ends the program at an error.
func Must[T any](value T, err error) T {
	Check(err == nil, err)
	return value
}

// Control is one call of /sim/…
func Control(method, path string, body any, told any) {
	text := Must(json.Marshal(body))
	request := Must(http.NewRequest(method, URL+path, bytes.NewReader(text)))
	answer := Must(http.DefaultClient.Do(request))
	defer answer.Body.Close()
	read := Must(io.ReadAll(answer.Body))
	Same(answer.StatusCode, 200)
	if told != nil {
		Check(json.Unmarshal(read, told) == nil, string(read))
	}
}

// Own is the merchant.
func Own() (merchant Merchant) {
	Control("GET", "/sim/merchant", nil, &merchant)
	return
}

// Pay pays a trade.
func Pay(number string) { Control("POST", "/sim/pay", map[string]any{"out_trade_no": number}, nil) }

// Advance moves the virtual clock.
func Advance(seconds int) {
	Control("POST", "/sim/clock/advance", map[string]any{"seconds": seconds}, nil)
}

// Fault arms one fault for one time.
func Fault(on, kind string) {
	fault := map[string]any{"on": on, "kind": kind, "times": 1}
	Control("PUT", "/sim/faults", map[string]any{"faults": []any{fault}}, nil)
}

// Today is the simulator's day in China, as yyyyMMdd.
func Today() string {
	var told struct {
		Trades []struct {
			TimeEnd string `json:"time_end"`
		} `json:"trades"`
	}
	Control("GET", "/sim/trades", nil, &told)
	for _, trade := range told.Trades {
		if trade.TimeEnd != "" {
			return trade.TimeEnd[:8]
		}
	}
	panic("nothing was paid")
}

// Receiver is a merchant's server.
type Receiver struct {
	URL     string
	notices chan *http.Request
}

// Open starts one that answers status and text.
func Open(status int, text string) *Receiver {
	listener := Must(net.Listen("tcp", "127.0.0.1:0"))
	receiver := &Receiver{fmt.Sprintf("http://%s/notify", listener.Addr()), make(chan *http.Request, 100)}
	go http.Serve(listener, http.HandlerFunc(func(writer http.ResponseWriter, request *http.Request) {
		body := Must(io.ReadAll(request.Body))
		request.Body = io.NopCloser(bytes.NewReader(body))
		writer.WriteHeader(status)
		io.WriteString(writer, text)
		receiver.notices <- request
	}))
	return receiver
}

// Next is the next notice.
func (receiver *Receiver) Next() *http.Request {
	select {
	case notice := <-receiver.notices:
		return notice
	case <-time.After(10 * time.Second):
		panic("no notice came")
	}
}

// Success is what API v2 wants to hear.
const Success = "<xml><return_code><![CDATA[SUCCESS]]></return_code></xml>"
