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
import { createRowLoaders } from './rows.js';

/**
 * Everything that fields load by key, batched: the keys of one tick become one statement. Made for each request and
 * dropped with it, so that no viewer is ever answered from what another one loaded.
 */
export function createLoaders(context: SearchContext) {
  const { database, projectId } = context;
  return {
    ...createRowLoaders(database, projectId),
    device: createDeviceLoader(context),
    /** Attributes of a device, by its id; by name, then scope, then source. */
    attributes: createAttributesLoader(context),
    /** Events of a device, newest first. */
    events: createEventsLoader(database, projectId),
    /** OAuth client id of a device. */
    clientId: createClientIdLoader(database, projectId),
    /** Number of devices of a cohort, group or release. */
    deviceCount: createCountLoader(database, projectId),
    /** The newest deployment of a cohort, by the cohort's id. */
    lastDeployment: createLastDeploymentLoader(database, projectId),
    /** Number of devices of an entry of the catalogue of attributes. */
    keyCount: createKeyCountLoader(context),
    /** Pages of the devices of cohorts and groups. */
    nestedPages: createNestedPagesLoader(context),
    /** Counts, facets and statistics of the devices that a page is of. */
    foundDevices: createFoundDevicesLoader(context),
  };
}

export type Loaders = ReturnType<typeof createLoaders>;
