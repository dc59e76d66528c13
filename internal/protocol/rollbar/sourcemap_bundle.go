package rollbar

import (
	"archive/zip"
	"bytes"
	"context"
	"crypto/rand"
	"database/sql"
	"encoding/hex"
	"errors"
	"io"
	"net/http"
	"net/url"
	"path"
	"strconv"
	"strings"
	"time"

	"github.com/oriel-dev/oriel/internal/fault"
	"github.com/oriel-dev/oriel/internal/sourcemap"
	"github.com/oriel-dev/oriel/internal/symbol"
)

// A bundle is a zip of source maps, put to a URL that was signed before. Its
// manifest.json may say version and baseUrl; what was signed counts.

// Bounds of bundles.
const (
	bundleLives      = time.Hour
	maxBundles       = 1_000 // signed at a time
	maxBundleEntries = 5_000
	maxUnpacked      = 1 << 30 // of all entries together
)

// signSourceMapBundle gives out a URL that a bundle can be put to.
func (f *Front) signSourceMapBundle(c *call) (reply, error) {
	var ask struct {
		Version string `json:"version"`
		Prefix  string `json:"prefix_url"`
	}
	if err := c.decode(&ask); err != nil {
		return reply{}, err
	}
	const most = 1_000
	switch {
	case ask.Version == "" || len(ask.Version) > most:
		return reply{}, invalid("Invalid format. version has %d bytes; it must be the code_version that occurrences report.", len(ask.Version))
	case ask.Prefix == "" || len(ask.Prefix) > most:
		return reply{}, invalid("Invalid format. prefix_url has %d bytes; it must be what the URLs of the minified files begin with.", len(ask.Prefix))
	}
	project, err := f.Items.Project(c.Context(), c.token.Environment)
	if err != nil {
		return reply{}, err
	}
	signature, err := f.signBundle(c.Context(), c.token.Environment, ask.Version, ask.Prefix)
	if err != nil {
		return reply{}, err
	}
	return reply{result: map[string]any{"signed_url": f.here(c.Request) + root + "/sourcemap_bundle/" + signature, "project_id": strconv.FormatInt(project.ID, 10)}}, nil
}

// here is where this server was reached, as the client names it.
func (f *Front) here(r *http.Request) string {
	scheme := "http"
	if r.TLS != nil || strings.EqualFold(r.Header.Get("X-Forwarded-Proto"), "https") {
		scheme = "https"
	}
	host := r.Host
	if forwarded := strings.TrimSpace(strings.Split(r.Header.Get("X-Forwarded-Host"), ",")[0]); forwarded != "" {
		host = forwarded
	}
	return scheme + "://" + host
}

func (f *Front) signBundle(ctx context.Context, environment, version, prefix string) (string, error) {
	var random [16]byte
	if _, err := rand.Read(random[:]); err != nil {
		return "", err
	}
	signature, now := hex.EncodeToString(random[:]), f.Clock()
	return signature, f.db.Write(ctx, func(tx *sql.Tx) error {
		if _, err := tx.ExecContext(ctx, "DELETE FROM rollbar_bundle WHERE expires < ?", now.UnixNano()); err != nil {
			return err
		}
		var n int
		if err := tx.QueryRowContext(ctx, "SELECT COUNT(*) FROM rollbar_bundle").Scan(&n); err != nil {
			return err
		}
		if n >= maxBundles {
			return fault.Busy(fault.Throttled, time.Minute, "%d bundles of source maps are being uploaded; at most so many can be: try again later", n)
		}
		_, err := tx.ExecContext(ctx, "INSERT INTO rollbar_bundle (signature, environment, version, prefix, expires) VALUES (?, ?, ?, ?, ?)",
			signature, environment, version, prefix, now.Add(bundleLives).UnixNano())
		return err
	})
}

// bundle is what was signed.
type bundle struct{ environment, version, prefix string }

func (f *Front) signedBundle(ctx context.Context, signature string) (b bundle, err error) {
	err = f.db.Read(ctx, func(tx *sql.Tx) error {
		return tx.QueryRowContext(ctx, "SELECT environment, version, prefix FROM rollbar_bundle WHERE signature = ? AND expires >= ?", signature, f.Clock().UnixNano()).
			Scan(&b.environment, &b.version, &b.prefix)
	})
	if errors.Is(err, sql.ErrNoRows) {
		return b, refuse(http.StatusForbidden, "the signed URL is not known, or has expired: ask for another one")
	}
	return b, err
}

// putSourceMapBundle keeps the maps of a bundle. Those that cannot be read are
// noted, with the reason; only if none can is the bundle refused.
func (f *Front) putSourceMapBundle(c *call) (reply, error) {
	b, err := f.signedBundle(c.Context(), c.PathValue("signature"))
	if err != nil {
		return reply{}, err
	}
	z, err := zip.NewReader(bytes.NewReader(c.body), int64(len(c.body)))
	if err != nil {
		return reply{}, invalid("Invalid format. The bundle is not a zip file: %s.", err)
	}
	if len(z.File) > maxBundleEntries {
		return reply{}, invalid("Invalid format. The bundle has %d entries; at most %d are taken.", len(z.File), maxBundleEntries)
	}
	kept, failed, left := 0, []string{}, int64(maxUnpacked)
	for _, entry := range z.File {
		if !strings.HasSuffix(entry.Name, ".map") || strings.HasSuffix(entry.Name, "/.map") {
			continue
		}
		err := f.putEntry(c.Context(), b, entry, &left)
		switch {
		case fault.Is(err, fault.Invalid) || fault.Is(err, fault.TooLarge):
			failed = append(failed, entry.Name+": "+fault.MessageOf(err))
			if err := f.Symbols.Failed(c.Context(), b.environment, b.version, joinedURL(b.prefix, entry.Name), symbol.CodeMapLoad, fault.MessageOf(err)); err != nil {
				return reply{}, refusedMap(err)
			}
		case err != nil:
			return reply{}, err
		default:
			kept++
		}
	}
	if kept == 0 {
		return reply{}, invalid("Invalid format. The bundle has no source map that can be read: %s.", strings.Join(failed[:min(len(failed), 5)], "; "))
	}
	return reply{result: map[string]any{"source_maps": kept, "failed": failed}}, nil
}

// putEntry keeps the map of an entry under the URLs that its minified file may
// have: behind the prefix, and as rules of URLs have it, which leave out what
// stands behind the prefix's last slash.
func (f *Front) putEntry(ctx context.Context, b bundle, entry *zip.File, left *int64) error {
	raw, err := unpack(entry, left)
	if err != nil {
		return err
	}
	u := symbol.Upload{Environment: b.environment, Version: b.version, URL: joinedURL(b.prefix, entry.Name), Variant: symbol.VariantJoined, Map: raw}
	if _, err := f.Symbols.Put(ctx, u); err != nil {
		return err
	}
	if other := resolvedURL(b.prefix, entry.Name); other != u.URL && other != "" {
		u.URL, u.Variant = other, symbol.VariantResolved
		_, err = f.Symbols.Put(ctx, u)
	}
	return err
}

func unpack(entry *zip.File, left *int64) ([]byte, error) {
	most := min(sourcemap.MaxBytes, *left)
	r, err := entry.Open()
	if err != nil {
		return nil, fault.New(fault.Invalid, "it cannot be unpacked: %s", err)
	}
	defer r.Close() //nolint:errcheck // it was only read
	raw, err := io.ReadAll(io.LimitReader(r, most+1))
	if err != nil {
		return nil, fault.New(fault.Invalid, "it cannot be unpacked: %s", err)
	}
	if int64(len(raw)) > most {
		return nil, fault.New(fault.TooLarge, "it has more than the %d bytes that are taken, unpacked", most)
	}
	*left -= int64(len(raw))
	return raw, nil
}

func minifiedName(entry string) string {
	return strings.TrimPrefix(path.Clean("/"+strings.TrimSuffix(entry, ".map")), "/")
}

func joinedURL(prefix, entry string) string {
	return strings.TrimSuffix(prefix, "/") + "/" + minifiedName(entry)
}

func resolvedURL(prefix, entry string) string {
	base, err := url.Parse(prefix)
	if err != nil {
		return ""
	}
	return base.ResolveReference(&url.URL{Path: minifiedName(entry)}).String()
}
