module github.com/oriel-dev/oriel

go 1.26

require (
	github.com/duckdb/duckdb-go-bindings v0.10506.0
)
