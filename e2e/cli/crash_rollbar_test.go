package cli_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"net/http"
	"strings"
	"testing"
	"time"
)

// Errors by Rollbar's HTTP under kill -9: each that was acknowledged is there once,
// however often it is sent, also after the restart; and each item counts what is
// there. CRASH_KILLS says how often, CRASH_SEED repeats a run.
func TestKill_LosesAndDoublesNoErrorAndCountsEach(t *testing.T) {
	kills := setting(t, "CRASH_KILLS", 4)
	seed := setting(t, "CRASH_SEED", int(time.Now().UnixNano()&0xffffff))
	t.Logf("CRASH_SEED=%d CRASH_KILLS=%d", seed, kills)
	rng := rand.New(rand.NewPCG(uint64(seed), 2))
	data := t.TempDir()
	acked := map[string]posted{}
	for round := range kills {
		o := start(t, data, "--flush-rows", "500")
		fresh := killUnderLoad(t, o, rng, func(w, i int) posted { return aReport(round, w, i) })
		maps.Copy(acked, fresh)
		o = start(t, data)
		n := 0
		for _, p := range fresh { // as by a client that missed the answer and came back
			if status, answer, err := o.post(t.Context(), p.path, "application/json", p.body); err != nil || status != http.StatusOK {
				t.Fatalf("sent again: %d %s %v\n%s", status, answer, err, o.log)
			}
			if n++; n == 20 {
				break
			}
		}
		t.Logf("round %d: %d requests acknowledged so far", round, len(acked))
		checkErrors(t, o, round, acked)
		o.kill()
	}
	o := start(t, data)
	for round := range kills {
		checkErrors(t, o, round, acked)
	}
	if err := o.stop(); err != nil {
		t.Errorf("a graceful stop ended with %v\n%s", err, o.log)
	}
}

const errorsOfBatch = 5

// anError is one of writer w's item, with a uuid and a name of its own.
func anError(name string, w int) string {
	return fmt.Sprintf(`{"data":{"environment":"production","uuid":%q,"language":"python","custom":{"name":%q},"person":{"id":"p%d"},"body":{"trace":{"frames":[{"filename":"crash.py","method":"writer_%c"}],"exception":{"class":"Crash%c","message":"boom"}}}}}`,
		name, name, len(name)%7, 'a'+w, 'A'+w)
}

// aReport is one of writer w: the even ones post errors singly, the others in batches.
func aReport(round, w, i int) posted {
	taken := func(answer string) bool { return strings.Contains(answer, `"err":0`) }
	name := fmt.Sprintf("r%d-w%d-%d", round, w, i)
	if w%2 == 0 {
		return posted{name: name, path: "/api/1/item/?access_token=crash", body: []byte(anError(name, w)), taken: taken}
	}
	var names, bodies []string
	for k := range errorsOfBatch {
		names = append(names, fmt.Sprintf("%s-%d", name, k))
		bodies = append(bodies, anError(names[k], w))
	}
	return posted{
		name: strings.Join(names, " "), path: "/api/1/item_batch/?access_token=crash",
		body: []byte("[" + strings.Join(bodies, ",") + "]"), taken: taken,
	}
}

// checkErrors looks for each name of a round, once, and compares what items count
// with the rows there are.
func checkErrors(t *testing.T, o *oriel, round int, acked map[string]posted) {
	t.Helper()
	found := map[string]bool{}
	for w := range 4 {
		class := fmt.Sprintf("Crash%c", 'A'+w)
		rows := o.query(map[string]any{
			"calculations": []any{map[string]any{"op": "COUNT"}}, "breakdowns": []any{"custom.name"}, "time_range": 7200, "limit": 10000,
			"filters": []any{map[string]any{"column": "custom.name", "op": "starts-with", "value": fmt.Sprintf("r%d-w%d-", round, w)}},
		})
		for _, r := range rows {
			name, _ := r["custom.name"].(string)
			if n, _ := r["COUNT"].(float64); n != 1 {
				t.Fatalf("%s is there %v times\n%s", name, n, o.log)
			}
			found[name] = true
		}
		all := o.query(map[string]any{
			"calculations": []any{map[string]any{"op": "COUNT"}}, "time_range": 7200,
			"filters": []any{map[string]any{"column": "exception.type", "op": "=", "value": class}},
		})
		n, _ := all[0]["COUNT"].(float64)
		total := int(n)
		if counted := o.occurrencesOf(t, class); counted != total {
			t.Fatalf("the item of %s counts %d occurrences, %d are there\n%s", class, counted, total, o.log)
		}
	}
	prefix := fmt.Sprintf("r%d-", round)
	for names := range acked {
		for name := range strings.FieldsSeq(names) {
			if strings.HasPrefix(name, prefix) && !found[name] {
				t.Fatalf("%s was acknowledged and is lost\n%s", name, o.log)
			}
		}
	}
}

// occurrencesOf sums what the items of a class count.
func (o *oriel) occurrencesOf(t *testing.T, class string) (total int) {
	t.Helper()
	status, body := o.get("/api/1/items?access_token=crash")
	if status != http.StatusOK {
		t.Fatalf("items: %d %s", status, body)
	}
	var answer struct {
		Result struct {
			Items []struct {
				Title string `json:"title"`
				Total int    `json:"total_occurrences"`
			} `json:"items"`
		} `json:"result"`
	}
	if err := json.Unmarshal([]byte(body), &answer); err != nil {
		t.Fatal(err)
	}
	for _, i := range answer.Result.Items {
		if strings.HasPrefix(i.Title, class) {
			total += i.Total
		}
	}
	return total
}
