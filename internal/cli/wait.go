package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/oriel-dev/oriel/internal/cli/usage"
)

const aboutWait = `Waits until telemetry has arrived, or says what is missing and fails: for tests in
any language. Each argument is an expectation: a kind (span, log, error, event or
trace), before it a number or "no", behind it a condition.

  oriel wait 'span: service.name = "shop" AND http.route = "/cart"'
  oriel wait --within 1m '3 log: body contains "done"' 'no error'
  oriel wait 'trace: service.name = "shop" ; service.name = "stock" AND error exists'

The parts of a trace, between semicolons, may each be true for another span of
it. "no" is looked at last: it holds for what has arrived when all else has.
--since says from when on events count: now-1h, or a time.`

// expectation is one as the API takes it.
type expectation struct {
	Name    string   `json:"name"`
	Kind    string   `json:"kind"`
	Where   string   `json:"where,omitempty"`
	All     []string `json:"all,omitempty"`
	AtLeast int      `json:"at_least"`
	AtMost  *int     `json:"at_most,omitempty"`
}

// verdict is what the API answers.
type verdict struct {
	OK     bool `json:"ok"`
	Expect []struct {
		Name  string  `json:"name"`
		OK    bool    `json:"ok"`
		Found float64 `json:"found"`
		Why   string  `json:"why"`
	} `json:"expect"`
}

func runWait(ctx context.Context, s Streams, args []string) error {
	var t target
	set := flags(s, "wait", aboutWait, &t)
	within := 10 * time.Second
	usage.Duration(set, &within, "within", "how `long` to wait, at most 10m")
	since := set.String("since", "now-1h", "only events since this `time`")
	form := outputFlags(set, asTable, asJSON)
	rest, how, err := parse(set, args, form)
	if err != nil {
		return err
	}
	if len(rest) == 0 {
		return usage.Errorf("say what to wait for, like 'span: http.route = \"/cart\"'")
	}
	list := make([]expectation, len(rest))
	for i, text := range rest {
		if list[i], err = readExpectation(text); err != nil {
			return err
		}
	}
	c := t.client(s)
	body := map[string]any{"within": within.String(), "from": *since, "expect": list}
	var raw json.RawMessage
	if err := c.post(ctx, "/api/assert", body, &raw); err != nil {
		return err
	}
	var got verdict
	if err := json.Unmarshal(raw, &got); err != nil {
		return fmt.Errorf("read the answer: %w", err)
	}
	if how == asJSON {
		if _, err := fmt.Fprintln(s.Out, s.json(raw)); err != nil {
			return err
		}
	}
	for _, e := range got.Expect {
		mark, why := "ok  ", ""
		if !e.OK {
			mark, why = "FAIL", "; "+e.Why
		}
		if how == asTable {
			if _, err := fmt.Fprintf(s.Out, "%s %s: found %v%s\n", mark, clean(e.Name), e.Found, clean(why)); err != nil {
				return err
			}
		}
	}
	if !got.OK {
		return errors.New("not everything that was expected is there")
	}
	return nil
}

// readExpectation reads "3 span: condition".
func readExpectation(text string) (expectation, error) {
	head, where, _ := strings.Cut(text, ":")
	words := strings.Fields(head)
	e := expectation{Name: text, AtLeast: 1}
	if len(words) == 2 {
		n, err := strconv.Atoi(words[0])
		switch {
		case words[0] == "no":
			none := 0
			e.AtLeast, e.AtMost = 0, &none
		case err != nil || n < 1:
			return e, usage.Errorf("%q: before the kind stands a number, or no", text)
		default:
			e.AtLeast = n
		}
		words = words[1:]
	}
	if len(words) != 1 {
		return e, usage.Errorf("%q: an expectation is a kind and a condition, like 'span: http.route = \"/cart\"'", text)
	}
	e.Kind = strings.TrimSuffix(words[0], "s")
	switch e.Kind {
	case "span", "log", "error", "event":
		e.Where = strings.TrimSpace(where)
	case "trace":
		for part := range strings.SplitSeq(where, ";") {
			if part = strings.TrimSpace(part); part != "" {
				e.All = append(e.All, part)
			}
		}
	default:
		return e, usage.Errorf("%q: the kind is %q; it must be span, log, error, event or trace", text, words[0])
	}
	return e, nil
}
