import 'reflect-metadata';
import { type GraphQLSchema, isAbstractType, isObjectType } from 'graphql';
import { type AuthCheckerFn, buildSchema } from 'type-graphql';
import { assertNoDevice, assertRole, isFieldOfDevices } from '../auth/policy.js';
import type { KeyRole } from '../model/viewer.js';
import type { RequestContext } from './context.js';
import { guardField } from './execution/guarded-fields.js';
import { ApiKeyResolver } from './resolvers/api-key.resolver.js';
import { AttributeKeyConnectionResolver } from './resolvers/attribute-key-connection.resolver.js';
import { AttributeKeyResolver } from './resolvers/attribute-key.resolver.js';
import { AuditLogResolver } from './resolvers/audit-log.resolver.js';
import { BulkChangesResolver } from './resolvers/bulk-changes.resolver.js';
import { CohortChangesResolver } from './resolvers/cohort-changes.resolver.js';
import { CohortConnectionResolver } from './resolvers/cohort-connection.resolver.js';
import { CohortResolver } from './resolvers/cohort.resolver.js';
import { DeploymentResolver } from './resolvers/deployment.resolver.js';
import { DeviceAttributesResolver } from './resolvers/device-attributes.resolver.js';
import { DeviceChangesResolver } from './resolvers/device-changes.resolver.js';
import { DeviceConnectionResolver } from './resolvers/device-connection.resolver.js';
import { DeviceCredentialsResolver } from './resolvers/device-credentials.resolver.js';
import { DeviceEventResolver } from './resolvers/device-event.resolver.js';
import { DeviceResolver } from './resolvers/device.resolver.js';
import { GroupChangesResolver } from './resolvers/group-changes.resolver.js';
import { GroupConnectionResolver } from './resolvers/group-connection.resolver.js';
import { GroupResolver } from './resolvers/group.resolver.js';
import { NodeResolver } from './resolvers/node.resolver.js';
import { ReleaseConnectionResolver } from './resolvers/release-connection.resolver.js';
import { ReleaseResolver } from './resolvers/release.resolver.js';
import { ViewerResolver } from './resolvers/viewer.resolver.js';

/**
 * The schema with its resolvers; they take everything from the RequestContext. Resolvers are listed, since a glob would
 * hide one that is missing.
 */
export async function buildFleetSchema(): Promise<GraphQLSchema> {
  const schema = await buildSchema({
    resolvers: [
      ApiKeyResolver,
      AttributeKeyConnectionResolver,
      AttributeKeyResolver,
      AuditLogResolver,
      BulkChangesResolver,
      CohortChangesResolver,
      CohortConnectionResolver,
      CohortResolver,
      DeploymentResolver,
      DeviceAttributesResolver,
      DeviceChangesResolver,
      DeviceConnectionResolver,
      DeviceCredentialsResolver,
      DeviceEventResolver,
      DeviceResolver,
      GroupChangesResolver,
      GroupConnectionResolver,
      GroupResolver,
      NodeResolver,
      ReleaseConnectionResolver,
      ReleaseResolver,
      ViewerResolver,
    ],
    authChecker: checkRole,
    // Inputs are checked where they are parsed, since only there the path of a fault is known.
    validate: false,
  });
  for (const type of Object.values(schema.getTypeMap())) {
    // The library's own is asynchronous, which would make a promise of every node.
    if (isAbstractType(type)) type.resolveType = ({ __typename: name }: { __typename: string }) => name;
    if (!isObjectType(type) || type.name.startsWith('__')) continue;
    for (const field of Object.values(type.getFields())) {
      if (!isFieldOfDevices(type.name, field.name)) guardField(field, refuseDevices);
    }
  }
  for (const [type, description] of ROOT_TYPES) {
    const root = schema.getType(type);
    if (root) root.description = description;
  }
  return schema;
}

/** The library has no way to describe the root types. */
const ROOT_TYPES = [
  ['Query', 'What can be asked. Everything is of the one project that the credential sees.'],
  [
    'Mutation',
    [
      'What can be changed. A mutation takes one input and returns one payload; it is one transaction: all or nothing.',
      'Failures are errors with extensions.code, extensions.requestId and, where an input is at fault, extensions.field.',
    ].join('\n'),
  ],
] as const;

/** Runs before the arguments of a field are even read. An arrow function, because the library constructs others. */
const checkRole: AuthCheckerFn<RequestContext, KeyRole> = ({ context, info }, roles) => {
  // What is not for devices refuses them before.
  if (context.viewer?.role === 'DEVICE' && isFieldOfDevices(info.parentType.name, info.fieldName)) return true;
  for (const role of roles) assertRole(context.viewer, role);
  return true;
};

/** Of every field that is not theirs, so that a new one is refused. */
const refuseDevices = ({ viewer }: RequestContext): void => assertNoDevice(viewer);

/** Whether the guards of fields have to be asked: they refuse devices alone. */
export const isGuarded = ({ viewer }: RequestContext): boolean => viewer.role === 'DEVICE';
