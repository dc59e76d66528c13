package item_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/oriel-dev/oriel/internal/fault"
	"github.com/oriel-dev/oriel/internal/item"
)

func TestReadSearch(t *testing.T) {
	t.Parallel()
	yes, no := true, false
	f := func(text string, want item.Search, rows string) {
		t.Helper()
		got, err := item.ReadSearch(text, nil)
		if err != nil {
			t.Errorf("%q: %v", text, err)
			return
		}
		printed := ""
		if got.Rows != nil {
			printed = got.Rows.String()
		}
		got.Rows = nil
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%q (-want +got):\n%s", text, diff)
		}
		if printed != rows {
			t.Errorf("%q asks for %s, want %s", text, printed, rows)
		}
	}
	f("", item.Search{}, "")
	f("  cart   timeout ", item.Search{Title: []string{"cart", "timeout"}}, "")
	f("#12 #x", item.Search{Counters: []int64{12}, Title: []string{"#x"}}, "")
	f(`"could not connect"`, item.Search{Title: []string{"could not connect"}}, "")
	f(`title:"no route" fingerprint:abc`, item.Search{Title: []string{"no route"}, Fingerprints: []string{"abc"}}, "")
	f("is:group has:comments", item.Search{Groups: &yes, Commented: &yes}, "")
	f("!is:group !has:comments !has:issue", item.Search{Groups: &no, Commented: &no}, "")
	f("has:issue", item.Search{None: true}, "")
	f("ActiveRecord::RecordNotFound", item.Search{Title: []string{"ActiveRecord::RecordNotFound"}}, "")
	f("colour:red", item.Search{Title: []string{"colour:red"}, Unknown: []string{"colour"}}, "")
	f("context:shop#cart", item.Search{}, `context matches "(?is)^shop#cart"`)
	f("host:web%-1_", item.Search{}, `server.host matches "(?is)^web.*-1."`)
	f(`host:web\_1`, item.Search{}, `server.host matches "(?is)^web_1"`)
	f(`username:"ada l"`, item.Search{}, `person.username matches "(?is)^ada l$"`)
	f("ip:10.0.0.1", item.Search{}, `request.user_ip matches "(?is)^10\\.0\\.0\\.1$"`)
	f("custom[cart id]:7", item.Search{}, "`custom.cart id` matches \"(?is)^7\"")
	f("file:app.py cart", item.Search{Title: []string{"cart"}}, `rollbar.payload matches "(?i)\"filename\"\\s*:\\s*\"(?:[^\"\\\\]|\\\\.)*app\\.py"`)
	f(`file:a"`, item.Search{}, `rollbar.payload matches "(?i)\"filename\"\\s*:\\s*\"(?:[^\"\\\\]|\\\\.)*a\\\\\""`)
	f("code_version:1.4 level:error", item.Search{}, `code_version matches "(?is)^1\\.4" AND error.level matches "(?is)^error"`)
}

func TestReadSearch_IsBounded(t *testing.T) {
	t.Parallel()
	for _, text := range []string{strings.Repeat("x", 3000), strings.Repeat("a ", 100)} {
		if _, err := item.ReadSearch(text, nil); !fault.Is(err, fault.Invalid) {
			t.Errorf("%.20q…: %v, want a fault of kind Invalid", text, err)
		}
	}
}
