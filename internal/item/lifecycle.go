package item

// live counts an occurrence and brings its item on in its life.
func (t *Items) live(e *entry, o *occurrence, isNew bool) {
	how := RepeatedIn
	before := e.Total
	switch {
	case isNew:
		how = NewIn
		e.Total = o.n
	case e.Status == Resolved && !t.isLate(e, o):
		how = ReactivatedIn
		t.activate(e, o)
	default:
		e.Total += o.n
	}
	t.count(e, o, how)
	t.wake(e, o)
	if e.Status != Active || e.Snoozed(o.at) {
		return
	}
	switch how {
	case NewIn:
		t.notifyItem(NewItem, e, o, 0)
	case ReactivatedIn:
		t.notifyItem(ReactivatedItem, e, o, 0)
	default:
		if n := powerWithin(before, e.Total); n > 0 {
			t.notifyItem(ExpRepeatItem, e, o, n)
		}
	}
	if t.watch[e.Environment] {
		t.notifyItem(AnyOccurrence, e, o, 0)
	}
	if len(t.rates) > 0 {
		t.rate(e, o)
	}
}

// isLate reports whether an occurrence leaves a resolved item resolved: the code
// that it comes from is older than the repair, or it happened before that and
// was only told of later.
func (t *Items) isLate(e *entry, o *occurrence) bool {
	if o.exact && o.at < e.ResolvedAt {
		return true
	}
	return e.ResolvedInVersion != "" && isOlder(o.version, e.ResolvedInVersion, t.firstSeen(e.Environment, e.ErrorEnvironment), e.ResolvedAt)
}

// activate reopens a resolved item because it happens again.
func (t *Items) activate(e *entry, o *occurrence) {
	e.Status = Active
	e.Activating = Sighting{o.id, o.at}
	e.ActivatedAt = o.at
	e.Total = o.n
	e.Snooze = nil
	if !e.TitleLocked && o.title != "" && e.Title != o.title {
		e.Title = cloneText(o.title)
	}
	text := "It happened again."
	if e.ResolvedInVersion != "" {
		text = "It happened again, in version " + orUnknown(o.version) + "; it was resolved in " + e.ResolvedInVersion + "."
	}
	t.act(e, o.at, "", ActReactivated, text)
}

// wake ends a mute or a snooze whose condition has come.
func (t *Items) wake(e *entry, o *occurrence) {
	if m := e.Mute; e.Status == Muted && m != nil && m.over(e, o.at) {
		e.Status, e.Mute = Active, nil
		t.act(e, o.at, "", ActReopened, "The condition of its mute has come.")
		t.notifyItem(ReopenedItem, e, o, 0)
	}
	if s := e.Snooze; s != nil && !e.Snoozed(o.at) {
		e.Snooze = nil
		if s.Count > 0 && e.AllTime >= s.Count {
			t.act(e, o.at, "", ActUnsnoozed, "It happened as often as the snooze allowed.")
			t.notifyItem(ReopenedItem, e, o, 0)
		}
	}
	if t.autoRaise(e.Environment) && !e.LevelLocked && e.MaxLevel > e.Level {
		e.Level = e.MaxLevel
	}
}

func (m *MuteEnd) over(e *entry, now int64) bool {
	return (m.Until > 0 && now >= m.Until) || (m.Count > 0 && e.AllTime >= m.Count) || (m.People > 0 && e.People >= m.People)
}

// powerWithin returns the greatest power of ten, from 10 on, that a count reached
// on its way from before to after; 0 if none.
func powerWithin(before, after int64) (reached int64) {
	const base = 10
	for n := int64(base); n <= after && n < 1e18; n *= base {
		if before < n {
			reached = n
		}
	}
	return reached
}

func orUnknown(version string) string {
	if version == "" {
		return "unknown"
	}
	return version
}
