import { ProjectEntity } from './project.entity.js';
import { ApiKeyEntity } from './api-key.entity.js';
import { CohortEntity } from './cohort.entity.js';
import { DeviceGroupEntity } from './device-group.entity.js';
import { ReleaseEntity } from './release.entity.js';
import { DeploymentEntity } from './deployment.entity.js';
import { DeviceEntity } from './device.entity.js';
import { DeviceEventEntity } from './device-event.entity.js';
import { AttributeKeyEntity } from './attribute-key.entity.js';
import { AttributeKeyCountEntity } from './attribute-key-count.entity.js';
import { PostingTextEntity } from './posting-text.entity.js';
import { PostingNumberEntity } from './posting-number.entity.js';
import { PostingBooleanEntity } from './posting-boolean.entity.js';
import { DeviceDocumentEntity } from './device-document.entity.js';
import { DeviceCountEntity } from './device-count.entity.js';
import { DeviceCredentialEntity } from './device-credential.entity.js';
import { DeviceTokenEntity } from './device-token.entity.js';
import { SourceEntity } from './source.entity.js';
import { DeviceSourceEntity } from './device-source.entity.js';
import { SyncRunEntity } from './sync-run.entity.js';
import { AuditEntryEntity } from './audit-entry.entity.js';

/** Listed one by one: globs hide the order and fail silently under a bundler or a test transformer. */
export const ENTITIES = [
  ProjectEntity,
  ApiKeyEntity,
  CohortEntity,
  DeviceGroupEntity,
  ReleaseEntity,
  DeploymentEntity,
  DeviceEntity,
  DeviceEventEntity,
  AttributeKeyEntity,
  AttributeKeyCountEntity,
  PostingTextEntity,
  PostingNumberEntity,
  PostingBooleanEntity,
  DeviceDocumentEntity,
  DeviceCountEntity,
  DeviceCredentialEntity,
  DeviceTokenEntity,
  SourceEntity,
  DeviceSourceEntity,
  SyncRunEntity,
  AuditEntryEntity,
] as const;
