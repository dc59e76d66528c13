package pattern

// ReadAll makes the pattern read every message.
func (p *Pattern) ReadAll() { p.required = nil }
