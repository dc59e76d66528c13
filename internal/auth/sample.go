package auth

import (
	"context"
	"database/sql"

	"github.com/oriel-dev/oriel/internal/fault"
)

// Sample is the slug of the environment that sample data is in, apart from all that is
// real. Nobody else can make one of that name.
const Sample = "sample"

// OpenSample returns the environment of sample data, which is made if it is not there.
func (k *Keys) OpenSample(ctx context.Context) (Environment, error) {
	if e, ok := k.SampleEnvironment(); ok {
		return e, nil
	}
	e := Environment{ID: "hcxen_" + token(crockford, 26), Slug: Sample, Name: "Sample data"}
	teamID := k.known.Load().team.id
	err := k.change(ctx, func(tx *sql.Tx) error { return insertEnvironment(ctx, tx, teamID, e, k.cfg.Clock()) })
	if fault.Is(err, fault.Conflict) { // by another process, meanwhile
		return k.known.Load().environment(Sample)
	}
	return e, err
}

// Elsewhere returns who a caller is that names an environment, as Oriel's own pages do:
// where any key is taken, anybody may look into each; everybody may into sample data.
func (k *Keys) Elsewhere(who *Principal, environment string) (*Principal, bool) {
	if environment == "" || environment == who.Environment {
		return who, true
	}
	if other, ok := k.anonymousIn(environment); ok {
		return other, true
	}
	sample, ok := k.SampleEnvironment()
	if !ok || environment != Sample {
		return nil, false
	}
	there := *who
	there.Environment, there.EnvironmentName, there.Account, there.Classic = sample.Slug, sample.Name, sample.Account(), false
	return &there, true
}

// SampleEnvironment returns the environment of sample data; false if there is none.
func (k *Keys) SampleEnvironment() (Environment, bool) {
	e, err := k.known.Load().environment(Sample)
	return e, err == nil
}
