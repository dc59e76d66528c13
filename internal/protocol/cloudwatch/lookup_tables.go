package cloudwatch

import (
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"
)

func lookupOperations() map[string]operation {
	create, update := served((*Front).createLookupTable), served((*Front).updateLookupTable)
	create.most, update.most = maxTableCall, maxTableCall
	return map[string]operation{
		"CreateLookupTable":    create,
		"UpdateLookupTable":    update,
		"GetLookupTable":       served((*Front).getLookupTable),
		"DescribeLookupTables": served((*Front).describeLookupTables),
		"DeleteLookupTable":    served((*Front).deleteLookupTable),
	}
}

// Limits of lookup tables.
const (
	maxTables    = 100
	maxTable     = 10 << 20 // bytes
	maxTableCall = 24 << 20 // its text as JSON
	maxColumns   = 1000
)

// lookupTable is a table as it is kept: CSV with a line of names.
type lookupTable struct {
	Description, Body, KmsKeyID string
	Fields                      []string
	Records                     int
}

const tableKind = "lookup-table"

func (f *Front) tables() shelf[lookupTable] {
	return shelf[lookupTable]{groups: f.groups, kind: tableKind, most: maxTables}
}

// lookupRows returns the names of a table's columns and its rows, for Insights.
// A table that does not exist is a ResourceNotFoundException.
func (f *Front) lookupRows(ctx context.Context, at place, name string) (columns []string, rows [][]string, err error) {
	k, err := f.tables().get(ctx, at, name)
	if err != nil {
		return nil, nil, err
	}
	if k == nil {
		return nil, nil, notFound("The specified lookup table does not exist: " + cut(name))
	}
	all, err := csv.NewReader(strings.NewReader(k.Body.Body)).ReadAll()
	if err != nil || len(all) == 0 {
		return nil, nil, fmt.Errorf("read lookup table %s: %w", name, err)
	}
	return all[0], all[1:], nil
}

type lookupRequest struct {
	LookupTableName, LookupTableArn, Description, TableBody, QueryID, KmsKeyID string
	Tags                                                                       map[string]string
}

// table checks what a request says a table is to be.
func newTable(in *lookupRequest) (lookupTable, error) {
	t := lookupTable{Description: in.Description, KmsKeyID: in.KmsKeyID, Body: in.TableBody}
	switch {
	case in.QueryID != "" && in.TableBody != "":
		return t, validation("tableBody and queryId are mutually exclusive parameters.")
	case in.TableBody == "":
		return t, validation("Either tableBody or queryId must be specified.")
	case len(t.Body) > maxTable:
		return t, validation(fmt.Sprintf("tableBody has %d bytes; the limit is %d.", len(t.Body), maxTable))
	case !utf8.ValidString(t.Body):
		return t, validation("tableBody must be UTF-8.")
	}
	r := csv.NewReader(strings.NewReader(t.Body))
	r.ReuseRecord = true
	header, err := r.Read()
	if err != nil {
		return t, validation("tableBody must be CSV whose first line names the columns: " + err.Error())
	}
	if len(header) > maxColumns {
		return t, validation(fmt.Sprintf("tableBody has %d columns; the limit is %d.", len(header), maxColumns))
	}
	seen := map[string]bool{}
	for _, name := range header {
		name = strings.Clone(strings.TrimPrefix(name, "\ufeff"))
		if strings.TrimSpace(name) == "" || seen[name] {
			return t, validation("tableBody has a column without a name, or two of the name '" + cut(name) + "'.")
		}
		seen[name] = true
		t.Fields = append(t.Fields, name)
	}
	for ; ; t.Records++ {
		if _, err := r.Read(); errors.Is(err, io.EOF) {
			return t, nil
		} else if err != nil {
			return t, validation("tableBody is not CSV: " + err.Error())
		}
	}
}

// table makes what a request says a table is to be: of its body, or of the answer
// to a query that has ended.
func (f *Front) table(c *call, in *lookupRequest) (lookupTable, error) {
	if in.QueryID == "" || in.TableBody != "" {
		return newTable(in)
	}
	k, body, err := f.queries.get(c, in.QueryID)
	if err != nil {
		return lookupTable{}, err
	}
	if k.Status != queryComplete && k.Status != queryCancelled {
		return lookupTable{}, validation("The query " + cut(in.QueryID) + " has the status " + k.Status + "; it must be Complete or Cancelled.")
	}
	rows, err := f.queries.unpack(body)
	if err != nil {
		return lookupTable{}, err
	}
	t, err := tableOf(rows)
	t.Description, t.KmsKeyID = in.Description, in.KmsKeyID
	return t, err
}

func (f *Front) createLookupTable(c *call) (any, error) {
	var in lookupRequest
	if err := c.Decode(&in); err != nil {
		return nil, err
	}
	t, err := f.table(c, &in)
	if err != nil {
		return nil, err
	}
	if err := checkTags(in.Tags); err != nil {
		return nil, err
	}
	k, err := f.tables().put(c.Context(), c.at(""), in.LookupTableName, c.nowMS(), func(old *kept[lookupTable]) (lookupTable, error) {
		if old != nil {
			return t, alreadyExists("The specified lookup table already exists")
		}
		return t, nil
	})
	if err != nil {
		return nil, err
	}
	return map[string]any{"lookupTableArn": c.arn(tableKind + ":" + k.Name), "createdAt": k.Created}, c.keepTags(tableKind, k.Name, in.Tags)
}

func noSuchTable() error { return notFound("The specified lookup table does not exist.") }

// tableName returns the name in a table's ARN; a bare name is taken, too.
func (c *call) tableName(arn string) string {
	name, ok := strings.CutPrefix(arn, c.arn(tableKind+":"))
	if !ok && strings.HasPrefix(arn, "arn:") {
		return ""
	}
	return name
}

func (f *Front) updateLookupTable(c *call) (any, error) {
	var in lookupRequest
	if err := c.Decode(&in); err != nil {
		return nil, err
	}
	t, err := f.table(c, &in)
	if err != nil {
		return nil, err
	}
	name := c.tableName(in.LookupTableArn)
	k, err := f.tables().put(c.Context(), c.at(""), name, c.nowMS(), func(old *kept[lookupTable]) (lookupTable, error) {
		if old == nil {
			return t, noSuchTable()
		}
		return t, nil
	})
	return map[string]any{"lookupTableArn": c.arn(tableKind + ":" + name), "lastUpdatedTime": k.Updated}, err
}

// lookupOnWire is a table as it is described.
type lookupOnWire struct {
	Arn             string   `json:"lookupTableArn"`
	Name            string   `json:"lookupTableName"`
	Description     string   `json:"description,omitempty"`
	TableBody       string   `json:"tableBody,omitempty"`
	TableFields     []string `json:"tableFields,omitempty"`
	RecordsCount    *int     `json:"recordsCount,omitempty"`
	SizeBytes       int      `json:"sizeBytes"`
	LastUpdatedTime int64    `json:"lastUpdatedTime"`
	KmsKeyID        string   `json:"kmsKeyId,omitempty"`
}

func (c *call) describeTable(k *kept[lookupTable]) lookupOnWire {
	return lookupOnWire{
		Arn: c.arn(tableKind + ":" + k.Name), Name: k.Name, Description: k.Body.Description, SizeBytes: len(k.Body.Body), LastUpdatedTime: k.Updated, KmsKeyID: k.Body.KmsKeyID,
	}
}

func (f *Front) getLookupTable(c *call) (any, error) {
	var in lookupRequest
	if err := c.Decode(&in); err != nil {
		return nil, err
	}
	k, err := f.tables().get(c.Context(), c.at(""), c.tableName(in.LookupTableArn))
	if err != nil {
		return nil, err
	}
	if k == nil {
		return nil, noSuchTable()
	}
	out := c.describeTable(k)
	out.TableBody = k.Body.Body
	return out, nil
}

func (f *Front) describeLookupTables(c *call) (any, error) {
	var in struct {
		LookupTableNamePrefix, NextToken string
		MaxResults                       int
	}
	if err := c.Decode(&in); err != nil {
		return nil, err
	}
	all, err := f.tables().list(c.Context(), c.at(""), false)
	if err != nil {
		return nil, err
	}
	found := []lookupOnWire{}
	for _, k := range all {
		if strings.HasPrefix(k.Name, in.LookupTableNamePrefix) {
			t := c.describeTable(&k)
			t.TableFields, t.RecordsCount = k.Body.Fields, &k.Body.Records
			found = append(found, t)
		}
	}
	return answerPage("lookupTables", listing[lookupOnWire]{
		limit: in.MaxResults, token: in.NextToken, key: func(t *lookupOnWire) string { return t.Name }, asked: asked("DescribeLookupTables", in.LookupTableNamePrefix),
	}, found)
}

func (f *Front) deleteLookupTable(c *call) (any, error) {
	var in lookupRequest
	if err := c.Decode(&in); err != nil {
		return nil, err
	}
	was, err := f.tables().delete(c.Context(), c.at(""), c.tableName(in.LookupTableArn))
	if err == nil && !was {
		err = noSuchTable()
	}
	return nil, err
}
