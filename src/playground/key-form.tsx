import { useState } from 'react';

interface KeyFormProps {
  /** What was wrong with the last key. */
  readonly fault: string | null;
  readonly isChecking: boolean;
  readonly onKey: (key: string) => void;
}

/** Asks for the key, as nothing is answered without one. */
export function KeyForm({ fault, isChecking, onKey }: KeyFormProps) {
  const [key, setKey] = useState('');
  return (
    <main className="key-page">
      <form
        className="key-form"
        onSubmit={(event) => {
          event.preventDefault();
          if (key.trim() !== '') onKey(key.trim());
        }}
      >
        <h1>fleetgraph</h1>
        <p>The playground needs an API key. It stays in this browser tab and is forgotten when you close it.</p>
        <label htmlFor="key">API key</label>
        <input
          id="key"
          type="password"
          autoComplete="off"
          spellCheck={false}
          autoFocus
          placeholder="fg_…"
          value={key}
          aria-invalid={fault !== null}
          aria-describedby="key-fault"
          onChange={(event) => setKey(event.target.value)}
        />
        <p id="key-fault" role="alert" className="key-fault">
          {fault}
        </p>
        <button type="submit" disabled={isChecking || key.trim() === ''}>
          {isChecking ? 'Checking…' : 'Open the playground'}
        </button>
        <p className="key-hint">
          The admin key was printed when the server first started. An administrator makes further ones with{' '}
          <code>createApiKey</code>.
        </p>
      </form>
    </main>
  );
}
