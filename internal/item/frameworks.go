package item

import (
	"slices"
	"strings"

	"github.com/oriel-dev/oriel/internal/event"
	"github.com/oriel-dev/oriel/internal/item/grouping"
)

// frameworks are Rollbar's names of frameworks, by number.
func frameworks() []string {
	return []string{
		"unknown", "rails", "django", "pyramid", "node-js", "pylons", "php", "browser-js", "rollbar-system", "android", "ios", "mailgun", "logentries",
		"python", "ruby", "sidekiq", "flask", "celery", "rq", "java", "dotnet", "go", "react-native", "macos", "apex", "spring", "bottle", "twisted",
		"asgi", "starlette", "fastapi", "karafka", "flutter",
	}
}

// FrameworkID is Rollbar's number of a framework, 0 for those it has none for.
func FrameworkID(name string) int { return max(slices.Index(frameworks(), name), 0) }

// FrameworkName is the name of a number, "unknown" if there is none.
func FrameworkName(id int) string {
	if all := frameworks(); id > 0 && id < len(all) {
		return all[id]
	}
	return "unknown"
}

func platforms() []string {
	return []string{"unknown", "browser", "flash", "android", "ios", "heroku", "google-app-engine", "client"}
}

// PlatformID is Rollbar's number of a platform, 0 for those it has none for.
func PlatformID(name string) int { return max(slices.Index(platforms(), name), 0) }

// frameworkOf is the framework that the data of a payload names, or the one that
// goes with its language.
func frameworkOf(data map[string]any) string {
	name := strings.ToLower(strings.TrimSpace(event.Cut(grouping.Scalar(data["framework"]), maxTitle)))
	name, _, _ = strings.Cut(name, " ")
	name = strings.TrimRight(name, ":")
	if FrameworkID(name) > 0 {
		return name
	}
	switch language, _, _ := strings.Cut(strings.ToLower(grouping.Scalar(data["language"])), " "); language {
	case "go", "python", "ruby", "java", "php", "dotnet":
		return language
	case "javascript", "nodejs", "webjs":
		if grouping.Scalar(data["platform"]) == "browser" || language == "webjs" {
			return "browser-js"
		}
		return "node-js"
	}
	if name != "" {
		return name
	}
	return "unknown"
}
