module github.com/oriel-dev/oriel

go 1.26

require github.com/duckdb/duckdb-go-bindings v0.10506.0

require (
	github.com/google/go-cmp v0.7.0 // indirect
	github.com/mattn/go-sqlite3 v1.14.53 // indirect
	gopkg.in/yaml.v3 v3.0.1 // indirect
	pgregory.net/rapid v1.3.0 // indirect
)
