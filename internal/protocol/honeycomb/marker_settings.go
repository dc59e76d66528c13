package honeycomb

import (
	"net/http"

	"github.com/oriel-dev/oriel/internal/fault"
	"github.com/oriel-dev/oriel/internal/workspace"
)

func markerSettingHandlers() map[string]handler {
	return map[string]handler{
		"createMarkerSetting": (*Front).createMarkerSetting, "listMarkerSettings": (*Front).listMarkerSettings,
		"updateMarkerSettings": (*Front).updateMarkerSetting, "deleteMarkerSettings": (*Front).deleteMarkerSetting,
	}
}

// markerSetting is on the wire. ID and the times are read only.
type markerSetting struct {
	ID        string `json:"id"`
	Type      string `json:"type"`
	Color     string `json:"color"`
	CreatedAt string `json:"created_at"`
	UpdatedAt string `json:"updated_at"`
}

type markerSettingAsk struct {
	Type  string `json:"type"`
	Color string `json:"color"`
}

func (f *Front) markerSettingAsk(c *call, needType bool) (markerSettingAsk, error) {
	var ask markerSettingAsk
	if err := c.decode(&ask); err != nil {
		return ask, err
	}
	var check checks
	if needType {
		check.name("type", ask.Type, maxMarkerType)
	}
	switch {
	case ask.Color == "":
		check.add("color", "missing", "cannot be blank")
	case !isColor(ask.Color):
		check.add("color", "invalid", "must be # and six hexadecimal digits, like #F96E11")
	}
	return ask, check.err()
}

func isColor(s string) bool {
	if len(s) != 7 || s[0] != '#' {
		return false
	}
	for _, c := range s[1:] {
		if (c < '0' || c > '9') && (c < 'a' || c > 'f') && (c < 'A' || c > 'F') {
			return false
		}
	}
	return true
}

// createMarkerSetting is POST /1/marker_settings/{dataset}.
func (f *Front) createMarkerSetting(c *call) (reply, error) {
	scope, err := f.scope(c)
	if err != nil {
		return reply{}, err
	}
	ask, err := f.markerSettingAsk(c, true)
	if err != nil {
		return reply{}, err
	}
	s, err := f.Workspace.AddMarkerSetting(c.Context(), workspace.MarkerSetting{Scope: scope, Type: ask.Type, Color: ask.Color})
	if err != nil {
		return reply{}, err
	}
	return reply{status: http.StatusCreated, body: settingBody(s)}, nil
}

// listMarkerSettings is GET /1/marker_settings/{dataset}.
func (f *Front) listMarkerSettings(c *call) (reply, error) {
	scope, err := f.scope(c)
	if err != nil {
		return reply{}, err
	}
	list, err := f.Workspace.MarkerSettings(c.Context(), scope)
	if err != nil {
		return reply{}, err
	}
	out := make([]markerSetting, len(list))
	for i, s := range list {
		out[i] = settingBody(s)
	}
	return reply{body: out}, nil
}

const noMarkerSetting = "Marker setting not found"

// updateMarkerSetting is PUT /1/marker_settings/{dataset}/{id}: another colour;
// the type never changes.
func (f *Front) updateMarkerSetting(c *call) (reply, error) {
	scope, err := f.scope(c)
	if err != nil {
		return reply{}, err
	}
	ask, err := f.markerSettingAsk(c, false)
	if err != nil {
		return reply{}, err
	}
	s, err := f.Workspace.ChangeMarkerSetting(c.Context(), scope, c.PathValue("id"), ask.Type, ask.Color)
	switch {
	case fault.Is(err, fault.Invalid):
		return reply{}, invalid(invalidField{"type", "invalid", fault.MessageOf(err)})
	case err != nil:
		return reply{}, named(err, noMarkerSetting)
	}
	return reply{body: settingBody(s)}, nil
}

// deleteMarkerSetting is DELETE /1/marker_settings/{dataset}/{id}: 200 with what it was.
func (f *Front) deleteMarkerSetting(c *call) (reply, error) {
	scope, err := f.scope(c)
	if err != nil {
		return reply{}, err
	}
	s, err := f.Workspace.RemoveMarkerSetting(c.Context(), scope, c.PathValue("id"))
	if err != nil {
		return reply{}, named(err, noMarkerSetting)
	}
	return reply{body: settingBody(s)}, nil
}

func settingBody(s workspace.MarkerSetting) markerSetting {
	return markerSetting{s.ID, s.Type, s.Color, timestamp(s.Created), timestamp(s.Updated)}
}
