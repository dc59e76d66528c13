package item_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/oriel-dev/oriel/internal/event"
	"github.com/oriel-dev/oriel/internal/item"
)

const traceID = "0af7651916cd43dd8448eb211c80319c"

// spanEvents makes a batch of exception events as the OTLP decoder does.
func (r *rig) spanEvents(events ...map[string]string) *event.Batch {
	b := event.NewBatch("test", "shop")
	b.Begin(r.now.Load()) // the span itself is no occurrence, though it carries the exception
	for name, v := range map[string]string{event.FieldTraceID: traceID, event.FieldName: "GET /", "exception.type": "x", event.FieldSignal: event.SignalTrace} {
		b.Set(name, event.StringValue(v))
	}
	for _, e := range events {
		b.Begin(r.now.Load())
		b.Set(event.FieldTraceID, event.StringValue(traceID))
		b.Set(event.FieldSignal, event.StringValue(event.SignalTrace))
		b.Set(event.FieldAnnotation, event.StringValue(event.AnnotationSpanEvent))
		for name, v := range e {
			b.Set(name, event.StringValue(v))
		}
	}
	return b
}

func cartError() map[string]string {
	return map[string]string{
		"exception.type": "shop.CartError", "exception.message": "no cart", "telemetry.sdk.language": "python", "deployment.environment.name": "production",
		"service.version": "1.2.3", "enduser.id": "ada", "client.address": "10.0.0.1",
		"exception.stacktrace": "Traceback (most recent call last):\n  File \"/srv/app/views.py\", line 10, in index\nshop.CartError: no cart\n",
	}
}

func sdkError() object {
	p := exception("CartError", "no cart")
	p["environment"] = "production"
	return p
}

func TestStamp_MakesExceptionEventsOccurrences(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	b := r.spanEvents(cartError(), map[string]string{"name": "no exception"})
	r.take(b)
	row := b.Row(1)
	for name, want := range map[string]string{
		event.FieldErrorTitle: "CartError: no cart", event.FieldErrorEnvironment: "production", event.FieldErrorLevel: "error", event.FieldErrorFramework: "python",
		event.FieldErrorCulprit: "index in app/views.py", event.FieldErrorGrouping: "default",
	} {
		if got := row.Get(name).Text(); got != want {
			t.Errorf("%s is %q, want %q", name, got, want)
		}
	}
	if !b.Row(0).Get(event.FieldErrorID).IsNull() || !b.Row(2).Get(event.FieldErrorID).IsNull() {
		t.Error("the span or another event is an occurrence")
	}
	i := r.get(1)
	if i.People != 1 || i.IPs != 1 || i.LastVersion != "1.2.3" || i.Total != 1 {
		t.Errorf("%+v", i)
	}
	people, err := r.items.People(t.Context(), 1, 0, 10)
	if err != nil || len(people) != 1 || people[0].ID != "ada" {
		t.Errorf("%+v %v", people, err)
	}
	var payload struct {
		Language string
		Body     struct {
			Trace struct{ Frames []struct{ Filename string } }
		}
		Person struct{ ID string }
		Custom object
	}
	text, err := item.PayloadOf(row)
	if err != nil || json.Unmarshal(text, &payload) != nil || payload.Language != "python" || payload.Body.Trace.Frames[0].Filename != "/srv/app/views.py" || payload.Person.ID != "ada" {
		t.Errorf("%s %v", text, err)
	}
	// The SDK's payload of the same exception, of another request, is the same item.
	r.send(sdkError())
	if i := r.get(1); i.Total != 2 {
		t.Errorf("%+v", r.all())
	}
}

func TestStamp_OneExceptionReportedBothWaysIsOneOccurrence(t *testing.T) {
	t.Parallel()
	for _, spanFirst := range []bool{true, false} {
		r := newRig(t)
		var twin event.Row
		byPayload := func() {
			b := event.NewBatch("test", "errors")
			b.Begin(r.now.Load())
			b.Set(event.FieldTraceID, event.StringValue(traceID))
			item.Apply(b, []item.Stamp{r.items.StampPayload("test", sdkError(), traceID)})
			r.take(b)
			twin = b.Row(0)
		}
		bySpan := func() {
			b := r.spanEvents(cartError())
			r.take(b)
			twin = b.Row(1)
		}
		reports := []func(){byPayload, bySpan}
		if spanFirst {
			reports = []func(){bySpan, byPayload}
		}
		for round := int64(1); round <= 2; round++ { // the same error twice in a trace, told of both ways each time
			for _, report := range reports {
				r.advance(time.Second)
				report()
			}
			i := r.get(1)
			if i.Total != round || twin.Get(event.FieldErrorTwin).Int() != i.Last.ID || !twin.Get(event.FieldErrorFingerprint).IsNull() {
				t.Errorf("span first %v, round %d: total %d, twin of %d, last %d", spanFirst, round, i.Total, twin.Get(event.FieldErrorTwin).Int(), i.Last.ID)
			}
		}
	}
}

// Three exporters in one app: one occurrence.
func TestStamp_OneExceptionReportedManyWaysIsOneOccurrence(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	document := cartError()
	document["xray.exception.id"] = "70de5b6f19ff9a0a"
	for range 2 {
		r.advance(time.Second)
		r.take(r.spanEvents(document))
		r.take(r.spanEvents(cartError()))
		b := event.NewBatch("test", "errors")
		b.Begin(r.now.Load())
		item.Apply(b, []item.Stamp{r.items.StampPayload("test", sdkError(), traceID)})
		r.take(b)
	}
	if i := r.get(1); i.Total != 2 || len(r.all()) != 1 {
		t.Errorf("%+v", r.all())
	}
}

func TestStamp_WhatWasNotStoredHasNoTwins(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	b := r.spanEvents(cartError())
	r.items.Stamp([]*event.Batch{b})
	r.items.Withdraw([]*event.Batch{b})
	s := r.items.StampPayload("test", sdkError(), traceID)
	if s.TwinOf != 0 {
		t.Errorf("a twin of %d, which nobody has", s.TwinOf)
	}
	r.items.Stamp([]*event.Batch{r.spanEvents(cartError())}) // its twin …
	r.items.WithdrawStamp(&s)
	if again := r.items.StampPayload("test", sdkError(), traceID); again.TwinOf != 0 {
		t.Errorf("a twin of %d, which is one itself", again.TwinOf)
	}
}

func TestStamp_NoSenderForgesIt(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	forged := cartError()
	forged[event.FieldErrorFingerprint], forged[event.FieldErrorID], forged[event.FieldErrorTwin] = "mine", "7", "8"
	b := r.spanEvents(map[string]string{"name": "x", event.FieldErrorFingerprint: "mine", event.FieldErrorEnvironment: "e"}, forged)
	r.take(b)
	if i := r.get(1); i.Fingerprint == "mine" || len(r.all()) != 1 || b.Row(2).Get("_"+event.FieldErrorFingerprint).Text() != "mine" {
		t.Errorf("%+v", r.all())
	}
}

func TestStamp_IDsGrowAlsoOverRestarts(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.send(exception("A", "x"), exception("A", "x"))
	last := r.get(1).Last.ID
	r.advance(-time.Hour) // the clock is set back
	r.crash()
	r.send(exception("A", "x"))
	if got := r.get(1).Last.ID; got <= last || got >= 1<<53 {
		t.Errorf("%d after %d", got, last)
	}
}

func TestSplit_MakesAnItemOfThoseWithAValue(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	of := func(tenant string) object {
		p := exception("A", "x")
		p["custom"] = object{"tenant": tenant}
		return p
	}
	r.send(of("one"), of("two"))
	trial, err := r.items.Try("test", `[{"condition":{"path":"custom.tenant","eq":"two"},"fingerprint":"two"}]`, "", false)
	if err != nil {
		t.Fatal(err)
	}
	for _, tenant := range []string{"one", "two", "two"} {
		trial.Add("production", r.get(1).Fingerprint, of(tenant))
	}
	if out := trial.Outcome(); out.Checked != 3 || out.Changed != 2 || len(out.Moves) != 1 || out.Moves[0].Count != 2 || fmt.Sprint(out.Splits) != "[1]" {
		t.Errorf("%+v", out)
	}
	if _, err := r.items.Split(t.Context(), "ann", 1, "custom.tenant", "two"); err != nil {
		t.Fatal(err)
	}
	r.send(of("one"), of("two"), of("two"))
	other := exception("B", "x")
	other["custom"] = object{"tenant": "two"}
	r.send(other)
	var got []string
	for _, i := range r.all() {
		got = append(got, fmt.Sprint(i.Counter, i.Total, i.Grouping))
	}
	if fmt.Sprint(got) != "[1 3default 2 2rule 3 1default]" {
		t.Errorf("%q", got)
	}
	versions, err := r.items.SettingVersions(t.Context(), "test", item.SettingRules)
	if err != nil || len(versions) != 1 || versions[0].Author != "ann" || !strings.Contains(versions[0].Body, "custom.tenant") {
		t.Errorf("%+v %v", versions, err)
	}
}
