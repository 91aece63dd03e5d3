/** What came in the Authorization header. */
export interface Credential {
  readonly scheme: 'basic' | 'bearer';
  /** The bearer token, or the password of Basic. */
  readonly secret: string;
}

/** RFC 7235: the scheme in letters of either case, then one token. */
const FORM = /^(basic|bearer) +([\x21-\x7e]+)$/i;
const BASE64 = /^[A-Za-z0-9+/_-]+={0,2}$/;

/** Null for anything that is not Basic or Bearer with a secret in it. */
export function parseAuthorization(header: string | undefined): Credential | null {
  const [, scheme, token] = FORM.exec(header?.trim() ?? '') ?? [];
  if (scheme === undefined || token === undefined) return null;
  if (scheme.toLowerCase() === 'bearer') return { scheme: 'bearer', secret: token };
  const secret = passwordOf(token);
  return secret === null ? null : { scheme: 'basic', secret };
}

/** RFC 7617: the user's name ends at the first colon; a password may have more of them. Any name will do. */
function passwordOf(token: string): string | null {
  if (!BASE64.test(token)) return null;
  const userAndPassword = Buffer.from(token, 'base64').toString();
  const colon = userAndPassword.indexOf(':');
  const password = userAndPassword.slice(colon + 1);
  return colon === -1 || password === '' ? null : password;
}
