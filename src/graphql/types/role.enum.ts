import type { Role as RoleName } from '../../model/viewer.js';
import { stringEnum } from './string-enum.js';

export type Role = RoleName;
export const Role = stringEnum<RoleName>(
  'Role',
  'What a credential may do. Of READER, WRITER and ADMIN each may do all that the ones before it may.',
  {
    DEVICE: 'Reads itself and reports for itself; nothing else. Of device credentials, never of keys.',
    READER: 'Reads everything of the project except its keys.',
    WRITER: 'Reads, and changes devices, attributes, cohorts, groups and deployments.',
    ADMIN: 'Does all that WRITER does, and lists, makes and revokes keys.',
  },
);
