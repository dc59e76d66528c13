package rollbar

import (
	"cmp"
	"strings"

	"github.com/oriel-dev/oriel/internal/fault"
	"github.com/oriel-dev/oriel/internal/item"
	"github.com/oriel-dev/oriel/internal/protocol"
)

func deployHandlers() map[string]handler {
	return map[string]handler{
		"createDeploy": (*Front).createDeploy, "updateDeploy": (*Front).updateDeploy, "getDeploy": (*Front).getDeploy, "listDeploys": (*Front).listDeploys,
	}
}

const noDeploy = "Deploy not found in this project."

// deploy is one as the API gives it.
type deploy struct {
	ID            int64  `json:"id"`
	ProjectID     int64  `json:"project_id"`
	Environment   string `json:"environment"`
	Revision      string `json:"revision"`
	LocalUsername any    `json:"local_username"`
	Comment       any    `json:"comment"`
	Status        string `json:"status"`
	UserID        any    `json:"user_id"`
	StartTime     int64  `json:"start_time"`
	FinishTime    any    `json:"finish_time"`
}

func deployOf(d item.Deploy, project int64, users map[string]int64) deploy {
	return deploy{
		ID: d.ID, ProjectID: project, Environment: d.ErrorEnvironment, Revision: d.Revision, LocalUsername: textOrNull(d.LocalUsername), Comment: textOrNull(d.Comment),
		Status: d.Status, UserID: idOrNull(users[d.Username]), StartTime: unix(d.StartedAt), FinishTime: orNull(d.FinishedAt),
	}
}

// users are the ids of the members by name.
func (f *Front) users(c *call) (map[string]int64, error) {
	members, err := f.Workspace.Members(c.Context())
	ids := make(map[string]int64, len(members))
	for _, m := range members {
		ids[m.Name] = m.ID
	}
	return ids, err
}

func (f *Front) createDeploy(c *call) (reply, error) {
	if isJSON(c.body) {
		if err := c.decode(&struct {
			Environment   *string `json:"environment"`
			Revision      *string `json:"revision"`
			LocalUsername *string `json:"local_username"`
			Username      *string `json:"rollbar_username"`
			Comment       *string `json:"comment"`
			Status        *string `json:"status"`
		}{}); err != nil {
			return reply{}, err
		}
	}
	d := item.Deploy{
		Environment: c.token.Environment, ErrorEnvironment: c.field("environment"), Revision: cmp.Or(c.field("revision"), c.field("head_long")),
		Username: c.field("rollbar_username"), LocalUsername: c.field("local_username"), Comment: c.field("comment"), Status: c.field("status"),
	}
	var missing []string
	if d.ErrorEnvironment == "" {
		missing = append(missing, "Missing 'environment' key.")
	}
	if d.Revision == "" {
		missing = append(missing, "Missing 'revision' or 'head_long' key.")
	}
	if len(missing) > 0 {
		return reply{}, invalid("%s", strings.Join(missing, " "))
	}
	if past, ok := protocol.Past(c.Context()); ok {
		d.StartedAt, d.FinishedAt = past.UnixNano(), past.UnixNano()
	}
	d, err := f.Items.AddDeploy(c.Context(), d)
	id := map[string]any{"deploy_id": d.ID}
	return reply{result: id, also: map[string]any{"data": id}}, err
}

func (f *Front) updateDeploy(c *call) (reply, error) {
	id, err := c.number("id", noDeploy)
	if err != nil {
		return reply{}, err
	}
	status := c.field("status")
	if status == "" {
		return reply{}, invalid("Missing 'status' key.")
	}
	d, err := f.Items.FinishDeploy(c.Context(), c.token.Environment, id, status)
	if fault.Is(err, fault.NotFound) {
		return reply{}, notFound(noDeploy)
	}
	if err != nil {
		return reply{}, err
	}
	return f.deployReply(c, d)
}

func (f *Front) deployReply(c *call, d item.Deploy) (reply, error) {
	p, err := f.projectOf(c)
	if err != nil {
		return reply{}, err
	}
	users, err := f.users(c)
	return reply{result: deployOf(d, p.ID, users)}, err
}

func (f *Front) getDeploy(c *call) (reply, error) {
	id, err := c.number("id", noDeploy)
	if err != nil {
		return reply{}, err
	}
	d, err := f.Items.Deploy(c.Context(), c.token.Environment, id)
	if fault.Is(err, fault.NotFound) {
		return reply{}, notFound(noDeploy)
	}
	if err != nil {
		return reply{}, err
	}
	return f.deployReply(c, d)
}

func (f *Front) listDeploys(c *call) (reply, error) {
	page, err := c.page()
	if err != nil {
		return reply{}, err
	}
	const usual, most = 20, 1000
	limit, err := c.wholeNumber("limit", usual, 1, most)
	if err != nil {
		return reply{}, err
	}
	found, _, err := f.Items.Deploys(c.Context(), c.token.Environment, item.Page{Offset: (page - 1) * int(limit), Limit: int(limit)})
	if err != nil {
		return reply{}, err
	}
	p, err := f.projectOf(c)
	if err != nil {
		return reply{}, err
	}
	users, err := f.users(c)
	list := []deploy{}
	for _, d := range found {
		list = append(list, deployOf(d, p.ID, users))
	}
	return reply{result: map[string]any{"page": page, "deploys": list}}, err
}
