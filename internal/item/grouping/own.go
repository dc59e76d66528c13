package grouping

// OwnFiles returns what tells of a file of a payload's frames whether it is of the
// project itself, rather than of a library or of what reports errors.
func OwnFiles(data map[string]any) func(file string) bool {
	s := &subject{data: data, body: object(data["body"])}
	s.read()
	return func(file string) bool { return !isSDK(file) && s.isOwn(file) }
}
