// Package item groups occurrences of errors into items: who belongs to which,
// how often, since when, for whom, in which versions; and what people decide
// about them. [Items] follows the journal and keeps its place in it together
// with its sums, so each occurrence counts once, also over crashes.
//
// An occurrence is a row with event.FieldErrorFingerprint. An item is found by
// Oriel's environment (a Rollbar project), the error's own environment and that
// fingerprint; the rows do not name it, so merging and splitting touch no row.
// How a fingerprint comes about is in the room grouping. No wire format here.
package item

// Status is where an item is in its life.
type Status uint8

// The statuses, by Rollbar's numbers.
const (
	Active   Status = 1
	Resolved Status = 2
	Muted    Status = 3
	Archived Status = 4
)

// String returns the status as APIs write it.
func (s Status) String() string {
	if s < Active || s > Archived {
		return "unknown"
	}
	return [...]string{"active", "resolved", "muted", "archived"}[s-Active]
}

// ParseStatus reads what String writes.
func ParseStatus(s string) (Status, bool) {
	for v := Active; v <= Archived; v++ {
		if v.String() == s {
			return v, true
		}
	}
	return 0, false
}

// Level is how bad an occurrence is; greater is worse.
type Level uint8

// The levels, by Rollbar's numbers.
const (
	Debug    Level = 10
	Info     Level = 20
	Warning  Level = 30
	Error    Level = 40
	Critical Level = 50
)

// String returns the level as APIs write it.
func (l Level) String() string {
	if l < Debug || l > Critical || l%10 != 0 {
		return "unknown"
	}
	return [...]string{"debug", "info", "warning", "error", "critical"}[l/10-1]
}

// ParseLevel reads what String writes.
func ParseLevel(s string) (Level, bool) {
	for l := Debug; l <= Critical; l += 10 {
		if l.String() == s {
			return l, true
		}
	}
	return 0, false
}

// Sighting is an occurrence as an item remembers it.
type Sighting struct {
	ID int64 // of the occurrence
	At int64 // Unix nanoseconds
}

// Item is all occurrences of one error. Times are Unix nanoseconds, 0 for never.
type Item struct {
	ID               int64  `json:",omitzero"` // unique in the server
	Counter          int64  `json:",omitzero"` // #123: unique in its project
	Environment      string `json:",omitzero"` // Oriel's: the project
	ErrorEnvironment string `json:",omitzero"` // where it happened: "production"
	Fingerprint      string `json:",omitzero"` // of the first occurrence; [Items.Fingerprints] has all
	GroupingVersion  int    `json:",omitzero"`
	Grouping         string `json:",omitzero"` // which step chose the fingerprint: client, rule, default

	Title       string `json:",omitzero"`
	TitleLocked bool   `json:",omitzero"` // edited by a person: no occurrence changes it
	LatestTitle string `json:",omitzero"`
	Culprit     string `json:",omitzero"`
	Platform    string `json:",omitzero"`
	Framework   string `json:",omitzero"`
	Language    string `json:",omitzero"`
	Level       Level  `json:",omitzero"`
	LevelLocked bool   `json:",omitzero"`
	MaxLevel    Level  `json:",omitzero"` // of any occurrence

	Status            Status   `json:",omitzero"`
	First             Sighting `json:",omitzero"`
	Last              Sighting `json:",omitzero"`
	Activating        Sighting `json:",omitzero"` // the one that made it active the last time
	ActivatedAt       int64    `json:",omitzero"`
	ResolvedAt        int64    `json:",omitzero"`
	ResolvedInVersion string   `json:",omitzero"`
	MutedAt           int64    `json:",omitzero"`
	Mute              *MuteEnd `json:",omitzero"` // nil: until a person ends it
	Snooze            *Snooze  `json:",omitzero"`
	OnNextDeploy      bool     `json:",omitzero"` // the next deploy to its environment resolves it
	ModifiedAt        int64    `json:",omitzero"`
	ModifiedBy        string   `json:",omitzero"` // who changed it last, "" for nobody

	Total   int64 `json:",omitzero"` // occurrences since it was activated
	AllTime int64 `json:",omitzero"`
	IPs     int64 `json:",omitzero"` // distinct addresses, about
	People  int64 `json:",omitzero"` // distinct persons, about

	FirstVersion string `json:",omitzero"`
	LastVersion  string `json:",omitzero"`
	Service      string `json:",omitzero"` // of the latest occurrence that names one

	AssignedUser int64 `json:",omitzero"` // 0 for nobody
	AssignedTeam int64 `json:",omitzero"`

	IsGroup  bool    `json:",omitzero"`
	Group    int64   `json:",omitzero"` // id of the group item it is merged into, 0 for none
	Members  []int64 `json:",omitzero"` // of a group
	Comments int     `json:",omitzero"`
}

// MuteEnd says when a muted item becomes active by itself: whatever comes first.
type MuteEnd struct {
	Until  int64 `json:",omitempty"` // Unix nanoseconds
	Count  int64 `json:",omitempty"` // AllTime that ends it
	People int64 `json:",omitempty"`
}

// Snooze hides an active item from the usual list and keeps it from notifying.
type Snooze struct {
	Until   int64 // Unix nanoseconds
	Seconds int64 // as it was asked for
	Count   int64 `json:",omitempty"` // AllTime that ends it before
}

// Snoozed reports whether the item is asleep at a time.
func (i *Item) Snoozed(now int64) bool {
	return i.Snooze != nil && now < i.Snooze.Until && (i.Snooze.Count == 0 || i.AllTime < i.Snooze.Count)
}

// CameBack reports whether the item is active because it happened again after it
// was resolved.
func (i *Item) CameBack() bool {
	return i.Status == Active && i.Activating.ID != 0 && i.Activating.ID != i.First.ID
}

// unknownEnvironment is where errors happen that do not say where.
const unknownEnvironment = "unknown"

// Field names of rows that tell about an occurrence, by preference.
func versionFields() []string {
	return []string{"code_version", "client.javascript.code_version", "server.code_version", "server.sha", "service.version"}
}
func personFields() []string  { return []string{"person.id", "enduser.id", "user.id"} }
func addressFields() []string { return []string{"request.user_ip", "client.address"} }
func serviceFields() []string {
	return []string{"service.name", "custom.service", "custom.service.name"}
}

func languageFields() []string {
	return []string{"language", "telemetry.sdk.language"}
}
