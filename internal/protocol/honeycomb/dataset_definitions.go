package honeycomb

import (
	"encoding/json"
	"slices"
	"strings"

	"github.com/oriel-dev/oriel/internal/dataset"
)

func definitionHandlers() map[string]handler {
	return map[string]handler{
		"listDatasetDefinitions": (*Front).listDatasetDefinitions, "patchDatasetDefinitions": (*Front).patchDatasetDefinitions,
	}
}

// wireDefinition says what has a meaning; in a request the type is ignored.
type wireDefinition struct {
	Name string `json:"name"`
	Type string `json:"column_type"`
}

func (f *Front) encodeDefinitions(environment, slug string) (reply, error) {
	definitions, err := f.Datasets.Definitions(environment, slug)
	if err != nil {
		return reply{}, err
	}
	all := map[string]*wireDefinition{}
	for _, meaning := range dataset.Meanings() {
		all[meaning] = nil
		if d, ok := definitions[meaning]; ok {
			all[meaning] = &wireDefinition{d.Name, "column"}
			if d.Calculated {
				all[meaning].Type = "derived_column"
			}
		}
	}
	return reply{body: all}, nil
}

// listDatasetDefinitions is GET /1/dataset_definitions/{dataset}.
func (f *Front) listDatasetDefinitions(c *call) (reply, error) {
	d, err := f.dataset(c)
	if err != nil {
		return reply{}, err
	}
	return f.encodeDefinitions(c.who.Environment, d.Slug)
}

// patchDatasetDefinitions is PATCH /1/dataset_definitions/{dataset}. What is
// absent or null stays; an empty name brings the default back.
func (f *Front) patchDatasetDefinitions(c *call) (reply, error) {
	d, err := f.dataset(c)
	if err != nil {
		return reply{}, err
	}
	var body map[string]json.RawMessage
	if err := c.decode(&body); err != nil {
		return reply{}, err
	}
	var wrong checks
	names, meanings := map[string]string{}, dataset.Meanings()
	for meaning, raw := range body {
		var definition *wireDefinition
		switch {
		case !slices.Contains(meanings, meaning):
			wrong.add(meaning, "invalid", "is no definition; there are "+strings.Join(meanings, ", "))
		case json.Unmarshal(raw, &definition) != nil:
			wrong.add(meaning, "incorrect_type", `must be an object with the name of a column, like {"name":"duration_ms"}`)
		case definition != nil:
			names[meaning] = definition.Name
		}
	}
	slices.SortFunc(wrong, func(a, b invalidField) int { return strings.Compare(a.Field, b.Field) })
	if err := wrong.err(); err != nil {
		return reply{}, err
	}
	if err := f.Datasets.Define(c.Context(), c.who.Environment, d.Slug, names); err != nil {
		return reply{}, err
	}
	return f.encodeDefinitions(c.who.Environment, d.Slug)
}
