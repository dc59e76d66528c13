package sdk_test

import (
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// What Java's snippets are compiled with. The set-up page names the artifacts, and
// leaves their versions to the app.
const pom = `<project xmlns="http://maven.apache.org/POM/4.0.0">
<modelVersion>4.0.0</modelVersion><groupId>app</groupId><artifactId>app</artifactId><version>1</version>
<dependencies><dependency><groupId>GROUP</groupId><artifactId>ARTIFACT</artifactId><version>VERSION</version></dependency></dependencies>
</project>`

// javaApp answers one request of its own.
const javaApp = `import com.sun.net.httpserver.HttpServer;
import java.net.*;
public class App {
  public static void main(String[] args) throws Exception {
    HttpServer server = HttpServer.create(new InetSocketAddress("127.0.0.1", 0), 0);
    server.createContext("/hello", e -> { e.sendResponseHeaders(204, -1); e.close(); });
    server.start();
    URL url = new URL("http://127.0.0.1:" + server.getAddress().getPort() + "/hello");
    ((HttpURLConnection) url.openConnection()).getResponseCode();
    server.stop(0);
  }
}`

// The cards for Java, with what Maven brings. make e2e-java runs it: it needs a JDK and
// Maven, which nothing else here does.
func TestSetUpPage_CardsOfJava(t *testing.T) {
	if os.Getenv("E2E_JAVA") == "" {
		t.Skip("it needs a JDK and Maven: make e2e-java")
	}
	for _, c := range []struct{ card, id, version, kind string }{
		{"cloudwatch", "cloudwatch-java", "2.57.8", "lines"},
		{"rollbar", "rollbar-java", "1.10.3", "errors"},
		{"xray", "xray-java", "2.18.2", "segments"},
	} {
		t.Run(c.id, func(t *testing.T) {
			s := start(t, "--auth", "required", "--xray", "127.0.0.1:0")
			s.key = s.newKey("honeycomb")
			shown := s.cardOf(c.card)[c.id]
			group, artifact, _ := strings.Cut(strings.TrimPrefix(shown.Install, "# the dependency "), ":")
			runJava(t, shown.Env, "mvn -q -B dependency:copy-dependencies -DoutputDirectory=lib\njavac -cp 'lib/*' App.java\njava -cp 'lib/*:.' App", map[string]string{
				"App.java": shown.Code, "pom.xml": strings.NewReplacer("GROUP", group, "ARTIFACT", artifact, "VERSION", c.version).Replace(pom),
			})
			s.awaits(c.kind)
		})
	}
	t.Run("java", func(t *testing.T) {
		s := start(t)
		var setup struct {
			Cards []struct{ Languages []snippet }
		}
		s.call(http.MethodGet, "/api/setup", nil, &setup)
		for _, l := range setup.Cards[0].Languages {
			if l.ID == "java" {
				runJava(t, l.Env, l.Install+"\njavac App.java\nprintf 'Main-Class: App\\n' > manifest\njar cfm my-service.jar manifest App.class\n"+l.Code, map[string]string{"App.java": javaApp})
			}
		}
		s.awaits("spans")
	})
}

// runJava runs commands in a folder with some files.
func runJava(t *testing.T, env, commands string, files map[string]string) {
	t.Helper()
	dir := t.TempDir()
	files["run.sh"] = "set -e\n" + env + "\n" + commands + "\n"
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	cmd := exec.CommandContext(t.Context(), "bash", "run.sh")
	cmd.Dir = dir
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
}
