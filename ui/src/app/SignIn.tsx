import { useState } from 'react';

import { post, whyOf } from '../api/client';

export function SignIn({ onDone }: { onDone: () => void }): React.ReactElement {
  const [error, setError] = useState('');
  return (
    <main className="page signin">
      <h1>Sign in to Oriel</h1>
      <p>
        This server wants a key. Make one beside its data with <code>oriel keys create --kind honeycomb</code>.
      </p>
      <form
        className="row"
        onSubmit={(e) => {
          e.preventDefault();
          const key = String(new FormData(e.currentTarget).get('key') ?? '');
          post('session', { key }).then(onDone, (err: unknown) => setError(whyOf(err)));
        }}
      >
        <input
          className="input grow"
          name="key"
          type="password"
          autoComplete="current-password"
          aria-label="Key"
          placeholder="Key"
          required
        />
        <button type="submit" className="btn primary">
          Sign in
        </button>
      </form>
      {error && (
        <p className="error-text" role="alert">
          {error}
        </p>
      )}
    </main>
  );
}
