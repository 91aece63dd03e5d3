import { AppError } from '../errors.js';
import type { Viewer } from '../model/viewer.js';
import { type Credential, parseAuthorization } from './credential.js';

/** Who a credential stands for; null if it is none that this strategy knows. */
export type AuthenticationStrategy = (credential: Credential) => Promise<Viewer | null>;

/**
 * The one place that turns a credential into a viewer. Strategies are asked in order; the first that knows the
 * credential decides.
 *
 * Throws UNAUTHENTICATED, in the same words whether the credential is missing, malformed, unknown, expired or revoked:
 * a stranger must not learn which.
 */
export function createAuthenticator(strategies: readonly AuthenticationStrategy[]) {
  return async (authorization: string | undefined): Promise<Viewer> => {
    const credential = parseAuthorization(authorization);
    if (credential !== null) {
      for (const strategy of strategies) {
        const viewer = await strategy(credential);
        if (viewer !== null) return viewer;
      }
    }
    throw new AppError('UNAUTHENTICATED', 'A valid key is needed, as HTTP Basic or Bearer.');
  };
}
