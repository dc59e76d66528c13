package item

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/oriel-dev/oriel/internal/fault"
	"github.com/oriel-dev/oriel/internal/item/grouping"
)

// Split makes occurrences of an item that have a value at a path of their payload
// an item of their own, from now on: a rule is put before the others, and can be
// changed like them. What came before stays where it is. Errors: Invalid if the
// item's fingerprint does not come from the algorithm, for which its rule, or its
// sender, is to be changed.
func (t *Items) Split(ctx context.Context, actor string, id int64, path string, value any) (Setting, error) {
	i, err := t.Get(id)
	if err != nil {
		return Setting{}, err
	}
	fingerprints := t.Fingerprints(id)
	if i.Grouping != grouping.StepDefault || len(fingerprints) == 0 {
		return Setting{}, fault.New(fault.Invalid, "item #%d is grouped by its %s's fingerprint, not by the algorithm: split it by changing that", i.Counter, i.Grouping)
	}
	rule, err := json.Marshal(map[string]any{
		"comment": fmt.Sprintf("Splits #%d by %s", i.Counter, path),
		"condition": map[string]any{"all": []any{
			map[string]any{"path": "default_fingerprint", "in": fingerprints},
			map[string]any{"path": path, "eq": value},
		}},
		"fingerprint": "{{ default_fingerprint }} " + path + "={{ " + path + " }}",
	})
	if err != nil {
		return Setting{}, fault.Wrap(fault.Invalid, err, "the value to split by is not JSON")
	}
	var rules []json.RawMessage
	if err := json.Unmarshal([]byte(t.Setting(i.Environment, SettingRules).Body), &rules); err != nil {
		return Setting{}, fmt.Errorf("read the rules of %s: %w", i.Environment, err)
	}
	body, err := json.MarshalIndent(append([]json.RawMessage{rule}, rules...), "", "  ")
	if err != nil {
		return Setting{}, err
	}
	made, err := t.Set(ctx, i.Environment, SettingRules, actor, string(body))
	if err != nil {
		return made, err
	}
	return made, t.edit(ctx, func() error {
		e := t.items[id]
		if e == nil {
			return errNoItem(id)
		}
		t.act(e, t.touched(e, actor), actor, ActSplit, fmt.Sprintf("By %s = %v.", path, value))
		return nil
	})
}
