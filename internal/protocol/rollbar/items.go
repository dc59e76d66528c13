package rollbar

import (
	"cmp"
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/oriel-dev/oriel/internal/event"
	"github.com/oriel-dev/oriel/internal/item"
	"github.com/oriel-dev/oriel/internal/query"
)

func itemHandlers() map[string]handler {
	return map[string]handler{
		"findItem": (*Front).findItem, "getItem": (*Front).getItem, "updateItem": (*Front).updateItem, "deleteItem": (*Front).deleteItem,
		"getItemByCounter": (*Front).getItemByCounter, "listItems": (*Front).listItems, "searchItems": (*Front).searchItems,
	}
}

const noItem = "Item not found in this project."

// itemObject is an item as the API gives it: its words are texts here, and numbers
// in webhooks and reports.
type itemObject struct {
	ID                  int64    `json:"id"`
	ProjectID           int64    `json:"project_id"`
	Counter             int64    `json:"counter"`
	Environment         string   `json:"environment"`
	Platform            string   `json:"platform"`
	Framework           string   `json:"framework"`
	Hash                string   `json:"hash"`
	Title               string   `json:"title"`
	Level               string   `json:"level"`
	Status              string   `json:"status"`
	LevelLock           int      `json:"level_lock"`
	TitleLock           int      `json:"title_lock"`
	FirstOccurrenceID   int64    `json:"first_occurrence_id"`
	FirstOccurrenceAt   int64    `json:"first_occurrence_timestamp"`
	ActivatingID        int64    `json:"activating_occurrence_id"`
	LastActivatedAt     any      `json:"last_activated_timestamp"`
	LastResolvedAt      any      `json:"last_resolved_timestamp"`
	LastMutedAt         any      `json:"last_muted_timestamp"`
	LastOccurrenceID    int64    `json:"last_occurrence_id"`
	LastOccurrenceAt    int64    `json:"last_occurrence_timestamp"`
	TotalOccurrences    int64    `json:"total_occurrences"`
	UniqueOccurrences   any      `json:"unique_occurrences"`
	LastModifiedBy      any      `json:"last_modified_by"`
	AssignedUserID      any      `json:"assigned_user_id"`
	AssignedTeamID      any      `json:"assigned_team_id"`
	ResolvedInVersion   any      `json:"resolved_in_version"`
	GroupItemID         any      `json:"group_item_id"`
	GroupStatus         int      `json:"group_status"`
	ControllingID       int64    `json:"controlling_id"`
	PublicItemID        any      `json:"public_item_id"`
	IntegrationsData    struct{} `json:"integrations_data"`
	SnoozeStatus        any      `json:"snooze_status"`
	SnoozeType          any      `json:"snooze_type"`
	SnoozeThreshold     any      `json:"snooze_expiration_threshold_seconds"`
	SnoozeExpirationDay any      `json:"snooze_expiration_datetime"`
}

// itemOf makes the object of an item; now is what snoozes are told by.
func itemOf(i *item.Item, project, now int64) itemObject {
	o := itemObject{
		ID: i.ID, ProjectID: project, Counter: i.Counter, Environment: i.ErrorEnvironment, Platform: cmp.Or(i.Platform, "unknown"), Framework: cmp.Or(i.Framework, "unknown"),
		Hash: i.Fingerprint, Title: i.Title, Level: i.Level.String(), Status: i.Status.String(), FirstOccurrenceID: i.First.ID, FirstOccurrenceAt: unix(i.First.At),
		ActivatingID: i.Activating.ID, LastActivatedAt: orNull(i.ActivatedAt), LastResolvedAt: orNull(i.ResolvedAt), LastMutedAt: orNull(i.MutedAt),
		LastOccurrenceID: i.Last.ID, LastOccurrenceAt: unix(i.Last.At), TotalOccurrences: i.Total, UniqueOccurrences: idOrNull(i.IPs),
		AssignedUserID: idOrNull(i.AssignedUser), AssignedTeamID: idOrNull(i.AssignedTeam), ResolvedInVersion: textOrNull(i.ResolvedInVersion),
		GroupItemID: idOrNull(i.Group), GroupStatus: 1, ControllingID: cmp.Or(i.Group, i.ID),
	}
	if i.IsGroup {
		o.GroupStatus = 2
	}
	if i.LevelLocked {
		o.LevelLock = 1
	}
	if i.TitleLocked {
		o.TitleLock = 1
	}
	if i.Snoozed(now) {
		o.SnoozeStatus, o.SnoozeType, o.SnoozeThreshold = "active", "time", i.Snooze.Seconds
		o.SnoozeExpirationDay = time.Unix(0, i.Snooze.Until).UTC().Format(time.RFC3339)
	}
	return o
}

// object is an item's with the number of its project.
func (f *Front) object(c *call, i item.Item) (itemObject, error) {
	p, err := f.Items.Project(c.Context(), i.Environment)
	return itemOf(&i, p.ID, f.Clock().UnixNano()), err
}

// itemWithID returns an item of the caller's project.
func (f *Front) itemWithID(c *call, text string) (item.Item, error) {
	id, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		return f.itemOfUUID(c, text)
	}
	i, err := f.Items.Get(id)
	if err != nil || i.Environment != c.token.Environment {
		return i, notFound(noItem)
	}
	return i, nil
}

const noUUID = "UUID did not match any occurrence"

// itemOfUUID returns the item of the occurrence with a uuid.
func (f *Front) itemOfUUID(c *call, uuid string) (item.Item, error) {
	row, err := f.occurrenceOfUUID(c.Context(), c.token.Environment, uuid)
	if err != nil {
		return item.Item{}, err
	}
	i, err := f.itemOfRow(row)
	if err != nil {
		return i, notFound(noUUID)
	}
	return i, nil
}

// itemOfRow returns the item that an occurrence counts for: the member, not its group.
func (f *Front) itemOfRow(row event.Row) (item.Item, error) {
	return f.Items.ByFingerprint(row.Batch.Environment, row.Get(event.FieldErrorEnvironment).Text(), row.Get(event.FieldErrorFingerprint).Text())
}

// isUUID reports whether a text may be a uuid as SDKs make them.
func isUUID(s string) bool {
	const least, most = 1, 36
	if len(s) < least || len(s) > most {
		return false
	}
	for i := range len(s) {
		c := s[i]
		if c != '-' && c != '_' && (c < '0' || c > '9') && (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') {
			return false
		}
	}
	return true
}

func (f *Front) occurrenceOfUUID(ctx context.Context, environment, uuid string) (event.Row, error) {
	if !isUUID(uuid) {
		return event.Row{}, refuse(http.StatusBadRequest, "Invalid UUID format")
	}
	rows, err := f.Querier.OccurrencesBefore(ctx, environment,
		query.Compare{Op: query.Eq, L: query.Field{Name: "uuid"}, R: query.Literal{Value: event.StringValue(uuid)}}, 0, 0, 1)
	if err != nil {
		return event.Row{}, err
	}
	if len(rows) == 0 {
		return event.Row{}, notFound(noUUID)
	}
	return rows[0], nil
}

// findItem is GET /item with uuid= or counter=.
func (f *Front) findItem(c *call) (reply, error) {
	q := c.URL.Query()
	var i item.Item
	var err error
	switch {
	case q.Has("uuid"):
		i, err = f.itemOfUUID(c, q.Get("uuid"))
	case q.Has("counter"):
		i, err = f.itemOfCounter(c, q.Get("counter"))
	default:
		err = invalid("Missing 'uuid' or 'counter' parameter.")
	}
	if err != nil {
		return reply{}, err
	}
	o, err := f.object(c, i)
	return reply{result: o}, err
}

func (f *Front) itemOfCounter(c *call, text string) (item.Item, error) {
	counter, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		return item.Item{}, invalid("Invalid format. counter is %.40q: want a number", text)
	}
	i, err := f.Items.ByCounter(c.token.Environment, counter)
	if err != nil {
		return i, notFound(noItem)
	}
	return i, nil
}

func (f *Front) getItem(c *call) (reply, error) {
	i, err := f.itemWithID(c, c.PathValue("id"))
	if err != nil {
		return reply{}, err
	}
	o, err := f.object(c, i)
	return reply{result: o}, err
}

// getItemByCounter sends clients on, and says in the body where to.
func (f *Front) getItemByCounter(c *call) (reply, error) {
	i, err := f.itemOfCounter(c, c.PathValue("counter"))
	if err != nil {
		return reply{}, err
	}
	path := "/item/" + strconv.FormatInt(i.ID, 10)
	to := root + path
	if token := queryToken(c.Request); token != "" {
		to += "?access_token=" + url.QueryEscape(token)
	}
	return reply{
		status: http.StatusMovedPermanently, header: http.Header{"Location": {to}, "Cache-Control": {"no-store"}},
		result: map[string]any{"itemId": i.ID, "path": path, "uri": root + path},
	}, nil
}

const (
	itemsOfPage = 100
	mostItems   = 5000
	mostCounted = 100_000 // beyond it Rollbar does not count
)

// listItems is GET /items.
func (f *Front) listItems(c *call) (reply, error) {
	page, err := c.page()
	if err != nil {
		return reply{}, err
	}
	limit, err := c.wholeNumber("limit", itemsOfPage, 1, mostItems)
	if err != nil {
		return reply{}, err
	}
	filter, some, err := f.itemFilter(c)
	if err != nil {
		return reply{}, err
	}
	if some {
		some, err = f.search(c, &filter, c.URL.Query().Get("query"))
	}
	if err != nil {
		return reply{}, err
	}
	return f.itemPage(c, filter, some, page, int(limit))
}

// itemPage answers a page of items, the newest first.
func (f *Front) itemPage(c *call, filter item.Filter, some bool, page, limit int) (reply, error) {
	p, err := f.projectOf(c)
	if err != nil {
		return reply{}, err
	}
	list := []itemObject{}
	var total any = 0
	if some {
		found := f.Items.List(filter, item.Sort{}, item.Page{Offset: (page - 1) * limit, Limit: limit})
		now := f.Clock().UnixNano()
		for k := range found.Items {
			list = append(list, itemOf(&found.Items[k], p.ID, now))
		}
		if total = found.Total; found.Total > mostCounted {
			total = nil
		}
	}
	return reply{result: map[string]any{"page": page, "total_count": total, "items": list}}, nil
}

// itemFilter reads the parameters of lists of items; some is false if nothing can pass.
func (f *Front) itemFilter(c *call) (filter item.Filter, some bool, err error) {
	filter = item.Filter{Environment: c.token.Environment, ErrorEnvironments: c.list("environment")}
	for _, text := range c.list("status") {
		s, ok := item.ParseStatus(text)
		if !ok {
			return filter, false, invalid("Invalid format. status is %.40q: want active, resolved, muted or archived", text)
		}
		filter.Statuses = append(filter.Statuses, s)
	}
	for _, text := range c.list("level") {
		l, ok := item.ParseLevel(text)
		if !ok {
			return filter, false, invalid("Invalid format. level is %.40q: want critical, error, warning, info or debug", text)
		}
		filter.Levels = append(filter.Levels, l)
	}
	for _, text := range c.list("framework") {
		if id, err := strconv.Atoi(text); err == nil {
			text = item.FrameworkName(id)
		}
		filter.Frameworks = append(filter.Frameworks, text)
	}
	for _, text := range c.list("ids") {
		id, err := strconv.ParseInt(text, 10, 64)
		if err != nil {
			return filter, false, invalid("Invalid format. ids has %.40q: want numbers", text)
		}
		filter.IDs = append(filter.IDs, id)
	}
	if text := c.URL.Query().Get("is_snoozed"); text != "" {
		yes, err := strconv.ParseBool(text)
		if err != nil {
			return filter, false, invalid("Invalid format. is_snoozed is %.40q: want true or false", text)
		}
		filter.Snoozed = &yes
	}
	some, err = f.assignedFilter(c, &filter)
	return filter, some, err
}

// assignedFilter reads who items are assigned to.
func (f *Front) assignedFilter(c *call, filter *item.Filter) (some bool, err error) {
	yes, no := true, false
	switch name := c.URL.Query().Get("assigned_user"); name {
	case "":
	case "assigned":
		filter.Assigned = &yes
	case "unassigned":
		filter.Assigned = &no
	default:
		members, err := f.Workspace.Members(c.Context())
		if err != nil {
			return false, err
		}
		for _, m := range members {
			if m.Name == name || m.Email == name {
				filter.AssignedUsers = append(filter.AssignedUsers, m.ID)
			}
		}
		if len(filter.AssignedUsers) == 0 {
			return false, nil
		}
	}
	names := c.list("assigned_team")
	if len(names) == 0 {
		return true, nil
	}
	all, err := f.team.list(c.Context())
	if err != nil {
		return false, err
	}
	for _, t := range all {
		if slices.Contains(names, t.Name) || slices.Contains(names, strconv.FormatInt(t.ID, 10)) {
			filter.AssignedTeams = append(filter.AssignedTeams, t.ID)
		}
	}
	return len(filter.AssignedTeams) > 0, nil
}

// searchedBack is how far back occurrences are searched.
const searchedBack = 90 * 24 * time.Hour

// search adds what a text of the search field asks for.
func (f *Front) search(c *call, filter *item.Filter, text string) (some bool, err error) {
	s, err := item.ReadSearch(text, func() []string { return f.Querier.FieldNames(filter.Environment) })
	if err != nil {
		return false, err
	}
	if s.None {
		return false, nil
	}
	filter.Counters, filter.Title, filter.Fingerprints, filter.Groups, filter.Commented = s.Counters, append(filter.Title, s.Title...), s.Fingerprints, s.Groups, s.Commented
	if s.Rows == nil {
		return true, nil
	}
	const most = 10_000
	keys, err := f.Querier.OccurrenceKeys(c.Context(), filter.Environment, s.Rows, f.Clock().Add(-searchedBack).UnixNano(), most)
	if err != nil {
		return false, err
	}
	wanted := filter.IDs
	filter.IDs = nil
	for _, k := range keys {
		i, err := f.Items.ByFingerprint(filter.Environment, k.ErrorEnvironment, k.Fingerprint)
		if err != nil {
			continue // it was deleted since
		}
		for _, id := range []int64{i.ID, i.Group} {
			if id != 0 && (len(wanted) == 0 || slices.Contains(wanted, id)) {
				filter.IDs = append(filter.IDs, id)
			}
		}
	}
	return len(filter.IDs) > 0, nil
}

// searchItems is GET /search, which pyrollbar asks.
func (f *Front) searchItems(c *call) (reply, error) {
	page, err := c.page()
	if err != nil {
		return reply{}, err
	}
	filter, some, err := f.itemFilter(c)
	if err != nil {
		return reply{}, err
	}
	if title := strings.TrimSpace(c.URL.Query().Get("title")); title != "" {
		filter.Title = append(filter.Title, strings.Fields(title)...)
	}
	answer, err := f.itemPage(c, filter, some, page, itemsOfPage)
	if err != nil {
		return reply{}, err
	}
	result, ok := answer.result.(map[string]any)
	if fields := c.list("fields"); ok && len(fields) > 0 {
		only, err := chosen(result["items"], fields)
		if err != nil {
			return reply{}, err
		}
		result["items"] = only
	}
	return answer, nil
}

// chosen keeps the members that a client named, beside the ids.
func chosen(items any, fields []string) ([]map[string]json.RawMessage, error) {
	text, err := json.Marshal(items)
	if err != nil {
		return nil, err
	}
	list := []map[string]json.RawMessage{}
	if err := json.Unmarshal(text, &list); err != nil {
		return nil, err
	}
	known := false
	for _, one := range list {
		for name := range one {
			if slices.Contains(fields, name) {
				known = true
			} else if name != "id" {
				delete(one, name)
			}
		}
	}
	if len(list) > 0 && !known {
		return nil, invalid("Invalid format. fields names nothing that items have: %.200q", strings.Join(fields, ","))
	}
	return list, nil
}
