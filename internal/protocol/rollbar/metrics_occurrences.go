package rollbar

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/oriel-dev/oriel/internal/event"
	"github.com/oriel-dev/oriel/internal/item"
	"github.com/oriel-dev/oriel/internal/query"
	"github.com/oriel-dev/oriel/internal/store"
)

// occurrenceMetrics is the body of POST /metrics/occurrences.
type occurrenceMetrics struct {
	span
	Filters    []metricFilter    `json:"filters"`
	GroupBy    []string          `json:"group_by"`
	Aggregates []metricAggregate `json:"aggregates"`
	Sort       *metricSort       `json:"sort"`
	Limit      *int              `json:"limit"`
	Offset     int               `json:"offset"`
}

type (
	metricFilter struct {
		Field    string `json:"field"`
		Values   []any  `json:"values"`
		Operator string `json:"operator"`
	}
	metricAggregate struct {
		Field    string `json:"field"`
		Function string `json:"function"`
		Alias    string `json:"alias"`
	}
	metricSort struct {
		Field string `json:"field"`
		Order string `json:"order"`
	}
	metricCell struct {
		Field string `json:"field"`
		Value any    `json:"value"`
	}
)

// metricField returns our field of a field of metrics. Those of items are answered
// from the items, see ofItems.
func metricField(name string) (string, bool) {
	field, ok := map[string]string{
		"environment": event.FieldErrorEnvironment, "browser_family": "browser", "browser_version": "browser", "os_family": "os", "os_version": "os",
		"ip_address": "request.user_ip", "item_title": event.FieldErrorTitle, "item_level": event.FieldErrorLevel, "person_username": "person.username",
		"person_email": "person.email", "person_id": "person.id", "code_version": "code_version", "occurrence_id": event.FieldErrorID, "uuid": "uuid",
		"context": "context", "platform": event.FieldErrorPlatform, "framework": event.FieldErrorFramework, "platform_canonical": event.FieldErrorPlatform,
		"framework_canonical": event.FieldErrorFramework, "language": "language", "language_name": "language", "notifier_name": "notifier.name",
		"notifier_version": "notifier.version", "message_body": "body.message.body", "timestamp": event.SystemTime, "fingerprint": event.FieldErrorFingerprint,
		"server_host": "server.host", "server_root": "server.root", "server_pid": "server.pid", "server_cpu": "server.cpu", "scm_branch": "server.branch",
		"request_url": "request.url", "request_method": "request.method", "request_query_string": "request.query_string", "request_body": "request.body",
		"device_brand": "client.device.brand", "device_model": "client.device.model",
	}[name]
	return field, ok
}

// ofItems reports whether a field of metrics belongs to the item, not the row.
func ofItems(name string) bool {
	return slices.Contains([]string{"item_id", "item_counter", "item_status", "item_group_item_id", "project_id"}, name)
}

func (f *Front) metricsOccurrences(c *call) (reply, error) {
	var m occurrenceMetrics
	if err := c.decode(&m); err != nil {
		return reply{}, err
	}
	if err := m.check(f.Clock().Unix(), ""); err != nil {
		return reply{}, err
	}
	asked, err := f.metricsQuery(c, &m)
	if err != nil {
		return reply{}, err
	}
	points, err := m.points()
	if err != nil {
		return reply{}, err
	}
	if m.Granularity != "" && len(points) > mostMetricPoints {
		return reply{}, invalid("Invalid format. There are %d steps of a %s: at most %d are answered at once", len(points), m.Granularity, mostMetricPoints)
	}
	type timepoint struct {
		Timestamp int64          `json:"timestamp"`
		Rows      [][]metricCell `json:"metrics_rows"`
	}
	list := []timepoint{}
	for k, at := range points {
		end := int64(*m.End) + 1
		if k+1 < len(points) {
			end = min(end, points[k+1])
		}
		q := *asked
		q.Start, q.End = max(at, int64(m.Start))*int64(time.Second), end*int64(time.Second)
		res, err := f.Querier.Run(c.Context(), &q)
		if err != nil {
			return reply{}, err
		}
		list = append(list, timepoint{at, f.metricRows(c, &m, res)})
	}
	result := map[string]any{"timepoints": list, "last_occurrence_id": nil, "last_occurrence_timestamp": nil}
	rows, err := f.Querier.OccurrencesBefore(c.Context(), c.token.Environment, nil, 0, 0, 1)
	if err == nil && len(rows) > 0 {
		result["last_occurrence_id"], result["last_occurrence_timestamp"] = rows[0].Get(event.FieldErrorID).Int(), unix(rows[0].Batch.Times[rows[0].Index])
	}
	return reply{result: result}, err
}

const (
	mostMetricPoints = 400
	usualMetricRows  = 100
	mostMetricRows   = 1000
	mostMetricFields = 20
)

// metricsQuery makes the question of a body, without its time.
func (f *Front) metricsQuery(c *call, m *occurrenceMetrics) (*query.Query, error) {
	terms := []query.Expr{query.Exists{X: query.Field{Name: event.FieldErrorFingerprint}}}
	if len(m.Filters) > mostMetricFields || len(m.GroupBy) > mostMetricFields || len(m.Aggregates) > mostMetricFields {
		return nil, invalid("Invalid format. At most %d filters, fields of group_by and aggregates are taken", mostMetricFields)
	}
	for k := range m.Filters {
		x, err := f.metricCondition(c, &m.Filters[k])
		if err != nil {
			return nil, err
		}
		terms = append(terms, x)
	}
	if len(m.Aggregates) == 0 {
		m.Aggregates = []metricAggregate{{Function: "count_all", Alias: "count"}}
	}
	agg := query.Aggregate{}
	for _, name := range m.GroupBy {
		fields, err := groupFields(name)
		if err != nil {
			return nil, err
		}
		for _, field := range fields {
			if !slices.Contains(agg.Groups, field) {
				agg.Groups = append(agg.Groups, field)
			}
		}
	}
	for k := range m.Aggregates {
		calc, err := m.Aggregates[k].calc(k)
		if err != nil {
			return nil, err
		}
		agg.Calcs = append(agg.Calcs, calc)
	}
	limit := usualMetricRows
	if m.Limit != nil {
		limit = *m.Limit
	}
	if limit < 1 || limit > mostMetricRows || m.Offset < 0 || m.Offset > mostMetricRows*mostMetricRows {
		return nil, invalid("Invalid format. limit is %d and offset %d: want a limit from 1 to %d, and an offset from 0", limit, m.Offset, mostMetricRows)
	}
	keys, err := m.order(agg)
	if err != nil {
		return nil, err
	}
	return &query.Query{Environment: c.token.Environment, Stages: []query.Stage{
		query.Filter{Where: query.And{Terms: terms}}, agg, query.Sort{Keys: keys}, query.Limit{Count: limit, Offset: m.Offset},
	}}, nil
}

// groupFields are our fields that make a field of metrics.
func groupFields(name string) ([]string, error) {
	if ofItems(name) {
		return []string{event.FieldErrorFingerprint, event.FieldErrorEnvironment}, nil
	}
	field, ok := metricField(name)
	if !ok {
		return nil, invalid("Invalid format. group_by has %.60q, which is no field of metrics", name)
	}
	return []string{field}, nil
}

func (a *metricAggregate) calc(k int) (query.Calc, error) {
	calc := query.Calc{Name: "calc" + strconv.Itoa(k)}
	field, known := metricField(a.Field)
	a.Alias = cmp.Or(a.Alias, a.Field, a.Function)
	switch a.Function {
	case "count_all":
		return calc, nil
	case "count_distinct":
		calc.Op = query.CountDistinct
		if ofItems(a.Field) {
			field, known = event.FieldErrorFingerprint, true
		}
	case "max":
		calc.Op = query.Max
	case "min":
		calc.Op = query.Min
	default:
		return calc, invalid("Invalid format. function is %.40q: want count_all, count_distinct, max or min", a.Function)
	}
	if !known {
		return calc, invalid("Invalid format. aggregates has the field %.60q, which is no field of metrics that can be counted", a.Field)
	}
	calc.Field = field
	return calc, nil
}

// order sorts by what was asked for, else by the first number, the greatest first.
func (m *occurrenceMetrics) order(agg query.Aggregate) ([]query.SortKey, error) {
	key := query.SortKey{Field: agg.Calcs[0].Name, Desc: true}
	if m.Sort != nil {
		var err error
		if key.Field, err = m.sortField(agg); err != nil {
			return nil, err
		}
		key.Desc = m.Sort.Order != "asc"
	}
	keys := []query.SortKey{key}
	for _, g := range agg.Groups {
		if g != key.Field {
			keys = append(keys, query.SortKey{Field: g})
		}
	}
	return keys, nil
}

func (m *occurrenceMetrics) sortField(agg query.Aggregate) (string, error) {
	for k, a := range m.Aggregates {
		if a.Alias == m.Sort.Field {
			return agg.Calcs[k].Name, nil
		}
	}
	if !slices.Contains(m.GroupBy, m.Sort.Field) {
		return "", invalid("Invalid format. sort names %.60q, which is neither an alias nor in group_by", m.Sort.Field)
	}
	fields, err := groupFields(m.Sort.Field)
	if err != nil {
		return "", err
	}
	return fields[0], nil
}

// metricCondition is what a filter says of a row.
func (f *Front) metricCondition(c *call, filter *metricFilter) (query.Expr, error) {
	values := make([]event.Value, len(filter.Values))
	for k, v := range filter.Values {
		values[k] = valueOf(v)
	}
	const most = 500
	if len(values) == 0 || len(values) > most {
		return nil, invalid("Invalid format. The filter of %.60q has %d values: want 1 to %d", filter.Field, len(values), most)
	}
	if ofItems(filter.Field) {
		return f.itemCondition(c, filter)
	}
	name, ok := metricField(filter.Field)
	if !ok {
		return nil, invalid("Invalid format. filters has %.60q, which is no field of metrics", filter.Field)
	}
	field := query.Field{Name: name}
	compare := func(op query.CompareOp, v event.Value) query.Expr {
		return query.Compare{Op: op, L: field, R: query.Literal{Value: v}}
	}
	switch filter.Operator {
	case "", "eq":
		return query.In{X: field, Values: values}, nil
	case "ne":
		return query.Not{X: query.In{X: field, Values: values}}, nil
	case "gt":
		return compare(query.Gt, values[0]), nil
	case "gte":
		return compare(query.Ge, values[0]), nil
	case "lt":
		return compare(query.Lt, values[0]), nil
	case "lte":
		return compare(query.Le, values[0]), nil
	case "not_like":
		return query.Not{X: query.Text{Op: query.Contains, X: field, S: values[0].Text()}}, nil
	case "between", "not_between":
		if len(values) != 2 {
			return nil, invalid("Invalid format. The operator %s takes two values, not %d", filter.Operator, len(values))
		}
		var within query.Expr = query.And{Terms: []query.Expr{compare(query.Ge, values[0]), compare(query.Le, values[1])}}
		if filter.Operator == "not_between" {
			within = query.Not{X: within}
		}
		return within, nil
	}
	return nil, invalid("Invalid format. operator is %.40q: want eq, ne, gt, gte, lt, lte, not_like, between or not_between", filter.Operator)
}

// itemCondition asks for the occurrences of items that have one of the values.
func (f *Front) itemCondition(c *call, filter *metricFilter) (query.Expr, error) {
	if filter.Operator != "" && filter.Operator != "eq" && filter.Operator != "ne" {
		return nil, invalid("Invalid format. operator is %.40q: the field %s takes eq and ne", filter.Operator, filter.Field)
	}
	p, err := f.projectOf(c)
	if err != nil {
		return nil, err
	}
	wanted := map[string]bool{}
	for _, v := range filter.Values {
		wanted[valueOf(v).Text()] = true
	}
	prints := map[string][]event.Value{}
	f.Items.Visit(item.Filter{Environment: c.token.Environment, Members: true}, func(i *item.Item) {
		if wanted[textOfCell(itemField(i, filter.Field, p.ID))] && !i.IsGroup {
			prints[i.ErrorEnvironment] = append(prints[i.ErrorEnvironment], event.StringValue(i.Fingerprint))
		}
	})
	const most = 1000
	var terms []query.Expr
	for environment, list := range prints {
		if len(list) > most {
			return nil, invalid("The filter of %s asks for more than %d items", filter.Field, most)
		}
		terms = append(terms, query.And{Terms: []query.Expr{
			query.In{X: query.Field{Name: event.FieldErrorFingerprint}, Values: list}, occurrenceWhere([]string{environment}),
		}})
	}
	var x query.Expr = query.Or{Terms: terms}
	if filter.Operator == "ne" {
		x = query.Not{X: x}
	}
	return x, nil
}

// itemField is a field of metrics that items have.
func itemField(i *item.Item, name string, project int64) any {
	switch name {
	case "item_id":
		return i.ID
	case "item_counter":
		return i.Counter
	case "item_status":
		return i.Status.String()
	case "item_group_item_id":
		return idOrNull(i.Group)
	case "project_id":
		return project
	}
	return nil
}

// valueOf is a value of a filter as rows have it.
func valueOf(v any) event.Value {
	switch v := v.(type) {
	case string:
		return event.StringValue(v)
	case bool:
		return event.BoolValue(v)
	}
	text := textOfCell(v)
	if n, err := strconv.ParseInt(text, 10, 64); err == nil {
		return event.IntValue(n)
	}
	if n, err := strconv.ParseFloat(text, 64); err == nil {
		return event.FloatValue(n)
	}
	return event.StringValue(text)
}

// metricRows makes the rows of one point of time.
func (f *Front) metricRows(c *call, m *occurrenceMetrics, res *store.Result) [][]metricCell {
	rows := make([][]metricCell, 0, res.Rows)
	for k := range res.Rows {
		var row []metricCell
		for _, name := range m.GroupBy {
			row = append(row, metricCell{name, f.groupValue(c, name, res, k)})
		}
		for n, a := range m.Aggregates {
			row = append(row, metricCell{a.Alias, res.Column("calc" + strconv.Itoa(n)).Values[k].Any()})
		}
		rows = append(rows, row)
	}
	return rows
}

func (f *Front) groupValue(c *call, name string, res *store.Result, k int) any {
	if !ofItems(name) {
		field, _ := metricField(name)
		v := res.Column(field).Values[k]
		if field == event.SystemTime {
			return unix(v.Int())
		}
		return v.Any()
	}
	i, err := f.Items.ByFingerprint(c.token.Environment, res.Column(event.FieldErrorEnvironment).Values[k].Text(), res.Column(event.FieldErrorFingerprint).Values[k].Text())
	if err != nil {
		return nil
	}
	p, err := f.projectOf(c)
	if err != nil {
		return nil
	}
	return itemField(&i, name, p.ID)
}

// textOfCell is a value as filters name it.
func textOfCell(v any) string {
	switch v := v.(type) {
	case nil:
		return ""
	case string:
		return v
	}
	return fmt.Sprint(v)
}
