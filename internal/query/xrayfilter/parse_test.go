package xrayfilter

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"github.com/oriel-dev/oriel/internal/fault"
)

func TestParse_PrintsItselfBack(t *testing.T) {
	t.Parallel()
	f := func(text, want string) {
		t.Helper()
		e, err := Parse(text)
		if err != nil {
			t.Errorf("%s: %v", text, err)
			return
		}
		if got := e.String(); got != want {
			t.Errorf("%s prints as\n%s, want\n%s", text, got, want)
		}
	}
	f("", "")
	f(" \n", "")
	f("ok", "ok")
	f("FAULT", "fault")
	f("!ok", "!ok")
	f("not OK = false", "!(ok = false)")
	f("ok !partial duration <3", "ok AND !partial AND duration < 3")
	f("responseTime > 5", "responsetime > 5")
	f("http.url BEGINSWITH \"http://front\" http.method = 'GET'", `http.url BEGINSWITH "http://front" AND http.method = "GET"`)
	f("ok OR throttle AND duration > 1e1", "ok OR (throttle AND duration > 10)")
	f("(ok OR throttle) AND duration > 10", "(ok OR throttle) AND duration > 10")
	f(`user CONTAINS ""`, `user CONTAINS ""`)
	f(`user = "say \"hi\" \\ c:\new"`, `user = "say \"hi\" \\ c:\\new"`)
	f("annotation.age > 29", "annotation.age > 29")
	f(`annotation[http.route] = "/home"`, `annotation.http.route = "/home"`)
	f(`annotation["a b"] != true`, `annotation["a b"] != true`)
	f("annotation[2fa]", "annotation.2fa")
	f(`service("a") {fault = true OR responsetime > 2.5} AND annotation.age = 20`, `service("a") { fault = true OR responsetime > 2.5 } AND annotation.age = 20`)
	f("service() { }", "service()")
	f(`service(id(type: "AWS::Lambda", name: "fn"))`, `service(id(name: "fn", type: "AWS::Lambda"))`)
	f(`edge("a", id(account.id: "1")) {error}`, `edge("a", id(account.id: "1")) { error }`)
	f(`rootcause.fault.service { name = traces }`, `rootcause.fault.service { name = "traces" }`)
	f(`rootcause.json = #[{"Services":[{"Name":"a","Coverage":0.50}]}] OR ok`, `rootcause.json = #[{"Services":[{"Coverage":0.50,"Name":"a"}]}] OR ok`)
	f(`GroupName = "g"`, `group.name = "g"`)
}

func TestParse_SaysWhereAndWhatIsWrong(t *testing.T) {
	t.Parallel()
	f := func(text string, at int, says string) {
		t.Helper()
		_, err := Parse(text)
		if !fault.Is(err, fault.Invalid) || fault.PositionOf(err) != at || !strings.Contains(fault.MessageOf(err), says) {
			t.Errorf("%s: error at %d: %v; want one at %d with %q", text, fault.PositionOf(err), err, at, says)
		}
	}
	f("responsetime >", 14, "expected a number, found the end")
	f(`service("a" {fault}`, 12, "expected “)”, found “{”")
	f("foo = 1", 0, "no keyword foo")
	f(`http.status CONTAINS "2"`, 12, "no operator for http.status")
	f("(ok", 3, "expected “)”")
	f("ok AND", 6, "expected a condition, found the end")
	f("ok ok)", 5, "expected AND, OR or the end")
	f(`user > "a"`, 5, "no operator for user")
	f(`http.status = "404"`, 14, "expected a number")
	f("ok = 1", 5, "expected true or false")
	f(`annotation.a < "b"`, 15, "expected a number")
	f("annotation.a CONTAINS 3", 22, "expected a string")
	f(`user = "bob`, 7, "has no end")
	f("root", 0, "no meaning outside of service()")
	f(`service() { first }`, 12, "no meaning within service()")
	f(`service() { service("b") }`, 12, "service() stands outside")
	f(`service(id(names: "a"))`, 11, "expected name, type or account.id")
	f(`edge("a")`, 8, "expected “,”")
	f("rootcause.fault { }", 0, "rootcause.fault.service")
	f("rootcause.responsetime.exception { }", 0, "there is no")
	f("rootcause.json = []", 17, "expected “#”")
	f("rootcause.json = #[1]", 18, "array of JSON objects")
	f("annotation", 10, "expected the annotation's name")
	f("annotation[", 11, "expected the annotation's name")
	f("ok ; fault", 3, "no meaning here")
	f(strings.Repeat("(", 100)+"ok", 32, "nested more than 32")
	f(strings.Repeat("ok ", 501), 1500, "more than 500 conditions")
	f(strings.Repeat(" ", 20_001), -1, "at most 20000")
	f("user = \"\xff\"", -1, "UTF-8")
}

func TestSelector_IsOneServiceOrEdge(t *testing.T) {
	t.Parallel()
	for _, text := range []string{`service("a")`, `edge("a", id(type: "x")) { fault }`} {
		if _, err := Selector(text); err != nil {
			t.Errorf("%s: %v", text, err)
		}
	}
	for _, text := range []string{"", "ok", `service("a") OR service("b")`} {
		if _, err := Selector(text); err == nil {
			t.Errorf("%s is taken", text)
		}
	}
}

func TestKeywords_SayWhatParses(t *testing.T) {
	t.Parallel()
	wrap := map[string]string{
		"trace": "%", "service": "service() { % }", "edge": `edge("a", "b") { % }`, "rootcause.service": "rootcause.fault.service { % }",
		"rootcause.entity": "rootcause.responsetime.entity { % }", "rootcause.exception": "rootcause.error.exception { % }",
	}
	value := map[KeyKind]string{TruthKey: "true", NumberKey: "1", TextKey: `"x"`}
	for _, k := range Keywords() {
		name := k.Name
		if name == KeyAnnotation {
			name = "annotation.x"
		}
		for _, where := range k.Where {
			for _, op := range k.Ops {
				v := value[k.Kind]
				if k.Kind == AnyKey {
					v = "1"
					if op.textual() {
						v = `"x"`
					}
				}
				text := strings.Replace(wrap[where], "%", name+" "+string(op)+" "+v, 1)
				if _, err := Parse(text); err != nil {
					t.Errorf("%s: %v", text, err)
				}
			}
		}
	}
}

// Expressions draws an expression that may stand at the top.
func expressions(t *rapid.T, in scope, depth int) Expr {
	if depth > 0 {
		switch rapid.IntRange(0, 7).Draw(t, "form") {
		case 0:
			return And{Terms: rapid.SliceOfN(rapid.Custom(func(t *rapid.T) Expr { return expressions(t, in, depth-1) }), 2, 3).Draw(t, "terms")}
		case 1:
			return Or{Terms: rapid.SliceOfN(rapid.Custom(func(t *rapid.T) Expr { return expressions(t, in, depth-1) }), 2, 3).Draw(t, "terms")}
		case 2:
			return Not{X: expressions(t, in, depth-1)}
		case 3:
			if in == inTrace {
				return elements(t, depth-1)
			}
		}
	}
	var possible []keyword
	for _, k := range keywords() {
		if k.where&in != 0 && !strings.HasPrefix(k.name, "group.") {
			possible = append(possible, k)
		}
	}
	k := rapid.SampledFrom(possible).Draw(t, "key")
	key := Key{Name: k.name}
	if k.name == KeyAnnotation {
		key.Annotation = rapid.SampledFrom([]string{"a", "b.c", "d e"}).Draw(t, "annotation")
	}
	if rapid.IntRange(0, 3).Draw(t, "alone") == 0 {
		return Has{Key: key}
	}
	op := rapid.SampledFrom(k.kind.ops()).Draw(t, "op")
	return Compare{Key: key, Op: op, Value: values(t, k.kind, op)}
}

func values(t *rapid.T, kind KeyKind, op Op) Value {
	text := Value{Text: rapid.SampledFrom([]string{"", "a", "b", `"q\`, "api", "AWS::S3", "GET"}).Draw(t, "text")}
	number := Value{Kind: Number, Number: rapid.SampledFrom([]float64{0, -1.5, 1, 2, 404, 1e9}).Draw(t, "number")}
	truth := Value{Kind: Truth, Truth: rapid.Bool().Draw(t, "truth")}
	switch {
	case kind == NumberKey || op.ordering():
		return number
	case kind == TextKey || op.textual():
		return text
	case kind == TruthKey:
		return truth
	}
	return rapid.SampledFrom([]Value{text, number, truth}).Draw(t, "value")
}

func elements(t *rapid.T, depth int) Expr {
	where := func(in scope) Expr {
		if rapid.Bool().Draw(t, "any") {
			return nil
		}
		return expressions(t, in, depth)
	}
	switch rapid.IntRange(0, 4).Draw(t, "element") {
	case 0:
		return Service{Where: where(inService)}
	case 1:
		of := refs(t)
		return Service{Of: &of, Where: where(inService)}
	case 2:
		return Edge{From: refs(t), To: refs(t), Where: where(inEdge)}
	case 3:
		return RootCause{Kind: OfResponseTime, Part: CauseEntity, Where: where(inCauseEntity)}
	}
	return RootCause{Kind: OfFault, Part: CauseException, Where: where(inCauseException)}
}

func refs(t *rapid.T) Ref {
	name, kind := rapid.SampledFrom([]string{"api", "web", "db"}).Draw(t, "name"), rapid.SampledFrom([]string{"", "AWS::S3", "remote"}).Draw(t, "type")
	switch rapid.IntRange(0, 2).Draw(t, "ref") {
	case 0:
		return Ref{IDName: &name, IDType: &kind}
	case 1:
		return Ref{IDType: &kind}
	}
	return Ref{Name: name}
}

func TestParse_OfWhatIsPrinted(t *testing.T) {
	t.Parallel()
	noPlace := cmpopts.IgnoreFields
	opts := cmp.Options{noPlace(Has{}, "At"), noPlace(Compare{}, "At"), noPlace(Service{}, "At"), noPlace(Edge{}, "At"), noPlace(RootCause{}, "At")}
	rapid.Check(t, func(t *rapid.T) {
		want := Expression{Root: expressions(t, inTrace, 3)}
		got, err := Parse(want.String())
		if err != nil {
			t.Fatalf("%s: %v", want, err)
		}
		if d := cmp.Diff(want, got, opts); d != "" {
			t.Fatalf("%s: %s", want, d)
		}
	})
}

func FuzzParse(f *testing.F) {
	for _, seed := range []string{"ok !partial duration <3", `service(id(name: "fn")) { error }`, `rootcause.json = #[{"Services":[]}]`, `annotation[http.route] = "/home"`, `edge("a","b"){root=true}`} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		e, err := Parse(text)
		if err != nil {
			if at := fault.PositionOf(err); at > len(text) {
				t.Fatalf("error at %d of %d", at, len(text))
			}
			return
		}
		again, err := Parse(e.String())
		if err != nil || again.String() != e.String() {
			t.Fatalf("%q prints as %q, which reads as %q: %v", text, e, again, err)
		}
	})
}
