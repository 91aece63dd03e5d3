import { lazy, Suspense, useCallback, useEffect, useState } from 'react';
import { createRoot } from 'react-dom/client';
import { fetchViewer, WrongKey, type Viewer } from './endpoint';
import { KeyForm } from './key-form';
import { forgetSessionKey, storeSessionKey, takeSessionKey } from './session-key';
import './playground.css';

// The editor is large; who still has to enter a key need not wait for it.
const loadExplorer = () => import('./explorer');
const Explorer = lazy(async () => ({ default: (await loadExplorer()).Explorer }));

type State =
  | { step: 'ask'; fault: string | null }
  | { step: 'check'; key: string }
  | { step: 'explore'; key: string; viewer: Viewer };

function Playground({ givenKey }: { readonly givenKey: string | null }) {
  const [state, setState] = useState<State>(
    givenKey === null ? { step: 'ask', fault: null } : { step: 'check', key: givenKey },
  );
  const ask = useCallback((fault: string | null) => {
    forgetSessionKey();
    setState({ step: 'ask', fault });
  }, []);

  useEffect(() => {
    if (state.step !== 'check') return;
    const { key } = state;
    let isCurrent = true;
    void loadExplorer();
    fetchViewer(key).then(
      (viewer) => {
        if (!isCurrent) return;
        storeSessionKey(key);
        setState({ step: 'explore', key, viewer });
      },
      (fault: Error) => {
        if (!isCurrent) return;
        // A server that is down says nothing against the key: a reload tries it again.
        if (fault instanceof WrongKey) ask(fault.message);
        else setState({ step: 'ask', fault: fault.message });
      },
    );
    return () => {
      isCurrent = false;
    };
  }, [state, ask]);

  // A key may also arrive while the page is open, by following a link with another fragment.
  useEffect(() => {
    const follow = () => {
      const key = location.hash.startsWith('#key=') ? takeSessionKey() : null;
      if (key !== null) setState({ step: 'check', key });
    };
    addEventListener('hashchange', follow);
    return () => removeEventListener('hashchange', follow);
  }, []);

  const loading = <p className="loading">Loading…</p>;
  if (state.step === 'explore') {
    return (
      <Suspense fallback={loading}>
        <Explorer key={state.key} sessionKey={state.key} viewer={state.viewer} onLeave={ask} />
      </Suspense>
    );
  }
  if (state.step === 'check' && state.key === givenKey) return loading;
  return (
    <KeyForm
      fault={state.step === 'ask' ? state.fault : null}
      isChecking={state.step === 'check'}
      onKey={(key) => setState({ step: 'check', key })}
    />
  );
}

const root = document.querySelector('#root');
if (root === null) throw new Error('the page has no #root');
createRoot(root).render(<Playground givenKey={takeSessionKey()} />);
