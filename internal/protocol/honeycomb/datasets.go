package honeycomb

import (
	"fmt"
	"net/http"

	"github.com/oriel-dev/oriel/internal/dataset"
	"github.com/oriel-dev/oriel/internal/workspace"
)

func datasetHandlers() map[string]handler {
	return map[string]handler{
		"createDataset": (*Front).createDataset, "listDatasets": (*Front).listDatasets, "getDataset": (*Front).getDataset,
		"updateDataset": (*Front).updateDataset, "deleteDataset": (*Front).deleteDataset,
	}
}

// wireDataset is a dataset as the API has it.
type wireDataset struct {
	Name            string       `json:"name"`
	Description     string       `json:"description"`
	Slug            string       `json:"slug"`
	Settings        wireSettings `json:"settings"`
	ExpandJSONDepth int          `json:"expand_json_depth"`
	Columns         *int         `json:"regular_columns_count"`
	LastWritten     *string      `json:"last_written_at"`
	Created         string       `json:"created_at"`
	Type            string       `json:"dataset_type,omitempty"`
}

type wireSettings struct {
	DeleteProtected bool `json:"delete_protected"`
}

func encodeDataset(d dataset.Dataset) wireDataset {
	kind := ""
	if d.Metrics {
		kind = "metrics"
	}
	return wireDataset{
		Name: d.Name, Description: d.Description, Slug: d.Slug, Settings: wireSettings{!d.Deletable}, ExpandJSONDepth: d.ExpandJSONDepth,
		Columns: &d.Columns, LastWritten: timestampOrNull(d.LastWritten), Created: timestamp(d.Created), Type: kind,
	}
}

// datasetBody is what a caller may say; members that are only read are ignored.
type datasetBody struct {
	Name            string `json:"name"`
	Description     string `json:"description"`
	ExpandJSONDepth int    `json:"expand_json_depth"`
	Settings        struct {
		DeleteProtected *bool `json:"delete_protected"`
	} `json:"settings"`
}

// settings checks all but the name. What is absent has its default.
func (b *datasetBody) settings(wrong *checks) dataset.Settings {
	wrong.note("description", b.Description, dataset.MaxDescription)
	if b.ExpandJSONDepth < 0 || b.ExpandJSONDepth > dataset.MaxExpandJSONDepth {
		wrong.add("expand_json_depth", "invalid", fmt.Sprintf("is %d; must be from 0 to %d", b.ExpandJSONDepth, dataset.MaxExpandJSONDepth))
	}
	unprotected := b.Settings.DeleteProtected != nil && !*b.Settings.DeleteProtected
	return dataset.Settings{Description: b.Description, ExpandJSONDepth: b.ExpandJSONDepth, Deletable: unprotected}
}

// createDataset is POST /1/datasets. One that exists is answered as it is.
func (f *Front) createDataset(c *call) (reply, error) {
	var body datasetBody
	if err := c.decode(&body); err != nil {
		return reply{}, err
	}
	var wrong checks
	wrong.name("name", body.Name, dataset.MaxName)
	settings := body.settings(&wrong)
	if settings.Deletable {
		wrong.add("settings.delete_protected", "invalid", "cannot be false when a dataset is created; update the dataset after")
	}
	if err := wrong.err(); err != nil {
		return reply{}, err
	}
	d, created, err := f.Datasets.Create(c.Context(), c.who.Environment, body.Name, settings)
	if err != nil {
		return reply{}, err
	}
	status := http.StatusOK
	if created {
		status = http.StatusCreated
	}
	return reply{status: status, body: encodeDataset(d)}, nil
}

func (f *Front) listDatasets(c *call) (reply, error) {
	list := []wireDataset{}
	for _, d := range f.Datasets.List(c.who.Environment) {
		list = append(list, encodeDataset(d))
	}
	return reply{body: list}, nil
}

func (f *Front) getDataset(c *call) (reply, error) {
	d, err := f.dataset(c)
	return reply{body: encodeDataset(d)}, err
}

// updateDataset is PUT /1/datasets/{dataset}. The name can't be changed; clients
// send it empty.
func (f *Front) updateDataset(c *call) (reply, error) {
	d, err := f.dataset(c)
	if err != nil {
		return reply{}, err
	}
	var body datasetBody
	if err := c.decode(&body); err != nil {
		return reply{}, err
	}
	var wrong checks
	settings := body.settings(&wrong)
	if err := wrong.err(); err != nil {
		return reply{}, err
	}
	d, err = f.Datasets.Update(c.Context(), c.who.Environment, d.Slug, settings)
	return reply{body: encodeDataset(d)}, err
}

// deleteDataset is DELETE /1/datasets/{dataset}: its events go with it, before
// it is answered.
func (f *Front) deleteDataset(c *call) (reply, error) {
	d, err := f.dataset(c)
	if err != nil {
		return reply{}, err
	}
	if err := f.Datasets.Delete(c.Context(), c.who.Environment, d.Slug); err != nil {
		return reply{}, err
	}
	return reply{status: http.StatusAccepted}, f.Workspace.Forget(c.Context(), workspace.Scope{Environment: c.who.Environment, Dataset: d.Slug})
}
