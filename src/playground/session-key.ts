const STORED = 'fleetgraph.key';

/**
 * The key of this browser session. One in the address's fragment (`#key=fg_...`) goes before a stored one, is stored,
 * and vanishes from the address, so that it stays out of the history and of what people copy. Fragments never reach
 * a server.
 */
export function takeSessionKey(): string | null {
  const given = new URLSearchParams(location.hash.slice(1)).get('key');
  if (given) {
    storeSessionKey(given);
    history.replaceState(null, '', location.pathname + location.search);
  }
  return sessionStorage.getItem(STORED);
}

export function storeSessionKey(key: string): void {
  sessionStorage.setItem(STORED, key);
}

export function forgetSessionKey(): void {
  sessionStorage.removeItem(STORED);
}
