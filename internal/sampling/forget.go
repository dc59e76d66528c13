package sampling

// Forget drops what is kept in memory of an environment that is removed; its rows are
// removed by the caller.
func (s *Sampler) Forget(environment string) {
	s.changing.Lock()
	defer s.changing.Unlock()
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.environments, environment)
}
