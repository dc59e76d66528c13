package cloudwatch

import (
	"strings"

	"github.com/oriel-dev/oriel/internal/protocol/aws"
)

func definitionOperations() map[string]operation {
	return map[string]operation{
		"PutQueryDefinition":       served((*Front).putQueryDefinition),
		"DescribeQueryDefinitions": served((*Front).describeQueryDefinitions),
		"DeleteQueryDefinition":    served((*Front).deleteQueryDefinition),
	}
}

// maxDefinitions of an account and region.
const maxDefinitions = 1000

// queryDefinition is a saved query, on the wire and as it is kept.
type queryDefinition struct {
	QueryLanguage     string           `json:"queryLanguage,omitempty"`
	QueryDefinitionID string           `json:"queryDefinitionId"`
	Name              string           `json:"name"`
	QueryString       string           `json:"queryString"`
	LastModified      int64            `json:"lastModified,omitempty"`
	LogGroupNames     []string         `json:"logGroupNames,omitempty"`
	Parameters        []queryParameter `json:"parameters,omitempty"`
}

type queryParameter struct {
	Name         string `json:"name"`
	DefaultValue string `json:"defaultValue,omitempty"`
	Description  string `json:"description,omitempty"`
}

func (f *Front) definitions() shelf[queryDefinition] {
	return shelf[queryDefinition]{groups: f.groups, kind: "query-definition", most: maxDefinitions}
}

// putQueryDefinition makes a saved query, or replaces the one whose id is given.
func (f *Front) putQueryDefinition(c *call) (any, error) {
	var in queryDefinition
	if err := c.Decode(&in); err != nil {
		return nil, err
	}
	if in.QueryLanguage == "" {
		in.QueryLanguage = "CWLI"
	}
	isNew := in.QueryDefinitionID == ""
	if isNew {
		in.QueryDefinitionID = aws.NewID()
	}
	in.LastModified = 0
	_, err := f.definitions().put(c.Context(), c.at(""), in.QueryDefinitionID, c.nowMS(), func(old *kept[queryDefinition]) (queryDefinition, error) {
		if old == nil && !isNew {
			return in, notFound("The specified query definition does not exist.")
		}
		return in, nil
	})
	return map[string]any{"queryDefinitionId": in.QueryDefinitionID}, err
}

func (f *Front) describeQueryDefinitions(c *call) (any, error) {
	var in struct {
		QueryLanguage, QueryDefinitionNamePrefix, NextToken string
		MaxResults                                          int
	}
	if err := c.Decode(&in); err != nil {
		return nil, err
	}
	all, err := f.definitions().list(c.Context(), c.at(""), false)
	if err != nil {
		return nil, err
	}
	var found []queryDefinition
	for _, k := range all {
		if strings.HasPrefix(k.Body.Name, in.QueryDefinitionNamePrefix) && (in.QueryLanguage == "" || in.QueryLanguage == k.Body.QueryLanguage) {
			k.Body.LastModified = k.Updated
			found = append(found, k.Body)
		}
	}
	return answerPage("queryDefinitions", listing[queryDefinition]{
		limit: in.MaxResults, token: in.NextToken, key: func(d *queryDefinition) string { return d.Name + "\x00" + d.QueryDefinitionID },
		asked: asked("DescribeQueryDefinitions", in.QueryDefinitionNamePrefix, in.QueryLanguage),
	}, found)
}

func (f *Front) deleteQueryDefinition(c *call) (any, error) {
	var in struct{ QueryDefinitionID string }
	if err := c.Decode(&in); err != nil {
		return nil, err
	}
	was, err := f.definitions().delete(c.Context(), c.at(""), in.QueryDefinitionID)
	if err == nil && !was {
		err = notFound("The specified query definition does not exist.")
	}
	return map[string]any{"success": was}, err
}
