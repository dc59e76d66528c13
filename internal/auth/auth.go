// Package auth says who is calling: teams, environments and the keys of every
// vendor's kind. Bearer keys are kept only as SHA-256 hashes; AWS secrets, which
// signature checks need in clear, are sealed under a server key that lives
// outside the database. No HTTP here: a protocol room takes the key out of its
// header and asks [Keys.Authenticate].
package auth

import (
	"crypto/sha256"
	"encoding/binary"
	"strconv"
	"time"
)

// Kind is the kind of a key: which vendor's shape it has and what it may do.
type Kind string

// The kinds of key. The names are those of the command line.
const (
	Honeycomb           Kind = "honeycomb"            // 22 letters and digits: everything in one environment, by permission
	HoneycombClassic    Kind = "honeycomb-classic"    // 32 hex digits: the old model without environments
	HoneycombIngest     Kind = "honeycomb-ingest"     // 64: id hcxik_ + 26, then a secret of 32: sending only
	HoneycombManagement Kind = "honeycomb-management" // id hcxmk_ + 26, and a secret; used as ID:SECRET
	AWS                 Kind = "aws"                  // access key id AKIA… and a secret of 40
	RollbarWrite        Kind = "rollbar-write"        // 32 hex digits: may post items
	RollbarRead         Kind = "rollbar-read"         // 32 hex digits: may read a project
	RollbarAccount      Kind = "rollbar-account"      // 32 hex digits: may manage projects
)

// Kinds returns every kind of key, in the order the documentation lists them.
func Kinds() []Kind {
	return []Kind{
		Honeycomb, HoneycombClassic, HoneycombIngest, HoneycombManagement,
		AWS, RollbarWrite, RollbarRead, RollbarAccount,
	}
}

// Family is a set of kinds that arrive in the same place of a request.
type Family uint8

// The families: Sending accepts what Honeycomb clients put into the team
// header (honeycomb, -classic, -ingest); Management the bearer ID:SECRET of its
// second API; Rollbar its access tokens. AWS requests are signed, not bearing a
// key: see [Keys.Secret].
const (
	Sending Family = iota
	Management
	Rollbar
)

func (f Family) holds(k Kind) bool {
	switch f {
	case Sending:
		return k == Honeycomb || k == HoneycombClassic || k == HoneycombIngest
	case Management:
		return k == HoneycombManagement
	case Rollbar:
		return k == RollbarWrite || k == RollbarRead || k == RollbarAccount
	}
	return false
}

// Permissions say what a key may do. The JSON names are those of the settings
// database and the command line.
type Permissions struct {
	SendEvents       bool `json:"send_events,omitempty"`
	CreateDatasets   bool `json:"create_datasets,omitempty"`
	ManageColumns    bool `json:"manage_columns,omitempty"`
	RunQueries       bool `json:"run_queries,omitempty"`
	ManageBoards     bool `json:"manage_boards,omitempty"`
	ManageMarkers    bool `json:"manage_markers,omitempty"`
	ManageTriggers   bool `json:"manage_triggers,omitempty"`
	ManageSLOs       bool `json:"manage_slos,omitempty"`
	ManageRecipients bool `json:"manage_recipients,omitempty"`
	ReadServiceMaps  bool `json:"read_service_maps,omitempty"`
	ManageKeys       bool `json:"manage_keys,omitempty"`
}

// AllPermissions returns the permissions of a key that may do everything in its
// environment; managing keys is not among them.
func AllPermissions() Permissions {
	return Permissions{
		SendEvents: true, CreateDatasets: true, ManageColumns: true, RunQueries: true, ManageBoards: true,
		ManageMarkers: true, ManageTriggers: true, ManageSLOs: true, ManageRecipients: true, ReadServiceMaps: true,
	}
}

// defaults returns what a new key of a kind may do unless its maker says otherwise.
func (k Kind) defaults() Permissions {
	switch k {
	case Honeycomb, HoneycombClassic, AWS:
		return AllPermissions()
	case HoneycombIngest:
		return Permissions{SendEvents: true, CreateDatasets: true}
	case RollbarWrite:
		return Permissions{SendEvents: true, CreateDatasets: true}
	case RollbarRead:
		return Permissions{RunQueries: true}
	case HoneycombManagement, RollbarAccount:
		return Permissions{ManageKeys: true}
	}
	return Permissions{}
}

// Principal is who a request acts for. It is shared and must not be changed.
type Principal struct {
	Team            string // slug
	TeamName        string
	TeamID          string
	TeamCreated     time.Time
	Environment     string // slug; where events go, also for a classic key
	EnvironmentName string
	Account         string // 12 digits: the AWS account that the environment is
	KeyID           string // what lists and logs show; empty for a key we do not know (open mode)
	KeyName         string
	Kind            Kind
	Classic         bool // the sender's model has no environments: names of datasets are always the client's
	Permissions     Permissions
}

// Key describes a key without its secret.
type Key struct {
	ID          string // also the public part of ingest, management and AWS keys
	Name        string
	Kind        Kind
	Environment string // slug
	Permissions Permissions
	Disabled    bool
	Created     time.Time
	Expires     time.Time // zero: never
	LastUsed    time.Time // to the minute, written with delay; zero: never
}

// Environment is a set of datasets within a team.
type Environment struct {
	ID   string
	Slug string
	Name string
}

// Account returns the 12 digits of the AWS account that the environment is to
// clients that think in accounts: always the same for the same environment.
func (e Environment) Account() string {
	sum := sha256.Sum256([]byte("aws account of " + e.ID))
	const least, span = 100_000_000_000, 900_000_000_000
	return strconv.FormatUint(least+binary.BigEndian.Uint64(sum[:8])%span, 10)
}

// Classic reports whether a Honeycomb client that holds this key takes itself
// for a classic one: 32 lower-case hex digits, or 64 characters of the classic
// ingest shape. Both the clients and we decide by the shape alone.
func Classic(key string) bool {
	switch len(key) {
	case 32:
		return all(key, lowerHex)
	case 64:
		return key[:2] == "hc" && key[2] >= 'a' && key[2] <= 'z' && key[3:6] == "ic_" && all(key[6:], lowerAlnum)
	}
	return false
}

func all(s string, ok func(byte) bool) bool {
	for i := range len(s) {
		if !ok(s[i]) {
			return false
		}
	}
	return true
}

func lowerHex(c byte) bool { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') }

func lowerAlnum(c byte) bool { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') }
