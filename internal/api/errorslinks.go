package api

import (
	"context"
	"encoding/json"
	"time"

	"github.com/oriel-dev/oriel/internal/event"
	"github.com/oriel-dev/oriel/internal/item"
	"github.com/oriel-dev/oriel/internal/store"
)

// linkJSON leads from an occurrence to another tool.
type linkJSON struct {
	Name string `json:"name"`
	URL  string `json:"url"`
}

// serviceLinks are those of the project whose values the occurrence all has.
func (a *API) serviceLinks(ctx context.Context, i *item.Item, row store.PageRow) ([]linkJSON, error) {
	list := []linkJSON{}
	links, err := a.Alerts.Links(ctx, i.Environment)
	if err != nil || len(links) == 0 {
		return list, err
	}
	raw, err := item.PayloadOf(row.Row)
	if err != nil {
		return list, err
	}
	v, err := decodeLoose(raw)
	if err != nil {
		return list, err
	}
	p, err := a.Items.Project(ctx, i.Environment)
	if err != nil {
		return list, err
	}
	data, _ := v.(map[string]any)
	at := row.Batch.Times[row.Index] / int64(time.Second)
	if n, ok := data["timestamp"].(json.Number); ok {
		if said, err := n.Int64(); err == nil {
			at = said
		}
	}
	for _, l := range links {
		if url, ok := l.Resolve(data, i, p.ID, row.Get(event.FieldErrorID).Int(), at); ok {
			list = append(list, linkJSON{l.Name, url})
		}
	}
	return list, nil
}
