package grouping

import "strings"

// OwnFiles returns what tells of a file of a payload's frames whether it is of the
// project itself, rather than of a library or of what reports errors. It is for
// people, and asks less than grouping does: a relative path is of where the app
// was started, so it is the project's though no root stands before it.
func OwnFiles(data map[string]any) func(file string) bool {
	s := &subject{data: data, body: object(data["body"])}
	s.read()
	return func(file string) bool { return !isSDK(file) && (s.isOwn(file) || s.isRelativeSource(file)) }
}

// isRelativeSource reports whether a file is one of sources beside which the app
// runs. Go's import paths look the same and are told apart by roots alone; Java's
// and .NET's frames have only the name of a file, whoever's it is.
func (s *subject) isRelativeSource(file string) bool {
	if file == "" || s.language == "go" || strings.HasPrefix(file, "<") || strings.HasPrefix(file, "(") || isLibraryFile(file) {
		return false
	}
	if file[0] == '/' || file[0] == '\\' || strings.Contains(file, ":") { // a root, a drive, a scheme
		return false
	}
	return strings.ContainsAny(file, `/\`) || strings.HasSuffix(file, ".py") || strings.HasSuffix(file, ".rb") || strings.HasSuffix(file, ".php")
}
