module github.com/oriel-dev/oriel/e2e/cli

go 1.26

