package item_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/oriel-dev/oriel/internal/fault"
	"github.com/oriel-dev/oriel/internal/item"
)

func (r *rig) deploy(d item.Deploy) item.Deploy {
	r.t.Helper()
	d.Environment = "test"
	made, err := r.items.AddDeploy(r.t.Context(), d)
	if err != nil {
		r.t.Fatal(err)
	}
	return made
}

func TestDeploys_AreMarkedToldAndSuspected(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.deploy(item.Deploy{ErrorEnvironment: "production", Revision: "1.0.0"})
	r.advance(time.Hour)
	d := r.deploy(item.Deploy{ErrorEnvironment: "production", Revision: "1.1.0", Status: item.DeployStarted, LocalUsername: "ann"})
	if len(r.marks) != 1 || r.told() != "deploy deploy" {
		t.Errorf("%+v", r.marks)
	}
	if d, err := r.items.FinishDeploy(t.Context(), "test", d.ID, item.DeploySucceeded); err != nil || d.FinishedAt != r.now.Load() {
		t.Errorf("%+v %v", d, err)
	}
	if _, err := r.items.FinishDeploy(t.Context(), "test", d.ID, item.DeployFailed); !fault.Is(err, fault.Conflict) || fault.MessageOf(err) != "The deploy can not be updated because its status is not started." {
		t.Error(err)
	}
	if _, err := r.items.FinishDeploy(t.Context(), "other", d.ID, item.DeployFailed); !fault.Is(err, fault.NotFound) {
		t.Error(err)
	}
	if len(r.marks) != 2 || r.marks[1].Message != "production 1.1.0" || r.marks[1].Type != "deploy" {
		t.Errorf("%+v", r.marks)
	}
	r.advance(time.Minute)
	r.send(versioned("1.1.0"))
	suspect, err := r.items.SuspectDeploy(t.Context(), 1)
	if err != nil || suspect == nil || suspect.Revision != "1.1.0" {
		t.Errorf("%+v %v", suspect, err)
	}
	release, err := r.items.Release("test", "production", "1.1.0")
	if err != nil || release.DeployedBy != "ann" || release.First.ID == 0 {
		t.Errorf("%+v %v", release, err)
	}
	if list, total, err := r.items.Deploys(t.Context(), "test", item.Page{Limit: 1}); err != nil || total != 2 || list[0].Revision != "1.1.0" {
		t.Errorf("%+v %v", list, err)
	}
}

func TestDeploys_ThatNeverFinishTimeOut(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	d := r.deploy(item.Deploy{ErrorEnvironment: "production", Revision: "1.0.0", Status: item.DeployStarted})
	r.advance(61 * time.Minute)
	for range 2 {
		got, err := r.items.Deploy(t.Context(), "test", d.ID)
		if err != nil || got.Status != item.DeployTimedOut {
			t.Errorf("%+v %v", got, err)
		}
		if err := r.items.Tidy(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
}

func TestDeploys_ResolveWhatTheirCommitsSay(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.send(exception("A", "x"), exception("B", "x"), exception("C", "x"), exception("D", "x"))
	r.deploy(item.Deploy{ErrorEnvironment: "production", Revision: "2.0.0", Comment: "Fixes rb#1, see rb#2\nThis closes https://oriel.example/p/items/3/ for good. Prefixes rb#4"})
	var got []string
	for _, i := range r.all() {
		got = append(got, i.Status.String())
	}
	if fmt.Sprint(got) != "[resolved active resolved active]" {
		t.Errorf("%q", got)
	}
}

func TestDeploys_AreChecked(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	for want, d := range map[string]item.Deploy{
		"environment has 0 bytes": {Revision: "1"},
		"revision has 0 bytes":    {ErrorEnvironment: "production"},
		`deploy status "done"`:    {ErrorEnvironment: "production", Revision: "1", Status: "done"},
	} {
		if _, err := r.items.AddDeploy(t.Context(), d); !fault.Is(err, fault.Invalid) || !strings.Contains(fault.MessageOf(err), want) {
			t.Errorf("%v, want %q", err, want)
		}
	}
}

func TestReleases_KnowWhatWasNewRepeatedAndReactivated(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	send := func(class, version string) {
		p := exception(class, "x")
		p["code_version"] = version
		r.advance(time.Second)
		r.send(p)
	}
	send("A", "1.0")
	send("B", "1.0")
	r.change(2, item.Change{Status: new(item.Resolved)})
	send("A", "1.1")
	send("B", "1.1")
	send("C", "1.1")
	r.crash()
	in, err := r.items.ItemsIn(t.Context(), "test", "production", "1.1")
	got := map[int64]int{}
	for _, v := range in {
		got[v.Item] = v.How
	}
	if err != nil || fmt.Sprint(got) != fmt.Sprint(map[int64]int{1: item.RepeatedIn, 2: item.ReactivatedIn, 3: item.NewIn}) {
		t.Errorf("%v %v", got, err)
	}
	if list := r.items.Releases("test", "production"); len(list) != 2 || list[0].Version != "1.1" {
		t.Errorf("%+v", list)
	}
	if of, err := r.items.VersionsOf(t.Context(), 1); err != nil || len(of) != 2 || of[0].Version != "1.1" || of[0].Count != 1 {
		t.Errorf("%+v %v", of, err)
	}
}

func TestItems_TellOfRatesOncePerPeriod(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.items.WatchRates("test", []item.Rate{{Count: 5, Seconds: 60}})
	r.items.WatchOccurrences([]string{"other"})
	for range 12 {
		r.advance(time.Second)
		r.send(exception("A", "x"))
	}
	if told := r.told(); told != "new_item occurrence_rate:5 exp_repeat_item:10" {
		t.Error(told)
	}
	for range 8 { // too slow
		r.advance(20 * time.Second)
		r.send(exception("A", "x"))
	}
	if told := r.told(); told != "" {
		t.Error(told)
	}
	for range 6 {
		r.advance(time.Second)
		r.send(exception("A", "x"))
	}
	if told := r.told(); told != "occurrence_rate:5" {
		t.Error(told)
	}
	r.items.WatchOccurrences([]string{"test"})
	r.send(exception("A", "x"))
	if told := r.told(); told != "occurrence" {
		t.Error(told)
	}
}

func TestSettings_AreVersionedAndChecked(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	for kind, body := range map[string]string{
		item.SettingRules: `[{"condition":{"path":"a","is":1},"fingerprint":"x"}]`, item.SettingPaths: `[{"pattern":"(("}]`,
		item.SettingOptions: `{"auto_resolve_days":{"x":-1}}`, "colour": "{}",
	} {
		if _, err := r.items.Set(t.Context(), "test", kind, "ann", body); !fault.Is(err, fault.Invalid) {
			t.Errorf("%s: %v", kind, err)
		}
	}
	for _, fingerprint := range []string{"one", "two"} {
		if _, err := r.items.Set(t.Context(), "test", item.SettingRules, "ann", `[{"condition":{"path":"level","eq":null},"fingerprint":"`+fingerprint+`"}]`); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := r.items.Set(t.Context(), "test", item.SettingOptions, "bob", `{"raise_level":true}`); err != nil {
		t.Fatal(err)
	}
	r.crash()
	quiet := exception("A", "x")
	r.send(quiet)
	loud := exception("A", "x")
	loud["level"], loud["fingerprint"] = "critical", "two"
	r.send(loud)
	if i := r.get(1); i.Fingerprint != "two" || i.Grouping != "rule" || i.Level != item.Critical || r.items.Setting("test", item.SettingRules).Version != 2 {
		t.Errorf("%+v", i)
	}
}

func TestPeople_AreFoundOverAllItems(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	for i, class := range []string{"A", "B", "A"} {
		p := exception(class, "x")
		p["person"] = object{"id": []string{"ada", "ada", "Bob"}[i]}
		r.advance(time.Second)
		r.send(p)
	}
	all, total, err := r.items.FindPeople(t.Context(), "test", "", item.Page{Limit: 10})
	if err != nil || total != 2 || all[0].ID != "Bob" || all[1].Count != 2 {
		t.Errorf("%+v %v", all, err)
	}
	if found, total, err := r.items.FindPeople(t.Context(), "test", "BO", item.Page{Limit: 10}); err != nil || total != 1 || found[0].ID != "Bob" {
		t.Errorf("%+v %v", found, err)
	}
	if n, err := r.items.ForgetPerson(t.Context(), "test", func(p item.Person) bool { return p.ID == "ada" }); err != nil || n != 2 {
		t.Error(n, err)
	}
	if _, total, err := r.items.FindPeople(t.Context(), "test", "", item.Page{Limit: 10}); err != nil || total != 1 {
		t.Error(total, err)
	}
}

func TestViews_AreKeptByName(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	v, err := r.items.SaveView(t.Context(), item.View{Environment: "test", Name: "Mine", Author: "ann", Body: `{"status":"active"}`})
	if err != nil {
		t.Fatal(err)
	}
	if again, err := r.items.SaveView(t.Context(), item.View{Environment: "test", Name: "Mine", Author: "bob", Body: `{}`}); err != nil || again.ID != v.ID {
		t.Errorf("%+v %v", again, err)
	}
	if _, err := r.items.SaveView(t.Context(), item.View{Environment: "test", Name: "Bad", Body: `{`}); !fault.Is(err, fault.Invalid) {
		t.Error(err)
	}
	r.crash()
	if list, err := r.items.Views(t.Context(), "test"); err != nil || len(list) != 1 || list[0].Author != "bob" {
		t.Errorf("%+v %v", list, err)
	}
	if err := r.items.RemoveView(t.Context(), "test", v.ID); err != nil {
		t.Fatal(err)
	}
	if err := r.items.RemoveView(t.Context(), "test", v.ID); !fault.Is(err, fault.NotFound) {
		t.Error(err)
	}
}

func TestHappenTogether_FindsItemsOfTheSameMinutes(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	for i := range 12 {
		r.send(exception("A", "x"))
		if i%2 == 0 {
			r.send(exception("Often with A", "x"))
		}
		if i == 3 {
			r.send(exception("Once", "x"))
		}
		r.advance(time.Minute)
	}
	list, err := r.items.HappenTogether(t.Context(), 1, 10)
	if err != nil || len(list) != 1 || list[0].Item.ID != 2 || list[0].Shared != 6 || list[0].Share != 0.5 {
		t.Errorf("%+v %v", list, err)
	}
}

func TestCounts_AreKeptByMinuteHourAndDay(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	for range 3 {
		r.send(exception("A", "x"), exception("A", "x"))
		r.advance(time.Hour)
	}
	for width, want := range map[int64]string{3600: "[2 2 2 0]", 86400: "[0 0 0 6]", 60: "[0 0 0 0]"} {
		c, err := r.items.Counts(t.Context(), []int64{1, 99}, width, 4, r.now.Load()/1e9)
		if err != nil || fmt.Sprint(c[1].N) != want || fmt.Sprint(c[99].N) != "[0 0 0 0]" {
			t.Errorf("%d: %v %v", width, c, err)
		}
	}
	r.advance(3 * 24 * time.Hour)
	if err := r.items.Tidy(t.Context()); err != nil {
		t.Fatal(err)
	}
	if c, err := r.items.Counts(t.Context(), []int64{1}, 60, 5, r.now.Load()/1e9-3*86400-3600); err != nil || fmt.Sprint(c[1].N) != "[0 0 0 0 0]" {
		t.Errorf("minutes of three days ago are kept: %v %v", c, err)
	}
	if _, err := r.items.Counts(t.Context(), []int64{1}, 7, 4, 0); !fault.Is(err, fault.Invalid) {
		t.Error(err)
	}
}
