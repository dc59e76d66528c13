package grouping

import (
	"fmt"
	"strings"
)

// Why is a decision and how it came about, for people.
type Why struct {
	Decision
	Words  []string // sentences, in the order in which things were looked at
	Frames []Note   // all frames, in the order they count: the oldest call first
}

// Explain decides as [Rules.Decide] does, and says why.
func (r *Rules) Explain(data map[string]any) Why {
	var w Why
	s := &subject{data: data, body: object(data["body"])}
	const mostNotes = 1000
	w.Decision = r.decide(s, func(n Note) {
		if len(w.Frames) < mostNotes {
			w.Frames = append(w.Frames, n)
		}
	})
	w.Words = append(w.Words, r.sayClient(&w.Decision, s)...)
	if w.Step == StepClient {
		return w
	}
	w.Words = append(w.Words, r.sayRules(&w.Decision)...)
	if w.Step == StepRule {
		return w
	}
	w.Words = append(w.Words, s.sayDefault(w.Frames)...)
	w.Words = append(w.Words, "The fingerprint is the SHA-1 of the text below; occurrences with the same text are the same item.")
	return w
}

func (r *Rules) sayClient(d *Decision, s *subject) []string {
	sent := Scalar(s.data["fingerprint"])
	switch {
	case sent == "":
		return []string{"The sender gave no fingerprint of its own."}
	case d.Step != StepClient:
		return []string{fmt.Sprintf("The sender's fingerprint %.60q does not count: the project ignores those.", sent)}
	case d.Fingerprint != sent:
		return []string{fmt.Sprintf("The sender gave the fingerprint %.60q…, which is longer than %d characters: its SHA-1 is used.", sent, maxFingerprint)}
	}
	return []string{fmt.Sprintf("The sender gave the fingerprint %q, which decides before all else.", sent)}
}

func (r *Rules) sayRules(d *Decision) (words []string) {
	if r == nil || len(r.rules) == 0 {
		return []string{"The project has no fingerprint rules."}
	}
	for _, p := range r.Problems() {
		if !p.Path {
			words = append(words, fmt.Sprintf("Rule %d was skipped: %s.", p.Rule+1, p.Why))
		}
	}
	if d.Step != StepRule {
		return append(words, fmt.Sprintf("None of the project's %d fingerprint rules fits.", len(r.rules)))
	}
	return append(words, fmt.Sprintf("Rule %d of the project is the first that fits; it gives %q.", d.Rule+1, d.Fingerprint))
}

// sayDefault tells what the algorithm looked at.
func (s *subject) sayDefault(notes []Note) (words []string) {
	switch {
	case len(s.traces) == 0 && s.report() != "":
		return []string{"It is a crash report: its type, its codes without addresses and the first ten symbols of the crashed thread count."}
	case len(s.traces) == 0:
		return []string{"It is a message: its text counts, without ids, times, addresses and numbers of two digits or more. Codes of errors and statuses stay."}
	}
	counted := 0
	for _, n := range notes {
		if n.Counted {
			counted++
		}
	}
	words = append(words, fmt.Sprintf("It is an exception: files and functions of %d of %d frames count, and the class %s. Line numbers do not.", counted, len(notes), s.classes()))
	if len(s.roots) > 0 {
		words = append(words, fmt.Sprintf("The project's own code is what lies under %s.", strings.Join(s.roots[:min(len(s.roots), 3)], ", ")))
	}
	switch {
	case counted == 0:
		words = append(words, "There are no frames to tell it by, so its message counts too.")
	case s.language == "go" && s.allGeneric():
		words = append(words, "The class is one that any error of Go may have, so its message counts too.")
	default:
		words = append(words, "Its message does not count.")
	}
	return words
}

func (s *subject) allGeneric() bool {
	for _, t := range s.traces {
		if !isGeneric(classOf(t)) {
			return false
		}
	}
	return true
}

func (s *subject) classes() string {
	names := make([]string, 0, len(s.traces))
	for _, t := range s.traces {
		names = append(names, classOf(t))
	}
	return strings.Join(names, ", caused by ")
}
