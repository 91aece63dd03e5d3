import type { FacetField } from '../../search/facet-by-field.js';
import { stringEnum } from './string-enum.js';

export type DeviceFacetField = FacetField;
export const DeviceFacetField = stringEnum<FacetField>(
  'DeviceFacetField',
  'A field of the device to count by. Values: cohorts by slug, groups by name, releases by version.',
  {
    COHORT: 'Slug of the cohort. Every device has one.',
    GROUP: 'Name of the group; missing if the device is in none.',
    HARDWARE_VERSION: 'hardwareVersion; may be missing.',
    MANUFACTURER: 'manufacturer; may be missing.',
    DEVICE_CODE: 'deviceCode; may be missing.',
    OWNER_REF: 'ownerRef; may be missing.',
    RELEASE: 'Version of the last seen release, all of its revisions together; missing if none was ever seen.',
    STATE: 'state: the strings ACTIVE and DISABLED.',
    TEST_MODE: 'testMode: true and false.',
  },
);
