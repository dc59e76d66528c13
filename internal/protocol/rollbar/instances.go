package rollbar

import (
	"context"
	"encoding/json"
	"strconv"

	"github.com/oriel-dev/oriel/internal/event"
	"github.com/oriel-dev/oriel/internal/fault"
	"github.com/oriel-dev/oriel/internal/item"
	"github.com/oriel-dev/oriel/internal/query"
)

func instanceHandlers() map[string]handler {
	return map[string]handler{
		"getInstance": (*Front).getInstance, "deleteInstance": (*Front).deleteInstance, "listInstances": (*Front).listInstances,
		"listItemInstances": (*Front).listItemInstances,
	}
}

const noInstance = "Instance not found in this project."

// instance is an occurrence as the API gives it.
type instance struct {
	ID        int64           `json:"id"`
	ProjectID int64           `json:"project_id"`
	ItemID    int64           `json:"item_id"`
	Timestamp int64           `json:"timestamp"`
	Version   int             `json:"version"`
	Billable  int             `json:"billable"`
	Data      json.RawMessage `json:"data"`
}

func (f *Front) instanceOf(row event.Row, project int64) (instance, error) {
	o := instance{ID: row.Get(event.FieldErrorID).Int(), ProjectID: project, Timestamp: unix(row.Batch.Times[row.Index]), Version: 2, Billable: 1}
	if i, err := f.itemOfRow(row); err == nil {
		o.ItemID = i.ID
	}
	var err error
	o.Data, err = item.PayloadOf(row)
	return o, err
}

// occurrence finds the one in the path, by id or uuid.
func (f *Front) occurrence(c *call) (event.Row, error) {
	text := c.PathValue("id")
	id, err := strconv.ParseInt(text, 10, 64)
	const uuidDigits = 32 // a uuid of digits alone is no id
	if err != nil || len(text) >= uuidDigits {
		return f.occurrenceOfUUID(c.Context(), c.token.Environment, text)
	}
	row, err := f.Querier.Occurrence(c.Context(), c.token.Environment, id)
	if fault.Is(err, fault.NotFound) {
		return row, notFound(noInstance)
	}
	return row, err
}

func (f *Front) getInstance(c *call) (reply, error) {
	row, err := f.occurrence(c)
	if err != nil {
		return reply{}, err
	}
	p, err := f.projectOf(c)
	if err != nil {
		return reply{}, err
	}
	o, err := f.instanceOf(row, p.ID)
	return reply{result: o}, err
}

// deleteInstance removes an occurrence; counts stay as they are.
func (f *Front) deleteInstance(c *call) (reply, error) {
	row, err := f.occurrence(c)
	if err != nil {
		return reply{}, err
	}
	where := query.Compare{Op: query.Eq, L: query.Field{Name: event.FieldErrorID}, R: query.Literal{Value: event.IntValue(row.Get(event.FieldErrorID).Int())}}
	err = f.DropRows(c.Context(), c.token.Environment, row.Batch.Dataset, where)
	return reply{bare: true, message: "The instance has been deleted"}, err
}

const (
	usualInstances = 20
	mostInstances  = 5000
)

func (f *Front) listInstances(c *call) (reply, error) { return f.instances(c, nil) }

func (f *Front) listItemInstances(c *call) (reply, error) {
	i, err := f.itemWithID(c, c.PathValue("id"))
	if err != nil {
		return reply{}, err
	}
	return f.instances(c, f.rowsOf(&i))
}

// instances answers a page of occurrences, the newest first.
func (f *Front) instances(c *call, where query.Expr) (reply, error) {
	page, err := c.page()
	if err != nil {
		return reply{}, err
	}
	limit, err := c.wholeNumber("limit", usualInstances, 1, mostInstances)
	if err != nil {
		return reply{}, err
	}
	const largest = 1 << 53
	before, err := c.wholeNumber("lastId", 0, 0, largest)
	if err != nil {
		return reply{}, err
	}
	const furthest = 1_000_000
	list := []instance{}
	if skip := int64(page-1) * limit; skip < furthest {
		if list, err = f.instancePage(c.Context(), c.token.Environment, where, before, int(skip), int(limit)); err != nil {
			return reply{}, err
		}
	}
	return reply{result: map[string]any{"page": page, "instances": list}}, nil
}

func (f *Front) instancePage(ctx context.Context, environment string, where query.Expr, before int64, skip, limit int) ([]instance, error) {
	rows, err := f.Querier.OccurrencesBefore(ctx, environment, where, before, skip, limit)
	if err != nil {
		return nil, err
	}
	p, err := f.Items.Project(ctx, environment)
	if err != nil {
		return nil, err
	}
	list := make([]instance, 0, len(rows))
	for _, row := range rows {
		o, err := f.instanceOf(row, p.ID)
		if err != nil {
			return nil, err
		}
		list = append(list, o)
	}
	return list, nil
}
