import 'reflect-metadata';
import { DataSource } from 'typeorm';
import { CreateSchema1763683200000 } from '../../migrations/1763683200000-create-schema.js';
import { CountAttributes1763769600000 } from '../../migrations/1763769600000-count-attributes.js';
import { PostingsByValue1763856000000 } from '../../migrations/1763856000000-postings-by-value.js';
import { IndexSerialsByTrigrams1763985600000 } from '../../migrations/1763985600000-index-serials-by-trigrams.js';
import { IndexTextsByTrigrams1763942400000 } from '../../migrations/1763942400000-index-texts-by-trigrams.js';
import { AuditLog1764115200000 } from '../../migrations/1764115200000-audit-log.js';
import { DeviceTokens1764028800000 } from '../../migrations/1764028800000-device-tokens.js';
import { AuditPrincipalId1764201600000 } from '../../migrations/1764201600000-audit-principal-id.js';
import { getTypeParser } from './type-parsers.js';
import { ENTITIES } from './entities/entities.js';

interface DataSourceOptions {
  readonly url: string;
  readonly poolSize?: number;
  /** Told when an idle connection breaks; the pool makes a new one by itself. */
  readonly onConnectionError?: (error: unknown) => void;
}

/** TypeORM's DataSource: pool, migrations and entity metadata. Not connected yet: call `initialize`. */
export function createDataSource({ url, poolSize = 10, onConnectionError }: DataSourceOptions): DataSource {
  return new DataSource({
    type: 'postgres',
    url,
    poolSize,
    entities: [...ENTITIES],
    migrations: [
      CreateSchema1763683200000,
      CountAttributes1763769600000,
      PostingsByValue1763856000000,
      IndexTextsByTrigrams1763942400000,
      IndexSerialsByTrigrams1763985600000,
      DeviceTokens1764028800000,
      AuditLog1764115200000,
      AuditPrincipalId1764201600000,
    ],
    migrationsTableName: 'migration',
    // Migrations are written by hand: entities carry no relations, so a generated one would drop every foreign key.
    synchronize: false,
    installExtensions: false,
    applicationName: 'fleetgraph',
    // Without it a request would wait for ever when all connections are busy or the server is frozen.
    connectTimeoutMS: 4_000,
    // Absent and null conditions were once ignored and matched every row.
    invalidWhereValuesBehavior: { null: 'throw', undefined: 'throw' },
    // Statements that are sent together are not held back until the one before is answered.
    extra: { pipeline: true, types: { getTypeParser } },
    // Without a listener the first broken idle connection would end the process.
    poolErrorHandler: (error: unknown) => onConnectionError?.(error),
  });
}
