package meta

import (
	"context"
	"database/sql/driver"
)

// connector opens connections without registering a driver by name, which
// would be a global.
type connector struct {
	dsn    string
	driver driver.Driver
}

func (c connector) Connect(context.Context) (driver.Conn, error) { return c.driver.Open(c.dsn) }

func (c connector) Driver() driver.Driver { return c.driver }
