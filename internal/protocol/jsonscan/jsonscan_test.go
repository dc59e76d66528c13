package jsonscan

import (
	"encoding/json"
	"strings"
	"testing"
	"unicode/utf8"
)

// The scanner takes what Go's own reader takes, and nothing else. It does not
// look at whether text is UTF-8.
func FuzzScanner(f *testing.F) {
	for _, seed := range []string{
		`{"a":[1,-2.5e3,true,false,null,"\u00e9\n"],"b":{}}`, `[]`, `"\ud83d\ude00\ud800"`, `[1,]`, `{"a"}`, `01`, `-`, `1.`, "\"\x01\"", `nul`, ` 7 `, `[[[[]]]`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		s := Scanner{In: text}
		taken := s.Skip() && s.Peek() == 0 && s.At == len(text)
		if taken != json.Valid(text) {
			t.Fatalf("%q is taken: %v, %v", text, taken, s.Err)
		}
		if s.Err != nil && s.Skip() {
			t.Fatalf("%q is read on after %v", text, s.Err)
		}
		var want string
		if !utf8.Valid(text) || json.Unmarshal(text, &want) != nil || len(text) == 0 || strings.TrimSpace(string(text)) == "null" {
			return
		}
		s = Scanner{In: text}
		if got, ok := s.Text(); !ok || string(got) != want {
			t.Fatalf("%q is %q, want %q", text, got, want)
		}
		s = Scanner{In: text}
		if got, ok := s.AppendText([]byte("x")); !ok || string(got) != "x"+want {
			t.Fatalf("%q is %q appended, want %q", text, got, want)
		}
	})
}

func TestScanner_BoundsTheDepth(t *testing.T) {
	t.Parallel()
	for depth, want := range map[int]bool{MaxDepth: true, MaxDepth + 1: false} {
		s := Scanner{In: []byte(strings.Repeat("[", depth) + strings.Repeat("]", depth))}
		if got := s.Skip(); got != want {
			t.Errorf("depth %d: %v, %v", depth, got, s.Err)
		}
	}
}

func TestScanner_ReadsMembers(t *testing.T) {
	t.Parallel()
	s := Scanner{In: []byte(` { "a" : [ 1 , 2e3 ] , "\u0062" : "x\ty" , "c" : true } `)}
	var got []string
	s.Enter('{')
	for more := s.First('}'); more; more = s.More('}') {
		name, _ := s.Name()
		got = append(got, string(name))
		switch s.Peek() {
		case '[':
			s.Enter('[')
			for more := s.First(']'); more; more = s.More(']') {
				n, _ := s.Number()
				got = append(got, string(n))
			}
		case '"':
			text, _ := s.Text()
			got = append(got, string(text))
		default:
			s.Literal("true")
		}
	}
	if strings.Join(got, " ") != "a 1 2e3 b x\ty c" || s.Err != nil || s.Depth != 0 || s.Peek() != 0 {
		t.Errorf("%q, %v", got, s.Err)
	}
	for text, want := range map[string]string{`{"a":1,}`: `byte 7: a comma before '}'`, `{"a":1 2}`: `byte 7: '2' where a comma or '}' must be`, `{"a"`: "byte 4: the end where ':' must be"} {
		s := Scanner{In: []byte(text)}
		if s.Skip() || s.Err.Error() != want {
			t.Errorf("%s: %v", text, s.Err)
		}
	}
}
