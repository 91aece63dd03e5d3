/** Data source for TypeORM's command line (`npm run db:migrate`, `npm run db:revert`), nothing else. */
import { parseConfig } from './src/config.js';
import { createDataSource } from './src/database/data-source.js';

const { DATABASE_URL: url } = parseConfig(process.env);
if (url === undefined) {
  throw new Error('Set DATABASE_URL: the embedded database is migrated by the server itself when it starts.');
}

export const dataSource = createDataSource({ url });
