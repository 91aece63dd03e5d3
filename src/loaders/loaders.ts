import type { SearchContext } from '../search/search.js';
import { createAttributesLoader } from './attributes.js';
import { createClientIdLoader } from './client-ids.js';
import { createCountLoader } from './counts.js';
import { createLastDeploymentLoader } from './deployments.js';
import { createDeviceLoader } from './devices.js';
import { createEventsLoader } from './events.js';
import { createFoundDevicesLoader } from './found-devices.js';
import { createKeyCountLoader } from './key-counts.js';
import { createNestedPagesLoader } from './nested-pages.js';
import { ROW_LOADERS } from './rows.js';

const LOADERS = {
  ...ROW_LOADERS,
  device: createDeviceLoader,
  /** Attributes of a device, by its id; by name, then scope, then source. */
  attributes: createAttributesLoader,
  /** Events of a device, newest first. */
  events: createEventsLoader,
  /** OAuth client id of a device. */
  clientId: createClientIdLoader,
  /** Number of devices of a cohort, group or release. */
  deviceCount: createCountLoader,
  /** The newest deployment of a cohort, by the cohort's id. */
  lastDeployment: createLastDeploymentLoader,
  /** Number of devices of an entry of the catalogue of attributes. */
  keyCount: createKeyCountLoader,
  /** Pages of the devices of cohorts and groups. */
  nestedPages: createNestedPagesLoader,
  /** Counts, facets and statistics of the devices that a page is of. */
  foundDevices: createFoundDevicesLoader,
} as const;

type LoaderName = keyof typeof LOADERS;

/**
 * Everything that fields load by key, batched: the keys of one tick become one statement. Made for each request and
 * dropped with it, so that no viewer is ever answered from what another one loaded.
 */
export type Loaders = { readonly [Name in LoaderName]: ReturnType<(typeof LOADERS)[Name]> };

/** Each is made when it is first asked: most operations need one or two. */
class LazyLoaders {
  readonly #context: SearchContext;
  readonly #made = new Map<string, unknown>();

  constructor(context: SearchContext) {
    this.#context = context;
  }

  static {
    for (const [name, create] of Object.entries(LOADERS)) {
      Object.defineProperty(this.prototype, name, {
        get(this: LazyLoaders) {
          const made = this.#made.get(name) ?? create(this.#context);
          this.#made.set(name, made);
          return made;
        },
      });
    }
  }
}

export function createLoaders(context: SearchContext): Loaders {
  return new LazyLoaders(context) as unknown as Loaders;
}
