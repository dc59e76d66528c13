package api

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/oriel-dev/oriel/internal/event"
	"github.com/oriel-dev/oriel/internal/query/xrayfilter"
	"github.com/oriel-dev/oriel/internal/xraymodel"
)

type valueTable struct{ values map[string]*tableValue }

type tableValue struct {
	filter string
	counts [2]float64
	sum    [2]float64
	last   int // the trace that was counted last, by its number
}

// counting is the count of one trace.
type counting struct {
	an    *analysis
	set   int
	point analysedTrace
}

// value counts the trace for a value, once. It returns the value if it is new, for
// the expression that finds it; nil too if none can.
func (c *counting) value(t *valueTable, value string) (fresh *tableValue) {
	if value == "" {
		return nil
	}
	cut := len(value) > longestValue
	if cut {
		value = cutText(value, longestValue)
	}
	e := t.values[value]
	if e == nil {
		if len(t.values) >= mostDistinct {
			return nil
		}
		e = &tableValue{}
		t.values[value] = e
		if !cut {
			fresh = e
		}
	}
	if e.last != c.an.traces {
		e.last = c.an.traces
		e.counts[c.set] += c.point.weight
		e.sum[c.set] += c.point.weight * c.point.ms
	}
	return fresh
}

// text counts a value that a key of expressions stands for.
func (c *counting) text(table, key, value string) {
	if value == "" {
		return
	}
	if e := c.value(c.an.table(table), value); e != nil {
		e.filter = key + " = " + xrayfilter.Quote(value)
	}
}

// trace counts what a trace has in the tables.
func (c *counting) trace(t *xraymodel.Trace, slow func(*xraymodel.Trace) bool) {
	h := t.HTTP()
	c.text("method", "http.method", h.Method)
	c.text("url", "http.url", h.URL)
	c.text("client", "http.clientip", h.ClientIP)
	if h.Status != 0 {
		status := strconv.Itoa(h.Status)
		if e := c.value(c.an.table("status"), status); e != nil {
			e.filter = "http.status = " + status
		}
	}
	if t.Root.Row.Batch != nil {
		if name := t.Root.Row.Get(event.FieldName).Text(); name != t.Root.Name && name != "" {
			c.value(c.an.table("operation"), name)
		}
	}
	for _, s := range t.Segments {
		if s.Segment && s.Name != "" {
			if e := c.value(c.an.table("service"), s.Name); e != nil {
				e.filter = "service(" + xrayfilter.Quote(s.Name) + ")"
			}
		}
		c.part(s)
	}
	faults := t.FaultCauses()
	c.causes("fault", "fault_root_cause", faults)
	c.causes("error", "error_root_cause", t.ErrorCauses())
	if slow != nil && slow(t) {
		c.causes("responsetime", "response_time_root_cause", t.ResponseTimeCauses())
	}
	for _, f := range faults {
		for _, s := range f.Services {
			for _, e := range s.Entities {
				c.messages(e.Part)
			}
		}
	}
}

func (c *counting) messages(p *xraymodel.Part) {
	for _, x := range p.Exceptions {
		if x.Message == "" {
			continue
		}
		if e := c.value(c.an.table("fault_message"), x.Message); e != nil {
			e.filter = "rootcause.fault.exception { message = " + xrayfilter.Quote(x.Message) + " }"
		}
	}
}

func (c *counting) part(p *xraymodel.Part) {
	if p.Inferred {
		return
	}
	c.text("user", "user", p.User)
	c.text("instance", "instance.id", p.Instance)
	c.text("zone", "availabilityzone", p.Zone)
	for i := range p.Annotations {
		c.annotation(&p.Annotations[i])
	}
	for _, inner := range p.Parts {
		c.part(inner)
	}
}

func (c *counting) annotation(a *xraymodel.Annotation) {
	table, known := c.an.annotations[a.Key]
	if !known {
		if !ownTable(a.Key) {
			table = &valueTable{values: map[string]*tableValue{}}
			c.an.tables[annotationTable+a.Key] = table
		}
		c.an.annotations[a.Key] = table
	}
	if table == nil {
		return
	}
	value := a.Value.Text()
	e := c.value(table, value)
	if e == nil {
		return
	}
	literal := value
	if a.Value.Kind() == event.String {
		literal = xrayfilter.Quote(value)
	}
	e.filter = "annotation[" + xrayfilter.Quote(a.Key) + "] = " + literal
}

// ownTable reports attributes that have a table under another name, or say
// nothing of a request.
func ownTable(key string) bool {
	switch key {
	case "http.response.status_code", "http.status_code", "http.request.method", "http.method", "url.full", "http.url", "enduser.id", "user.id",
		"client.address", "http.client_ip", "cloud.availability_zone":
		return true
	}
	return tellsNothing(key)
}

// causes counts causes as the way through the services, which is also what the
// expression asks for.
func (c *counting) causes(kind, table string, causes []xraymodel.Cause) {
	for _, cause := range causes {
		names := make([]string, len(cause.Services))
		for i, s := range cause.Services {
			names[i] = s.Segment.Name
		}
		e := c.value(c.an.table(table), strings.Join(names, " → "))
		if e == nil {
			continue
		}
		list := make([]string, len(names))
		for i, name := range names {
			list[i] = `{"Name":` + strconv.Quote(name) + `}`
		}
		last := len(names) - 1
		e.filter = fmt.Sprintf(`rootcause.%s.service { last AND index = %d AND name = %s } AND rootcause.json = #[{"Services":[%s]}]`,
			kind, last, xrayfilter.Quote(names[last]), strings.Join(list, ","))
	}
}
