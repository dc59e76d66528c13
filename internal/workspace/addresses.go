package workspace

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/base32"
	"strings"

	"github.com/oriel-dev/oriel/internal/fault"
)

// maxAddress is how many bytes of parameters one address has at most.
const maxAddress = 256 << 10

// KeepAddress keeps the parameters of a page's address and returns an id that
// stands for them: the same one for the same parameters. Those that were not
// kept again for longest go beyond the limit.
func (l *Library) KeepAddress(ctx context.Context, environment, params string) (string, error) {
	if len(params) > maxAddress {
		return "", fault.New(fault.TooLarge, "the address has %d bytes; at most %d can be kept", len(params), maxAddress)
	}
	if strings.TrimSpace(params) == "" {
		return "", fault.New(fault.Invalid, "the address is empty")
	}
	sum := sha256.Sum256([]byte(params))
	id := strings.ToLower(base32.StdEncoding.EncodeToString(sum[:15]))
	return id, l.write(ctx, "keep an address", func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, `INSERT INTO workspace_address (environment, id, params, used) VALUES (?, ?, ?, ?)
			ON CONFLICT (environment, id) DO UPDATE SET used = excluded.used`,
			environment, id, params, l.now().UnixNano())
		if err != nil {
			return err
		}
		_, err = tx.ExecContext(ctx, `DELETE FROM workspace_address WHERE environment = ? AND id IN
			(SELECT id FROM workspace_address WHERE environment = ? ORDER BY used DESC, id LIMIT 1000 OFFSET ?)`,
			environment, environment, l.cfg.MaxAddresses)
		return err
	})
}

// Address returns the parameters that an id stands for.
func (l *Library) Address(ctx context.Context, environment, id string) (params string, err error) {
	err = l.read(ctx, "read an address", func(tx *sql.Tx) error {
		row := tx.QueryRowContext(ctx, `SELECT params FROM workspace_address WHERE environment = ? AND id = ?`, environment, id)
		return missing(row.Scan(&params), "address", id)
	})
	return params, err
}
