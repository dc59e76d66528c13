package cloudwatch

import (
	"io"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/klauspost/compress/gzip"
)

// exported returns what the files under the folder of exports hold, by their paths.
func (r *rig) exported(under string) map[string]string {
	r.t.Helper()
	out := map[string]string{}
	root := filepath.Join(r.dir, "exports", under)
	err := filepath.WalkDir(root, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		file, err := os.Open(path)
		must(r.t, err)
		defer func() { _ = file.Close() }()
		z, err := gzip.NewReader(file)
		must(r.t, err)
		raw, err := io.ReadAll(z)
		must(r.t, err)
		name, err := filepath.Rel(root, path)
		out[name] = string(raw)
		return err
	})
	must(r.t, err)
	return out
}

func TestExportTasks_WriteFiles(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	now := r.now.Load()
	r.fill("g", "a/b", 3000, "one", 2000, "two\nlines", 1000, "three")
	r.fill("g", "a/c", 1000, "four")
	r.fill("g", "other", 1000, "five")
	r.ok("CreateLogStream", object{"logGroupName": "g", "logStreamName": "a/empty"})
	task, _ := r.ok("CreateExportTask", object{
		"logGroupName": "g", "from": now - 2500, "to": now, "destination": "my-bucket", "destinationPrefix": "x/y/", "logStreamNamePrefix": "a/", "taskName": "t",
	})["taskId"].(string)
	r.exporter.wg.Wait()
	d := first(t, r.ok("DescribeExportTasks", object{"taskId": task}), "exportTasks")
	if status, _ := d["status"].(object); status["code"] != "COMPLETED" || d["destinationPrefix"] != "x/y" || d["taskName"] != "t" {
		t.Errorf("%v", d)
	}
	got := r.exported("my-bucket/x/y/" + task)
	if len(got) != 2 || got["a-b/000000.gz"] != "2026-01-15T09:59:58.000Z two\nlines\n2026-01-15T09:59:59.000Z three\n" || got["a-c/000000.gz"] != "2026-01-15T09:59:59.000Z four\n" {
		t.Errorf("%q", got)
	}
	r.fails("InvalidOperationException", "COMPLETED", "CancelExportTask", object{"taskId": task})
	r.fails("ResourceNotFoundException", "The specified export task does not exist.", "CancelExportTask", object{"taskId": "nothing"})
	if got := names(r.ok("DescribeExportTasks", object{"taskId": "nothing"}), "exportTasks", "taskId"); got != "" {
		t.Errorf("%q", got)
	}
	for in, want := range map[string]object{
		"bucket name": {"destination": "../x"}, "prefix": {"destinationPrefix": "a/../b"}, "after": {"from": now + 1},
	} {
		ask := object{"logGroupName": "g", "from": 0, "to": now, "destination": "my-bucket"}
		maps.Copy(ask, want)
		r.fails("InvalidParameterException", in, "CreateExportTask", ask)
	}
}

// What a restart interrupts is done after it.
func TestExportTasks_AreDoneAfterARestart(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.fill("g", "..", 1000, "one")
	r.stop()
	r.open()
	at := place{"test", testRegion, ""}
	for id, code := range map[string]string{"pending": exportPending, "running": exportRunning, "cancelled": exportCancelled} {
		task := keptExport{exportTask: exportTask{TaskID: id, LogGroupName: "g", To: r.now.Load(), Destination: "bucket", DestinationPrefix: "p", Status: exportStatus{Code: code}}}
		_, err := r.groups.exports().replace(t.Context(), at, id, r.now.Load(), task)
		must(t, err)
	}
	r.fails("LimitExceededException", "one export task", "CreateExportTask", object{"logGroupName": "g", "from": 0, "to": 1, "destination": "bucket"})
	r.restart()
	r.exporter.wg.Wait()
	got := r.exported("bucket/p")
	if len(got) != 2 || got["pending/-../000000.gz"] != got["running/-../000000.gz"] || got["running/-../000000.gz"] == "" {
		t.Errorf("%q", got)
	}
	if name := folderOf(strings.Repeat("ä", 300)); len(name) > 255 {
		t.Errorf("%d bytes", len(name))
	}
}
