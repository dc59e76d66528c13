package honeycomb

import (
	"fmt"
	"net/http"

	"github.com/oriel-dev/oriel/internal/workspace"
)

func markerHandlers() map[string]handler {
	return map[string]handler{
		"createMarker": (*Front).createMarker, "getMarker": (*Front).listMarkers, // so the description calls the list
		"updateMarker": (*Front).updateMarker, "deleteMarker": (*Front).deleteMarker,
	}
}

// marker is on the wire. ID, Color and the times of creation and change are read only.
type marker struct {
	ID        string `json:"id"`
	StartTime int64  `json:"start_time"` // Unix seconds, as EndTime
	EndTime   int64  `json:"end_time,omitempty"`
	Message   string `json:"message,omitempty"`
	Type      string `json:"type,omitempty"`
	URL       string `json:"url,omitempty"`
	Color     string `json:"color,omitempty"`
	CreatedAt string `json:"created_at"`
	UpdatedAt string `json:"updated_at"`
}

// markerAsk is what callers may say. What is absent is left as it is; a time of
// 0 is none.
type markerAsk struct {
	StartTime *int64  `json:"start_time"`
	EndTime   *int64  `json:"end_time"`
	Message   *string `json:"message"`
	Type      *string `json:"type"`
	URL       *string `json:"url"`
}

const (
	maxMarkerText = 10_000
	maxMarkerType = 255
	maxMarkerURL  = 4_096
	maxEpoch      = 253_402_300_799 // the end of the year 9999
)

// apply puts what was said into a marker and checks the outcome.
func (ask *markerAsk) apply(m *workspace.Marker) error {
	set(&m.Start, ask.StartTime)
	set(&m.End, ask.EndTime)
	set(&m.Message, ask.Message)
	set(&m.Type, ask.Type)
	set(&m.URL, ask.URL)
	var check checks
	for _, t := range []struct {
		field string
		at    int64
	}{{"start_time", m.Start}, {"end_time", m.End}} {
		if t.at < 0 || t.at > maxEpoch {
			check.add(t.field, "invalid", fmt.Sprintf("is %d; it must be a time in Unix seconds, from 0 to %d", t.at, int64(maxEpoch)))
		}
	}
	if len(check) == 0 && m.End != 0 && m.End < m.Start {
		check.add("end_time", "invalid", fmt.Sprintf("is %d, before start_time, which is %d", m.End, m.Start))
	}
	check.note("message", m.Message, maxMarkerText)
	check.note("type", m.Type, maxMarkerType)
	check.note("url", m.URL, maxMarkerURL)
	return check.err()
}

func set[T any](into, from *T) {
	if from != nil {
		*into = *from
	}
}

// createMarker is POST /1/markers/{dataset}.
func (f *Front) createMarker(c *call) (reply, error) {
	scope, err := f.scope(c)
	if err != nil {
		return reply{}, err
	}
	var ask markerAsk
	if err := c.decode(&ask); err != nil {
		return reply{}, err
	}
	m := workspace.Marker{Scope: scope}
	if ask.StartTime == nil || *ask.StartTime == 0 {
		now := f.Clock().Unix()
		ask.StartTime = &now
	}
	if err := ask.apply(&m); err != nil {
		return reply{}, err
	}
	if m, err = f.Workspace.AddMarker(c.Context(), m); err != nil {
		return reply{}, err
	}
	return reply{status: http.StatusCreated, body: markerBody(m)}, nil
}

// listMarkers is GET /1/markers/{dataset}: those of the dataset, or those of the
// whole environment under __all__.
func (f *Front) listMarkers(c *call) (reply, error) {
	scope, err := f.scope(c)
	if err != nil {
		// One of the vendor's own clients names a marker here, and no dataset.
		if m, err := f.Workspace.FindMarker(c.Context(), c.who.Environment, c.PathValue("dataset")); err == nil {
			return reply{body: markerBody(m)}, nil
		}
		return reply{}, err
	}
	list, err := f.Workspace.Markers(c.Context(), scope)
	if err != nil {
		return reply{}, err
	}
	out := make([]marker, len(list))
	for i, m := range list {
		out[i] = markerBody(m)
	}
	return reply{body: out}, nil
}

const noMarker = "Marker not found"

// updateMarker is PUT /1/markers/{dataset}/{id}. The published client sends what
// it changes only: what is absent stays.
func (f *Front) updateMarker(c *call) (reply, error) {
	scope, err := f.scope(c)
	if err != nil {
		return reply{}, err
	}
	var ask markerAsk
	if err := c.decode(&ask); err != nil {
		return reply{}, err
	}
	if ask.StartTime != nil && *ask.StartTime == 0 {
		ask.StartTime = nil
	}
	var refused error
	m, err := f.Workspace.ChangeMarker(c.Context(), scope, c.PathValue("id"), func(m *workspace.Marker) error {
		refused = ask.apply(m)
		return refused
	})
	if refused != nil {
		return reply{}, refused
	}
	if err != nil {
		return reply{}, named(err, noMarker)
	}
	return reply{body: markerBody(m)}, nil
}

// deleteMarker is DELETE /1/markers/{dataset}/{id}: 200 with what it was.
func (f *Front) deleteMarker(c *call) (reply, error) {
	scope, err := f.scope(c)
	if err != nil {
		return reply{}, err
	}
	m, err := f.Workspace.RemoveMarker(c.Context(), scope, c.PathValue("id"))
	if err != nil {
		return reply{}, named(err, noMarker)
	}
	return reply{body: markerBody(m)}, nil
}

func markerBody(m workspace.Marker) marker {
	return marker{m.ID, m.Start, m.End, m.Message, m.Type, m.URL, m.Color, timestamp(m.Created), timestamp(m.Updated)}
}
