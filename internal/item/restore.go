package item

import "context"

// ActUndone is the activity of a change that was taken back.
const ActUndone = "undone"

// Restore takes back what a Change did: status, title, level, assignment, mute and
// snooze of items become what they were. Counts go on, and items that are gone
// since are left out. Nobody is notified.
func (t *Items) Restore(ctx context.Context, actor string, before []Item) ([]Item, error) {
	restored := make([]Item, 0, len(before))
	err := t.edit(ctx, func() error {
		for i := range before {
			was := &before[i]
			e := t.items[was.ID]
			if e == nil {
				continue
			}
			now := t.touched(e, actor)
			e.Status, e.ResolvedAt, e.ResolvedInVersion = was.Status, was.ResolvedAt, was.ResolvedInVersion
			e.MutedAt, e.Mute, e.Snooze, e.OnNextDeploy = was.MutedAt, was.Mute, was.Snooze, was.OnNextDeploy
			e.Title, e.TitleLocked, e.Level, e.LevelLocked = was.Title, was.TitleLocked, was.Level, was.LevelLocked
			e.AssignedUser, e.AssignedTeam = was.AssignedUser, was.AssignedTeam
			t.act(e, now, actor, ActUndone, "It is "+e.Status.String()+" again.")
			restored = append(restored, e.Item)
		}
		return nil
	})
	return restored, err
}
