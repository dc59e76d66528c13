package alert

import (
	"encoding/json"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/oriel-dev/oriel/internal/item"
)

// variable is one in a template.
func variable() *regexp.Regexp { return regexp.MustCompile(`\{\{\s*([^{}]{1,500}?)\s*\}\}`) }

// expand puts values into a template; what is not known becomes nothing.
func (s *subject) expand(template string) string {
	return variable().ReplaceAllStringFunc(template, func(m string) string {
		v, _ := s.look(strings.TrimSpace(m[2 : len(m)-2]))
		return textOf(v)
	})
}

// textOf is a value as people read it.
func textOf(v any) string {
	switch v := v.(type) {
	case nil:
		return ""
	case string:
		return v
	case json.Number:
		return v.String()
	case float64:
		return strconv.FormatFloat(v, 'f', -1, 64)
	}
	text, err := json.Marshal(v)
	if err != nil {
		return fmt.Sprint(v)
	}
	return string(text)
}

// look returns a variable: of the item, the deploy, or under body. of the occurrence.
func (s *subject) look(path string) (any, bool) {
	if rest, ok := strings.CutPrefix(path, "body."); ok {
		return find(s.data, rest)
	}
	if s.Deploy != nil {
		return s.ofDeploy(path)
	}
	if s.Item != nil {
		return s.ofItem(path)
	}
	switch path {
	case "version", "revision":
		return s.Version, s.Version != ""
	case "environment":
		return s.ErrorEnvironment, true
	case "project_slug":
		return s.Environment, true
	case "link":
		return s.base + "/errors", true
	}
	return nil, false
}

func (s *subject) ofDeploy(path string) (any, bool) {
	d := s.Deploy
	user := d.Username
	if user == "" {
		user = d.LocalUsername
	}
	v, ok := map[string]any{
		"username": user, "revision": d.Revision, "environment": d.ErrorEnvironment, "link": s.base + "/errors", "start_time": isoTime(d.StartedAt),
		"finish_time": isoTime(d.FinishedAt), "comment": d.Comment, "status": d.Status, "project_slug": s.Environment,
	}[path]
	return v, ok
}

func (s *subject) ofItem(path string) (any, bool) {
	i := s.Item
	v, ok := map[string]any{
		"link": s.link(), "project_slug": s.Environment, "title": i.Title, "summary": s.summary(), "markdown_summary": s.markdown(),
		"environment": i.ErrorEnvironment, "level": i.Level.String(), "status": i.Status.String(), "trigger_description": s.happened(), "username": s.Actor,
		"last_occurrence_time": isoTime(i.Last.At), "last_occurrence_link": s.occurrenceLink(i.Last.ID), "counter": i.Counter, "id": i.ID,
		"occurrence_title": i.LatestTitle, "occurrence_link": s.occurrenceLink(s.OccurrenceID), "framework": i.Framework, "platform": i.Platform,
		"total_occurrences": i.Total, "unique_occurrences": i.IPs,
	}[path]
	return v, ok
}

func isoTime(ns int64) string {
	if ns == 0 {
		return ""
	}
	return time.Unix(0, ns).UTC().Format(time.RFC3339)
}

// link is the address of the item's page.
func (s *subject) link() string {
	if s.Item == nil {
		return s.base + "/errors"
	}
	return itemLink(s.base, s.Item.ID)
}

func itemLink(base string, id int64) string { return fmt.Sprintf("%s/errors/%d", base, id) }

func (s *subject) occurrenceLink(id int64) string {
	return fmt.Sprintf("%s/%d", s.link(), id)
}

// happened says what a notice is about.
func (s *subject) happened() string {
	switch s.Kind {
	case item.NewItem:
		return "New error"
	case item.AnyOccurrence:
		return "Occurrence"
	case item.ExpRepeatItem:
		return fmt.Sprintf("%dth occurrence", s.Occurrences)
	case item.OccurrenceRate:
		if s.Rate != nil {
			return fmt.Sprintf("%d occurrences in %s", s.Occurrences, windowText(s.Rate.Seconds))
		}
	case item.ReactivatedItem:
		return "Reactivated error"
	case item.ReopenedItem:
		return "Reopened error"
	case item.ResolvedItem:
		return "Resolved error"
	case item.DeployMade:
		return "Deploy"
	case item.NewVersion:
		return "New version"
	}
	return s.Kind
}

// summary is one line about it.
func (s *subject) summary() string {
	switch {
	case s.Deploy != nil:
		return fmt.Sprintf("Deploy: %s to %s", s.Deploy.Revision, s.Deploy.ErrorEnvironment)
	case s.Item != nil:
		return fmt.Sprintf("%s: #%d %s", s.happened(), s.Item.Counter, s.Item.Title)
	}
	return fmt.Sprintf("%s: %s in %s", s.happened(), s.Version, s.ErrorEnvironment)
}

// markdown is the same with a link. What an app sent cannot break out of it.
func (s *subject) markdown() string {
	if s.Item == nil {
		return escapeMarkdown(s.summary())
	}
	return fmt.Sprintf("%s: [#%d %s](%s)", s.happened(), s.Item.Counter, escapeMarkdown(s.Item.Title), s.link())
}

func escapeMarkdown(text string) string {
	return strings.NewReplacer(`\`, `\\`, "[", `\[`, "]", `\]`, "*", `\*`, "_", `\_`, "`", "\\`", "<", "&lt;", ">", "&gt;").Replace(text)
}

// windowText is how long a window is, as Rollbar writes it.
func windowText(seconds int64) string {
	for _, unit := range []struct {
		of   int64
		name string
	}{{secondsOfDay, "day"}, {3600, "hour"}, {60, "minute"}, {1, "second"}} {
		if seconds%unit.of == 0 {
			if seconds == unit.of {
				return "1 " + unit.name
			}
			return fmt.Sprintf("%d %ss", seconds/unit.of, unit.name)
		}
	}
	return ""
}

const secondsOfDay = 86400

// find follows a path of names with dots, numbers in brackets or between dots, and
// names in quotes in brackets.
func find(v any, path string) (any, bool) {
	for _, step := range pathSteps(path) {
		switch at := v.(type) {
		case map[string]any:
			var ok bool
			if v, ok = at[step]; !ok {
				return nil, false
			}
		case []any:
			n, err := strconv.Atoi(step)
			if n < 0 {
				n += len(at)
			}
			if err != nil || n < 0 || n >= len(at) {
				return nil, false
			}
			v = at[n]
		default:
			return nil, false
		}
	}
	return v, v != nil
}

// pathSteps takes a path apart: a.b[0]["c d"].
func pathSteps(path string) (steps []string) {
	for path != "" {
		switch path[0] {
		case '.':
			path = path[1:]
		case '[':
			end := strings.IndexByte(path, ']')
			if len(path) > 1 && (path[1] == '"' || path[1] == '\'') {
				if quote := strings.IndexByte(path[2:], path[1]); quote >= 0 {
					end = quote + 3
					steps = append(steps, path[2:quote+2])
					path = strings.TrimPrefix(path[end:], "]")
					continue
				}
			}
			if end < 0 {
				return append(steps, path)
			}
			steps = append(steps, path[1:end])
			path = path[end+1:]
		default:
			end := strings.IndexAny(path, ".[")
			if end < 0 {
				return append(steps, path)
			}
			steps = append(steps, path[:end])
			path = path[end:]
		}
	}
	return steps
}
