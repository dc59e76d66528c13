package rollbar

import (
	"encoding/json"
	"reflect"
	"strconv"
	"strings"
	"testing"

	"github.com/oriel-dev/oriel/internal/item/grouping"
)

func TestScrub_TakesOutWhatIsSecret(t *testing.T) {
	t.Parallel()
	rules := defaultScrubRules()
	f := func(in, want string) {
		t.Helper()
		var read tree
		must(t, read.readAll([]byte(in)))
		newScrubber(rules).scrub(&read, 0)
		if got := read.print(nil, 0, none); string(got) != want {
			t.Errorf("%s\n got %s\nwant %s", in, got, want)
		}
	}
	// By name, whatever its case, dashes and underscores.
	f(`{"password":"x","new_Password_2":"y","passwd":7,"api-key":"k","APIKEY":"k","X-Auth-Token":"t"}`,
		`{"password":"[FILTERED]","new_Password_2":"[FILTERED]","passwd":"[FILTERED]","api-key":"[FILTERED]","APIKEY":"[FILTERED]","X-Auth-Token":"[FILTERED]"}`)
	f(`{"token_count":3,"cookie_enabled":true,"passport":"p","tokenizer":"bpe"}`, `{"token_count":3,"cookie_enabled":true,"passport":"p","tokenizer":"bpe"}`)
	f(`{"has_password":true,"password":null,"secret":""}`, `{"has_password":true,"password":null,"secret":""}`)
	// All that is below such a name, with which names there were.
	f(`{"cookies":{"sid":"1","n":{"a":["b",2]}},"headers":{"Authorization":["Basic eA=="],"Cookie":"a=b","Accept":"*/*"}}`,
		`{"cookies":{"sid":"[FILTERED]","n":{"a":["[FILTERED]","[FILTERED]"]}},"headers":{"Authorization":["[FILTERED]"],"Cookie":"[FILTERED]","Accept":"*/*"}}`)
	// Attributes, and what the client took out before.
	f(`[{"key":"access_token","value":"x"},{"key":"a","value":"x"},{"key":"request.headers.authorization","value":{"stringValue":"x"}}]`,
		`[{"key":"access_token","value":"[FILTERED]"},{"key":"a","value":"x"},{"key":"request.headers.authorization","value":{"stringValue":"[FILTERED]"}}]`)
	f(`{"password":"********"}`, `{"password":"********"}`)
	// Parameters of addresses and forms, and JSON in a body.
	f(`{"url":"https://a.example/x?a=1&access_token=abc&b=2#token=z","query_string":"?password=p%20w","body":"user=ann&pwd=x"}`,
		`{"url":"https://a.example/x?a=1&access_token=[FILTERED]&b=2#token=[FILTERED]","query_string":"?password=[FILTERED]","body":"user=ann&pwd=[FILTERED]"}`)
	f(`{"body":"{\"user\":\"ann\",\"password\":\"x\"}","note":"password=x"}`, `{"body":"{\"user\":\"ann\",\"password\":\"[FILTERED]\"}","note":"password=x"}`)
	// Cards, by their sum; numbers that are others' stay.
	f(`{"a":"paid with 4111 1111 1111 1111 today","b":"5500-0000-0000-0004","c":"4111111111111112","d":"id 4111111111111111x","e":4111111111111111,"f":1700000000123}`,
		`{"a":"paid with [FILTERED] today","b":"[FILTERED]","c":"4111111111111112","d":"id 4111111111111111x","e":"[FILTERED]","f":1700000000123}`)
	f(`{"t":"4bf92f3577b34da6a3ce929d0e0e4736","u":"41111111-1111-1111-1111-111111111111","v":"3.14159265358979"}`,
		`{"t":"4bf92f3577b34da6a3ce929d0e0e4736","u":"41111111-1111-1111-1111-111111111111","v":"3.14159265358979"}`)
	// What is below no name at all stays as it was sent.
	f(`{"a":[1,2.50,1e3,true,null,"\ud83d\ude00\u0000"],"":{}}`, `{"a":[1,2.50,1e3,true,null,"😀\u0000"],"":{}}`)

	rules = ScrubRules{Names: []string{"*internal*"}, Except: []string{"internal_id"}}
	f(`{"internal":"x","internal_id":"y","password":"z","card":"4111111111111111"}`, `{"internal":"[FILTERED]","internal_id":"y","password":"z","card":"4111111111111111"}`)
}

// What is stored was scrubbed, by the rules of its environment: fields as well as
// the payload, and a change of the rules is there at once, and after a restart.
func TestScrub_BeforeItIsStored(t *testing.T) {
	t.Parallel()
	r := newRig(t, false)
	body := message(`,"custom":{"password":"hunter2","shoe_size":"43-shoe","card":"4111111111111111"},"request":{"headers":{"Authorization":"Bearer abc-secret"}}`)
	f := func(when string, gone, there []string) {
		t.Helper()
		row := r.stored(body)
		text := row.Get(fieldPayload).Str() + row.Get("custom.password").Text() + row.Get("custom.shoe_size").Text() + row.Get("custom.card").Text()
		for _, s := range gone {
			if strings.Contains(text, s) {
				t.Errorf("%s: %q is stored", when, s)
			}
		}
		for _, s := range there {
			if !strings.Contains(text, s) {
				t.Errorf("%s: %q is not stored", when, s)
			}
		}
	}
	f("by default", []string{"hunter2", "4111111111111111", "abc-secret"}, []string{"43-shoe"})
	s := r.front.Settings("test")
	s.Scrub.Names = append(s.Scrub.Names, "shoe*")
	must(t, r.front.SetSettings(t.Context(), "test", s, "ann"))
	f("with a rule more", []string{"hunter2", "43-shoe"}, nil)
	r.stop()
	r.start()
	r.store.take()
	f("after a restart", []string{"hunter2", "43-shoe"}, nil)
	for _, bad := range []string{"", "*", "--", strings.Repeat("x", 200), "a*b*c*d*e*f"} {
		s.Scrub.Names = []string{bad}
		if err := r.front.SetSettings(t.Context(), "test", s, "ann"); err == nil {
			t.Errorf("the rule %q is taken", bad)
		}
	}
}

// sameDecision fails unless an error is grouped the same way whatever part of it
// is shown to the algorithm, seen before or not.
func sameDecision(t *testing.T, p *payload) {
	t.Helper()
	p.findStacks()
	decide := func(l look, m *grouping.Memo) grouping.Decision {
		data, _ := p.plain(p.data, l).(map[string]any)
		return m.Decide(nil, data)
	}
	var m grouping.Memo
	want := decide(whole, &grouping.Memo{})
	for _, l := range []look{withoutLarge, framesAlone, framesAlone} {
		if got := decide(l, &m); !reflect.DeepEqual(got, want) {
			t.Fatalf("look %d: %+v, want %+v", l, got, want)
		}
	}
}

// Names come from outside: what is remembered of them is bounded, in number and in bytes.
func TestScrubber_RemembersFewAndShortNames(t *testing.T) {
	t.Parallel()
	s := newScrubber(defaultScrubRules())
	long := strings.Repeat("n", maxName+1)
	for range 3 {
		if s.secret(long) || !s.secret("secret"+long) {
			t.Fatal("a long name is not judged by its beginning")
		}
	}
	for i := range 3 * maxKnownNames {
		if name := "token" + strconv.Itoa(i); s.secret(name) || !s.secret(name+"_token") {
			t.Fatal(name)
		}
	}
	for name := range *s.known.Load() {
		if len(name) > maxName {
			t.Fatalf("a name of %d bytes is remembered", len(name))
		}
	}
	if n := len(*s.known.Load()); n > 2*maxKnownNames {
		t.Fatalf("%d names are remembered", n)
	}
}

func FuzzPayload(f *testing.F) {
	for _, seed := range []string{
		`{"data":{"environment":"e","body":{"trace":{"frames":[{"filename":"a.py","lineno":1}],"exception":{"class":"E","message":"m"}}}}}`,
		`{"data":{"environment":"e","body":{"message":{"body":"4111 1111 1111 1111 ?token=a&b=\ud800"}},"attributes":[{"key":"trace_id","value":"x"}]}}`,
		`{"data":{"environment":"e","body":{"message":{"body":{"frames":[{"filename":"a"}]},"frames":[1]}},"frames":[]}}`,
		`{"data":{"environment":"e","language":"go","server":{"root":"/a"},"body":{"trace_chain":[{"frames":[{"filename":"/a/b.go","method":"f"},1,{"filename":7,"method":null,"frames":[2]}],"exception":{"message":{"frames":[]}}},{"frames":{}}]}}}`,
		`{"data":{"environment":"e","body":{"trace_chain":[{"exception":"x"}]},"request":{"headers":{"traceparent":"00-1-2-3"},"user_ip":"$remote_ip"},"a":1,"a":[{}]}}`,
	} {
		f.Add([]byte(seed))
	}
	scrubber := newScrubber(defaultScrubRules())
	f.Fuzz(func(t *testing.T, body []byte) {
		var p payload
		if p.readAll(body) != nil || p.check(true) != nil {
			return
		}
		scrubber.scrub(&p.tree, p.data)
		p.link()
		p.userAgent()
		sameDecision(t, &p)
		text := p.print(nil, p.data, none)
		if !json.Valid(text) {
			t.Fatalf("not JSON: %s", text)
		}
		// What was printed reads back as the same.
		var again tree
		if err := again.readAll(text); err != nil {
			t.Fatal(err)
		}
		if second := again.print(nil, 0, none); string(second) != string(text) {
			t.Fatalf("printed twice: %s and %s", text, second)
		}
	})
}
