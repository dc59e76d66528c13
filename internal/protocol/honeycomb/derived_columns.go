package honeycomb

import (
	"net/http"
	"strings"

	"github.com/oriel-dev/oriel/internal/dataset"
	"github.com/oriel-dev/oriel/internal/fault"
	"github.com/oriel-dev/oriel/internal/query"
)

// Calculated fields, which the API calls derived columns of old.
func calculatedFieldHandlers() map[string]handler {
	return map[string]handler{
		"createCalculatedField": (*Front).createCalculatedField, "listCalculatedFields": (*Front).listCalculatedFields,
		"getCalculatedField": (*Front).getCalculatedField, "updateCalculatedField": (*Front).updateCalculatedField,
		"deleteCalculatedField": (*Front).deleteCalculatedField,
	}
}

// wireCalculated is a calculated field as the API has it.
type wireCalculated struct {
	ID          string `json:"id"`
	Alias       string `json:"alias"`
	Expression  string `json:"expression"`
	Description string `json:"description"`
	Created     string `json:"created_at"`
	Updated     string `json:"updated_at"`
}

func encodeCalculated(f dataset.CalculatedField) wireCalculated {
	return wireCalculated{
		ID: f.ID, Alias: f.Alias, Expression: f.Expression, Description: f.Description, Created: timestamp(f.Created), Updated: timestamp(f.Updated),
	}
}

// decodeCalculated reads and checks the body of a request. What is wrong with an
// expression is 400, and so is a column that the dataset does not have.
func (f *Front) decodeCalculated(c *call, slug string) (dataset.CalculatedSettings, error) {
	var body struct {
		Alias       string `json:"alias"`
		Expression  string `json:"expression"`
		Description string `json:"description"`
	}
	if err := c.decode(&body); err != nil {
		return dataset.CalculatedSettings{}, err
	}
	var wrong checks
	wrong.name("alias", body.Alias, dataset.MaxName)
	wrong.note("description", body.Description, dataset.MaxNote)
	wrong.note("expression", body.Expression, dataset.MaxExpression)
	if err := wrong.err(); err != nil {
		return dataset.CalculatedSettings{}, err
	}
	parse := query.ParseField
	if d, ok := f.Datasets.Find(c.who.Environment, slug); ok && d.Metrics && !c.who.Classic {
		parse = query.ParseAnyField
	}
	expression, err := parse(body.Expression)
	if err != nil {
		return dataset.CalculatedSettings{}, unparseable(fault.MessageOf(err))
	}
	if missing := f.Datasets.Missing(c.who.Environment, slug, query.FieldsOf(expression)); len(missing) > 0 {
		return dataset.CalculatedSettings{}, unparseable(f.unknownColumns(c.who.Environment, slug, missing))
	}
	return dataset.CalculatedSettings{Alias: body.Alias, Expression: body.Expression, Description: body.Description}, nil
}

// unknownColumns words that an expression reads what is no column.
func (f *Front) unknownColumns(environment, slug string, missing []string) string {
	text := "unknown column " + strings.Join(missing, ", unknown column ")
	calculated := f.Datasets.Calculated(environment, slug)
	for _, name := range missing {
		if _, ok := calculated[name]; ok {
			return text + "; " + name + " is a calculated field, which another can't read"
		}
	}
	return text
}

// createCalculatedField is POST /1/derived_columns/{dataset}.
func (f *Front) createCalculatedField(c *call) (reply, error) {
	slug, err := f.datasetOrAll(c)
	if err != nil {
		return reply{}, err
	}
	settings, err := f.decodeCalculated(c, slug)
	if err != nil {
		return reply{}, err
	}
	made, err := f.Datasets.CreateCalculated(c.Context(), c.who.Environment, slug, settings)
	return reply{status: http.StatusCreated, body: encodeCalculated(made)}, err
}

// listCalculatedFields is GET /1/derived_columns/{dataset}; with ?alias= it
// answers that one.
func (f *Front) listCalculatedFields(c *call) (reply, error) {
	slug, err := f.datasetOrAll(c)
	if err != nil {
		return reply{}, err
	}
	all, err := f.Datasets.CalculatedFields(c.who.Environment, slug)
	if err != nil {
		return reply{}, err
	}
	alias, one := c.URL.Query().Get("alias"), c.URL.Query().Has("alias")
	list := make([]wireCalculated, 0, len(all))
	for _, field := range all {
		if one && field.Alias == alias {
			return reply{body: encodeCalculated(field)}, nil
		}
		list = append(list, encodeCalculated(field))
	}
	if one {
		return reply{}, calculatedNotFound()
	}
	return reply{body: list}, nil
}

func calculatedNotFound() error { return notFound("Derived column not found") }

// calculatedField returns the calculated field in the path.
func (f *Front) calculatedField(c *call) (dataset.CalculatedField, error) {
	slug, err := f.datasetOrAll(c)
	if err != nil {
		return dataset.CalculatedField{}, err
	}
	field, err := f.Datasets.CalculatedField(c.who.Environment, slug, c.PathValue("id"))
	if err != nil {
		return field, calculatedNotFound()
	}
	return field, nil
}

func (f *Front) getCalculatedField(c *call) (reply, error) {
	field, err := f.calculatedField(c)
	return reply{body: encodeCalculated(field)}, err
}

// updateCalculatedField is PUT /1/derived_columns/{dataset}/{id}.
func (f *Front) updateCalculatedField(c *call) (reply, error) {
	field, err := f.calculatedField(c)
	if err != nil {
		return reply{}, err
	}
	settings, err := f.decodeCalculated(c, field.Dataset)
	if err != nil {
		return reply{}, err
	}
	field, err = f.Datasets.UpdateCalculated(c.Context(), c.who.Environment, field.Dataset, field.ID, settings)
	return reply{body: encodeCalculated(field)}, err
}

// deleteCalculatedField is DELETE /1/derived_columns/{dataset}/{id}.
func (f *Front) deleteCalculatedField(c *call) (reply, error) {
	field, err := f.calculatedField(c)
	if err != nil {
		return reply{}, err
	}
	return reply{status: http.StatusNoContent}, f.Datasets.DeleteCalculated(c.Context(), c.who.Environment, field.Dataset, field.ID)
}
