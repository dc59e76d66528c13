package honeycomb

import (
	"net/http"
	"slices"
	"strings"

	"github.com/oriel-dev/oriel/internal/dataset"
)

func columnHandlers() map[string]handler {
	return map[string]handler{
		"createColumn": (*Front).createColumn, "listColumns": (*Front).listColumns, "getColumn": (*Front).getColumn,
		"updateColumn": (*Front).updateColumn, "deleteColumn": (*Front).deleteColumn,
	}
}

// wireColumn is a column as the API has it.
type wireColumn struct {
	ID          string  `json:"id"`
	Name        string  `json:"key_name"`
	Type        string  `json:"type"`
	Description string  `json:"description"`
	Hidden      bool    `json:"hidden"`
	LastWritten *string `json:"last_written"`
	Created     string  `json:"created_at"`
	Updated     string  `json:"updated_at"`
}

func encodeColumn(c dataset.Column) wireColumn {
	return wireColumn{
		ID: c.ID, Name: c.Name, Type: c.Type, Description: c.Description, Hidden: c.Hidden,
		LastWritten: timestampOrNull(c.LastWritten), Created: timestamp(c.Created), Updated: timestamp(c.Updated),
	}
}

// columnBody is what a caller may say; members that are only read are ignored.
type columnBody struct {
	Name        string `json:"key_name"`
	Type        string `json:"type"`
	Description string `json:"description"`
	Hidden      bool   `json:"hidden"`
}

func (b *columnBody) settings(wrong *checks) dataset.ColumnSettings {
	wrong.note("description", b.Description, dataset.MaxNote)
	if types := dataset.ColumnTypes(); b.Type != "" && !slices.Contains(types, b.Type) {
		wrong.add("type", "invalid", "must be one of "+strings.Join(types, ", "))
	}
	return dataset.ColumnSettings{Type: b.Type, Description: b.Description, Hidden: b.Hidden}
}

// createColumn is POST /1/columns/{dataset}.
func (f *Front) createColumn(c *call) (reply, error) {
	d, err := f.dataset(c)
	if err != nil {
		return reply{}, err
	}
	body := columnBody{Type: "string"}
	if err := c.decode(&body); err != nil {
		return reply{}, err
	}
	if strings.TrimSpace(body.Name) == "" {
		return reply{}, unparseable("Key name cannot be blank")
	}
	var wrong checks
	wrong.name("key_name", body.Name, dataset.MaxName)
	settings := body.settings(&wrong)
	if err := wrong.err(); err != nil {
		return reply{}, err
	}
	made, err := f.Datasets.CreateColumn(c.Context(), c.who.Environment, d.Slug, body.Name, settings)
	return reply{status: http.StatusCreated, body: encodeColumn(made)}, err
}

// listColumns is GET /1/columns/{dataset}; with ?key_name= it answers that one.
func (f *Front) listColumns(c *call) (reply, error) {
	slug, err := f.datasetOrAll(c)
	if err != nil {
		return reply{}, err
	}
	name, one := c.URL.Query().Get("key_name"), c.URL.Query().Has("key_name")
	if one && slug == dataset.All {
		return reply{}, unparseable("key_name asks for the column of one dataset, not of " + dataset.All)
	}
	all, err := f.Datasets.Columns(c.who.Environment, slug)
	if err != nil {
		return reply{}, err
	}
	list := make([]wireColumn, 0, len(all))
	for _, column := range all {
		if one && column.Name == name {
			return reply{body: encodeColumn(column)}, nil
		}
		list = append(list, encodeColumn(column))
	}
	if one {
		return reply{}, notFound("Column not found")
	}
	return reply{body: list}, nil
}

// columnID returns the id in the path.
func (c *call) columnID() (string, error) {
	id := c.PathValue("id")
	if !dataset.IsID(id) {
		return "", unparseable("The id provided in the URL is malformed - we expected a 12-char base58-safe string.")
	}
	return id, nil
}

// column returns the column in the path, and its dataset's slug.
func (f *Front) column(c *call) (slug string, column dataset.Column, err error) {
	d, err := f.dataset(c)
	if err != nil {
		return "", dataset.Column{}, err
	}
	id, err := c.columnID()
	if err != nil {
		return "", dataset.Column{}, err
	}
	if column, err = f.Datasets.Column(c.who.Environment, d.Slug, id); err != nil {
		return "", dataset.Column{}, notFound("Column not found")
	}
	return d.Slug, column, nil
}

func (f *Front) getColumn(c *call) (reply, error) {
	_, column, err := f.column(c)
	return reply{body: encodeColumn(column)}, err
}

// updateColumn is PUT /1/columns/{dataset}/{id}. What is absent has its default,
// but for the type, which stays.
func (f *Front) updateColumn(c *call) (reply, error) {
	slug, column, err := f.column(c)
	if err != nil {
		return reply{}, err
	}
	var body columnBody
	if err := c.decode(&body); err != nil {
		return reply{}, err
	}
	var wrong checks
	settings := body.settings(&wrong)
	if body.Name != "" && body.Name != column.Name {
		wrong.add("key_name", "invalid", "cannot be changed")
	}
	if err := wrong.err(); err != nil {
		return reply{}, err
	}
	column, err = f.Datasets.UpdateColumn(c.Context(), c.who.Environment, slug, column.ID, settings)
	return reply{body: encodeColumn(column)}, err
}

// deleteColumn is DELETE /1/columns/{dataset}/{id}.
func (f *Front) deleteColumn(c *call) (reply, error) {
	slug, column, err := f.column(c)
	if err != nil {
		return reply{}, err
	}
	return reply{status: http.StatusNoContent}, f.Datasets.DeleteColumn(c.Context(), c.who.Environment, slug, column.ID)
}
