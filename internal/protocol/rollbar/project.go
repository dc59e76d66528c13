package rollbar

import (
	"cmp"
	"context"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/oriel-dev/oriel/internal/auth"
	"github.com/oriel-dev/oriel/internal/dataset"
	"github.com/oriel-dev/oriel/internal/fault"
	"github.com/oriel-dev/oriel/internal/item"
)

// accountID is that of the one account there is: the team that owns the server.
const accountID = 1

// project is an environment as the API gives it.
type project struct {
	ID           int64  `json:"id"`
	AccountID    int64  `json:"account_id"`
	Name         string `json:"name"`
	Status       string `json:"status"`
	DateCreated  int64  `json:"date_created"`
	DateModified int64  `json:"date_modified"`
	Settings     struct {
		Grouping struct {
			AutoUpgrade    bool     `json:"auto_upgrade"`
			RecentVersions []string `json:"recent_versions"`
		} `json:"grouping"`
	} `json:"settings_data"`
}

func projectHandlers() map[string]handler {
	return map[string]handler{
		"listProjects": (*Front).listProjects, "createProject": (*Front).createProject, "getProject": (*Front).getProject, "deleteProject": (*Front).deleteProject,
		"listProjectTeams": (*Front).listProjectTeams,
	}
}

// projectOf is the project that a call is about.
func (f *Front) projectOf(c *call) (item.Project, error) {
	return f.Items.Project(c.Context(), c.token.Environment)
}

func projectObject(p item.Project) project {
	out := project{ID: p.ID, AccountID: accountID, Name: p.Environment, Status: "enabled", DateCreated: unix(p.Created), DateModified: unix(p.Created)}
	out.Settings.Grouping.AutoUpgrade, out.Settings.Grouping.RecentVersions = true, []string{"5.0.0"}
	return out
}

// unix is a time in seconds; 0 for never.
func unix(ns int64) int64 { return ns / int64(time.Second) }

// orNull is a time in seconds, null for never.
func orNull(ns int64) any {
	if ns == 0 {
		return nil
	}
	return unix(ns)
}

func textOrNull(s string) any {
	if s == "" {
		return nil
	}
	return s
}

func idOrNull(id int64) any {
	if id == 0 {
		return nil
	}
	return id
}

// number reads the number in the path, of what there is none with another name.
func (c *call) number(name, missing string) (int64, error) {
	id, err := strconv.ParseInt(c.PathValue(name), 10, 64)
	if err != nil || id < 0 {
		return 0, notFound("%s", missing)
	}
	return id, nil
}

// maxPage bounds pages: what is further on is an empty page all the same.
const maxPage = 1 << 30

// page reads the number of the page, from 1.
func (c *call) page() (int, error) {
	text := c.URL.Query().Get("page")
	if text == "" {
		return 1, nil
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 {
		return 0, invalid("Invalid format. page is %.40q: want a number from 1", text)
	}
	return min(n, maxPage), nil
}

// wholeNumber reads a parameter of the query.
func (c *call) wholeNumber(name string, usual, least, most int64) (int64, error) {
	text := c.URL.Query().Get(name)
	if text == "" {
		return usual, nil
	}
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil || n < least || n > most {
		return 0, invalid("Invalid format. %s is %.40q: want a number from %d to %d", name, text, least, most)
	}
	return n, nil
}

const noProject = "Project not found in this account."

// accountProject is the project in the path.
func (f *Front) accountProject(c *call, name string) (item.Project, error) {
	id, err := c.number(name, noProject)
	if err != nil {
		return item.Project{}, err
	}
	return f.projectWithID(id)
}

// projectWithID returns a project whose environment is still there.
func (f *Front) projectWithID(id int64) (item.Project, error) {
	p, err := f.Items.ProjectByID(id)
	if err != nil || !slices.ContainsFunc(f.Keys.Environments(), func(e auth.Environment) bool { return e.Slug == p.Environment }) {
		return p, notFound(noProject)
	}
	return p, nil
}

func (f *Front) listProjects(c *call) (reply, error) {
	list := []project{}
	for _, e := range f.Keys.Environments() {
		p, err := f.Items.Project(c.Context(), e.Slug)
		if err != nil {
			return reply{}, err
		}
		list = append(list, projectObject(p))
	}
	return reply{result: list}, nil
}

func (f *Front) getProject(c *call) (reply, error) {
	p, err := f.accountProject(c, "id")
	return reply{result: projectObject(p)}, err
}

// createProject makes an environment and the four tokens that Rollbar makes. Their
// texts are in this answer only: we keep none.
func (f *Front) createProject(c *call) (reply, error) {
	var body struct {
		Name string `json:"name"`
	}
	if err := c.decode(&body); err != nil {
		return reply{}, err
	}
	if body.Name == "" {
		return reply{}, invalid("Invalid format. name is missing and it is required.")
	}
	slug := slugOf(body.Name)
	e, err := f.Keys.CreateEnvironment(c.Context(), slug, body.Name)
	if fault.Is(err, fault.Conflict) {
		return reply{}, invalid("Project with this name already exists: %.100q", body.Name)
	}
	if err != nil {
		return reply{}, err
	}
	p, err := f.Items.Project(c.Context(), e.Slug)
	if err != nil {
		return reply{}, err
	}
	var made []accessToken
	for _, scope := range []scopes{read, write, postServer, postClient} {
		t, err := f.makeToken(c.Context(), p, tokenSpec{Name: scope.names()[0], scopes: scope, Status: "enabled"})
		if err != nil {
			return reply{}, err
		}
		made = append(made, t)
	}
	return reply{result: struct {
		project
		Tokens []accessToken `json:"access_tokens"`
	}{projectObject(p), made}}, nil
}

// slugOf is the name of an environment as addresses have it.
func slugOf(name string) string {
	slug := strings.Map(func(r rune) rune {
		switch {
		case r >= 'a' && r <= 'z', r >= '0' && r <= '9', r == '_', r == '.', r == '-', r == '~':
			return r
		case r >= 'A' && r <= 'Z':
			return r - 'A' + 'a'
		}
		return '-'
	}, name)
	const most = 100
	return cmp.Or(strings.Trim(slug[:min(len(slug), most)], "-"), "project")
}

// deleteDatasets removes all datasets of an environment. Those of other vendors that
// are protected keep it from going; ours is not, since Rollbar asks nobody either.
func (f *Front) deleteDatasets(ctx context.Context, environment string) error {
	ours := dataset.Slug(datasetName)
	all := f.Datasets.List(environment)
	for _, d := range all {
		if d.Slug != ours && !d.Deletable {
			return fault.New(fault.Conflict, "the project's dataset %q is delete protected: disable its delete protection first", d.Slug)
		}
	}
	for _, d := range all {
		if d.Slug == ours && !d.Deletable {
			d.Deletable = true
			if _, err := f.Datasets.Update(ctx, environment, ours, d.Settings); err != nil {
				return err
			}
		}
		if err := f.Datasets.Delete(ctx, environment, d.Slug); err != nil && !fault.Is(err, fault.NotFound) {
			return err
		}
	}
	return nil
}

// deleteProject removes an environment with its events, items and tokens.
func (f *Front) deleteProject(c *call) (reply, error) {
	ctx := c.Context()
	p, err := f.accountProject(c, "id")
	if err != nil {
		return reply{}, err
	}
	if p.Environment == f.Keys.Default().Slug {
		return reply{}, refuse(http.StatusUnprocessableEntity, "%q is the default project, which can't be deleted", p.Environment)
	}
	if err := f.deleteDatasets(ctx, p.Environment); err != nil {
		return reply{}, err
	}
	var ids []int64
	f.Items.Visit(item.Filter{Environment: p.Environment, Members: true}, func(i *item.Item) { ids = append(ids, i.ID) })
	if err := f.Items.Remove(ctx, ids); err != nil {
		return reply{}, err
	}
	for _, k := range f.tokensOf(p.Environment) {
		if err := f.quotas.forget(ctx, k.ID); err != nil {
			return reply{}, err
		}
	}
	if err := f.team.forgetProject(ctx, p.Environment); err != nil {
		return reply{}, err
	}
	return reply{bare: true}, f.Keys.RemoveEnvironment(ctx, p.Environment)
}
