package cloudwatch

import (
	"context"
)

func transformerOperations() map[string]operation {
	return map[string]operation{
		"PutTransformer":    served((*Front).putTransformer),
		"GetTransformer":    served((*Front).getTransformer),
		"DeleteTransformer": served((*Front).deleteTransformer),
		"TestTransformer":   served((*Front).testTransformer),
	}
}

// keptTransformer is a group's.
type keptTransformer struct {
	Config  processors
	Account string
}

const (
	transformerKind = "transformer"
	transformerName = "transformer" // a group has one
)

func (g *Groups) transformers() shelf[keptTransformer] {
	return shelf[keptTransformer]{groups: g, kind: transformerKind}
}

// putTransformer applies to lines that are put from now on: their fields are those
// of the transformed text, while the text itself stays.
func (f *Front) putTransformer(c *call) (any, error) {
	var in struct {
		LogGroupIdentifier string
		TransformerConfig  processors
	}
	if err := c.Decode(&in); err != nil {
		return nil, err
	}
	g, err := c.ownGroup("", in.LogGroupIdentifier)
	if err != nil {
		return nil, err
	}
	if _, err := compileTransformer(in.TransformerConfig); err != nil {
		return nil, err
	}
	if _, err := f.groups.transformers().replace(c.Context(), g.at(), transformerName, c.nowMS(), keptTransformer{in.TransformerConfig, c.Account}); err != nil {
		return nil, err
	}
	return nil, f.groups.load(c.Context(), g)
}

// loadTransformer brings the transformer of a group to where lines are put: its
// own, else the account's that selects it.
func (g *Groups) loadTransformer(ctx context.Context, one *group, rules *accountRules) error {
	k, err := g.transformers().get(ctx, one.at(), transformerName)
	if err != nil {
		return err
	}
	var t *transformer
	account := ""
	if k != nil {
		if t, err = compileTransformer(k.Body.Config); err != nil {
			return err
		}
		account = k.Body.Account
	}
	for i := 0; t == nil && i < len(rules.transformers); i++ {
		if of := rules.transformers[i]; of.matches(one, of.account) {
			t, account = of.transformer, of.account
		}
	}
	one.mu.Lock()
	defer one.mu.Unlock()
	one.transformer, one.account = t, account
	return nil
}

func (g *group) transforms() bool {
	g.mu.RLock()
	defer g.mu.RUnlock()
	return g.transformer != nil
}

// transform returns the transformed text of a line, or the text itself where the
// group has no transformer or the text is not what that reads.
func (g *group) transform(stream, message string) (string, bool) {
	g.mu.RLock()
	t, account := g.transformer, g.account
	g.mu.RUnlock()
	if t == nil {
		return message, false
	}
	return t.transform(message, map[string]string{"@logGroupName": g.name, "@logGroupStream": stream, "@logStreamName": stream, "@accountId": account, "@regionName": g.region})
}

func noTransformer() error { return notFound("The specified log group has no transformer.") }

func (f *Front) getTransformer(c *call) (any, error) {
	var in struct{ LogGroupIdentifier string }
	if err := c.Decode(&in); err != nil {
		return nil, err
	}
	g, err := c.group("", in.LogGroupIdentifier)
	if err != nil {
		return nil, err
	}
	k, err := f.groups.transformers().get(c.Context(), g.at(), transformerName)
	if err != nil {
		return nil, err
	}
	if k == nil {
		return nil, noTransformer()
	}
	return map[string]any{
		"logGroupIdentifier": c.groupARN(g.name), "creationTime": k.Created, "lastModifiedTime": k.Updated, "transformerConfig": k.Body.Config,
	}, nil
}

func (f *Front) deleteTransformer(c *call) (any, error) {
	g, err := c.identifiedGroup()
	if err != nil {
		return nil, err
	}
	was, err := f.groups.transformers().delete(c.Context(), g.at(), transformerName)
	if err == nil && !was {
		err = noTransformer()
	}
	if err != nil {
		return nil, err
	}
	return nil, f.groups.load(c.Context(), g)
}

func (f *Front) testTransformer(c *call) (any, error) {
	var in struct {
		TransformerConfig processors
		LogEventMessages  []string
	}
	if err := c.Decode(&in); err != nil {
		return nil, err
	}
	t, err := compileTransformer(in.TransformerConfig)
	if err != nil {
		return nil, err
	}
	type transformed struct {
		EventNumber int    `json:"eventNumber"`
		Message     string `json:"eventMessage"`
		Transformed string `json:"transformedEventMessage"`
	}
	out := []transformed{}
	meta := map[string]string{"@logGroupName": "", "@logGroupStream": "", "@logStreamName": "", "@accountId": c.Account, "@regionName": c.Region}
	for i, message := range in.LogEventMessages {
		text, _ := t.transform(message, meta)
		out = append(out, transformed{i + 1, message, text})
	}
	return map[string]any{"transformedLogs": out}, nil
}
