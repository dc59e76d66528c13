// Awslogs sends lines through Docker's logging driver of that name, as dockerd
// does for a container: each argument is a line. It stays, as dockerd does, until
// its standard input ends: the driver sends when nobody waits for it.
package main

import (
	"io"
	"log"
	"os"
	"strings"
	"time"

	"github.com/docker/docker/daemon/logger"
	"github.com/docker/docker/daemon/logger/awslogs"
)

func main() {
	info := logger.Info{
		ContainerID: "0123456789abcdef0123456789abcdef", ContainerName: "/web", ContainerImageName: "shop/web:1",
		Config: map[string]string{
			"awslogs-endpoint": os.Getenv("AWS_ENDPOINT_URL"), "awslogs-region": os.Getenv("AWS_REGION"),
			"awslogs-group": "/docker/shop", "awslogs-create-group": "true", "tag": "{{.Name}}/{{.ID}}", "awslogs-multiline-pattern": `^(INFO|ERROR)`,
		},
	}
	if err := awslogs.ValidateLogOpt(info.Config); err != nil {
		log.Fatal(err)
	}
	driver, err := awslogs.New(info)
	if err != nil {
		log.Fatal(err)
	}
	for _, line := range os.Args[1:] {
		m := logger.NewMessage()
		m.Line, m.Timestamp, m.Source = append(m.Line, strings.TrimSuffix(line, "\n")...), time.Now(), "stdout"
		if err := driver.Log(m); err != nil {
			log.Fatal(err)
		}
	}
	if err := driver.Close(); err != nil {
		log.Fatal(err)
	}
	_, _ = io.Copy(io.Discard, os.Stdin)
}
