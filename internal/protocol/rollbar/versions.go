package rollbar

import (
	"context"
	"slices"

	"github.com/oriel-dev/oriel/internal/event"
	"github.com/oriel-dev/oriel/internal/item"
	"github.com/oriel-dev/oriel/internal/query"
)

func versionHandlers() map[string]handler {
	return map[string]handler{"getVersion": (*Front).getVersion, "listVersionItems": (*Front).listVersionItems, "listEnvironments": (*Front).listEnvironments}
}

// Names of what items did in a version.
const (
	didNew         = "new"
	didRepeated    = "repeated"
	didReactivated = "reactivated"
	didResolved    = "resolved"
)

func versionEvents() []string { return []string{didNew, didRepeated, didReactivated, didResolved} }

type version struct {
	ID          int64                       `json:"id"`
	Version     string                      `json:"version"`
	Environment string                      `json:"environment"`
	Created     int64                       `json:"date_created"`
	FirstID     any                         `json:"first_occurrence_id"`
	FirstAt     any                         `json:"first_occurrence_timestamp"`
	LastID      any                         `json:"last_occurrence_id"`
	LastAt      any                         `json:"last_occurrence_timestamp"`
	DeployedBy  any                         `json:"deployed_by"`
	LastDeploy  any                         `json:"last_deploy_timestamp"`
	Stats       map[string]map[string]int64 `json:"item_stats"`
	Commits     []struct{}                  `json:"commits"` // nobody tells us of any
}

// release is the version that a call is about.
func (f *Front) release(c *call) (item.Release, error) {
	environment := c.URL.Query().Get("environment")
	if environment == "" {
		return item.Release{}, invalid("Missing 'environment' parameter.")
	}
	r, err := f.Items.Release(c.token.Environment, environment, c.PathValue("version"))
	if err != nil {
		return r, notFound("Version not found in this project.")
	}
	return r, nil
}

// versionItem is an item in a version, with what it did there.
type versionItem struct {
	item.Item
	in  item.InVersion
	did []string
}

// versionItems are the items of a version, those it resolved too.
func (f *Front) versionItems(ctx context.Context, r item.Release) ([]versionItem, error) {
	seen, err := f.Items.ItemsIn(ctx, r.Environment, r.ErrorEnvironment, r.Version)
	if err != nil {
		return nil, err
	}
	var list []versionItem
	for _, v := range seen {
		i, err := f.Items.Get(v.Item)
		if err != nil {
			continue // it was deleted since
		}
		one := versionItem{Item: i, in: v}
		for how, name := range map[int]string{item.NewIn: didNew, item.ReactivatedIn: didReactivated, item.RepeatedIn: didRepeated} {
			if v.How&how != 0 {
				one.did = append(one.did, name)
			}
		}
		list = append(list, one)
	}
	f.Items.Visit(item.Filter{Environment: r.Environment, ErrorEnvironments: []string{r.ErrorEnvironment}, Statuses: []item.Status{item.Resolved}}, func(i *item.Item) {
		if i.ResolvedInVersion != r.Version {
			return
		}
		at := slices.IndexFunc(list, func(v versionItem) bool { return v.ID == i.ID })
		if at < 0 {
			at = len(list)
			list = append(list, versionItem{Item: *i})
		}
		list[at].did = append(list[at].did, didResolved)
	})
	return list, nil
}

func (f *Front) getVersion(c *call) (reply, error) {
	r, err := f.release(c)
	if err != nil {
		return reply{}, err
	}
	items, err := f.versionItems(c.Context(), r)
	if err != nil {
		return reply{}, err
	}
	v := version{
		ID: r.ID, Version: r.Version, Environment: r.ErrorEnvironment, Created: unix(r.Created), FirstID: idOrNull(r.First.ID), FirstAt: orNull(r.First.At),
		LastID: idOrNull(r.Last.ID), LastAt: orNull(r.Last.At), DeployedBy: textOrNull(r.DeployedBy), LastDeploy: orNull(r.DeployedAt),
		Stats: map[string]map[string]int64{}, Commits: []struct{}{},
	}
	for _, name := range versionEvents() {
		v.Stats[name] = map[string]int64{"debug": 0, "info": 0, "warning": 0, "error": 0, "critical": 0}
	}
	for k := range items {
		for _, did := range items[k].did {
			v.Stats[did][items[k].Level.String()]++
		}
	}
	return reply{result: v}, nil
}

func (f *Front) listVersionItems(c *call) (reply, error) {
	r, err := f.release(c)
	if err != nil {
		return reply{}, err
	}
	page, err := c.page()
	if err != nil {
		return reply{}, err
	}
	wanted := c.URL.Query().Get("event")
	if wanted != "" && !slices.Contains(versionEvents(), wanted) {
		return reply{}, invalid("Invalid format. event is %.40q: want new, repeated, reactivated or resolved", wanted)
	}
	filter, _, err := f.itemFilter(c)
	if err != nil {
		return reply{}, err
	}
	items, err := f.versionItems(c.Context(), r)
	if err != nil {
		return reply{}, err
	}
	items = slices.DeleteFunc(items, func(v versionItem) bool {
		return wanted != "" && !slices.Contains(v.did, wanted) || len(filter.Levels) > 0 && !slices.Contains(filter.Levels, v.Level)
	})
	items = items[min((page-1)*itemsOfPage, len(items)):min(page*itemsOfPage, len(items))]
	return f.versionItemsReply(c, r, items)
}

func (f *Front) versionItemsReply(c *call, r item.Release, items []versionItem) (reply, error) {
	p, err := f.projectOf(c)
	if err != nil {
		return reply{}, err
	}
	type object struct {
		itemObject
		FirstID     any   `json:"first_in_version_occurrence_id"`
		FirstAt     any   `json:"first_in_version_occurrence_timestamp"`
		LastID      any   `json:"last_in_version_occurrence_id"`
		LastAt      any   `json:"last_in_version_occurrence_timestamp"`
		Occurrences int64 `json:"occurrences_in_version"`
		People      int64 `json:"people_in_version"`
	}
	list := []object{}
	now := f.Clock().UnixNano()
	for k := range items {
		v := &items[k]
		people, err := f.peopleIn(c.Context(), &v.Item, r.Version)
		if err != nil {
			return reply{}, err
		}
		list = append(list, object{
			itemObject: itemOf(&v.Item, p.ID, now), FirstID: idOrNull(v.in.First.ID), FirstAt: orNull(v.in.First.At), LastID: idOrNull(v.in.Last.ID),
			LastAt: orNull(v.in.Last.At), Occurrences: v.in.Count, People: people,
		})
	}
	return reply{result: list}, nil
}

// peopleIn counts the persons that an item hit in a version.
func (f *Front) peopleIn(ctx context.Context, i *item.Item, name string) (int64, error) {
	var versions []query.Expr
	for _, field := range []string{"code_version", "service.version"} {
		versions = append(versions, query.Compare{Op: query.Eq, L: query.Field{Name: field}, R: query.Literal{Value: event.StringValue(name)}})
	}
	res, err := f.Querier.Run(ctx, &query.Query{
		Environment: i.Environment, Start: 0, End: f.soon(),
		Stages: []query.Stage{
			query.Filter{Where: query.And{Terms: []query.Expr{f.rowsOf(i), query.Or{Terms: versions}}}},
			query.Aggregate{Calcs: []query.Calc{{Op: query.CountDistinct, Field: "person.id", Name: "people"}}},
		},
	})
	if err != nil || res.Rows == 0 {
		return 0, err
	}
	return res.Column("people").Values[0].Int(), nil
}

// listEnvironments lists where errors of the project happened; clients read on
// until a page is empty.
func (f *Front) listEnvironments(c *call) (reply, error) {
	page, err := c.page()
	if err != nil {
		return reply{}, err
	}
	p, err := f.projectOf(c)
	if err != nil {
		return reply{}, err
	}
	type environment struct {
		ID          int64  `json:"id"`
		ProjectID   int64  `json:"project_id"`
		Environment string `json:"environment"`
		Visible     int    `json:"visible"`
	}
	const each = 20
	list := []environment{}
	for k, name := range f.Items.Environments(c.token.Environment) {
		if k/each == page-1 {
			list = append(list, environment{environmentID(p.ID, name), p.ID, name, 1})
		}
	}
	return reply{result: map[string]any{"page": page, "environments": list}}, nil
}

// environmentID is a number that a project's environment always has: made of its
// name, since nothing else is kept of it.
func environmentID(project int64, name string) int64 {
	h := project
	const prime, bits = 1_000_003, 1<<53 - 1
	for i := range len(name) {
		h = (h*prime + int64(name[i])) & bits
	}
	return h
}
