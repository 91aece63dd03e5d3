/**
 * PostGraphile as a careful user runs it: production mode, prepared statements, only the tables and functions that the
 * clients use, no GraphiQL, no watching. `DATABASE_URL` names the database, `POOL_SIZE` the connections; prints the
 * address when it is ready.
 */
import { createHash } from 'node:crypto';
import { createServer } from 'node:http';
import { Pool } from 'pg';
import { makePgService } from 'postgraphile/adaptors/pg';
import { grafserv } from 'postgraphile/grafserv/node';
import { postgraphile } from 'postgraphile';
import { PostGraphileAmberPreset } from 'postgraphile/presets/amber';
import { PostGraphileConnectionFilterPreset } from 'postgraphile-plugin-connection-filter';
import { pgSmartTags } from 'postgraphile/utils';

const pool = new Pool({ connectionString: process.env.DATABASE_URL, max: Number(process.env.POOL_SIZE) });
pool.on('error', (fault) => console.error(fault));

/** The project whose key the request carries: looked up each time, so that a revoked key stops to work at once. */
async function projectOf(authorization) {
  const [scheme, secret] = (authorization ?? '').split(' ');
  if (scheme !== 'Bearer' || secret === undefined) return undefined;
  const { rows } = await pool.query({
    name: 'key',
    text: `select project_id from api_key where secret_hash = $1 and revoked_at is null and (expires_at is null or expires_at > now())`,
    values: [createHash('sha256').update(secret).digest()],
  });
  return rows[0]?.project_id;
}

const TABLES = ['device', 'cohort', 'device_group'];
const POSTINGS = /^posting_(text|number)$/;
const RELATION = '(project_id, device_id) references public.device (project_id, id)';

const smartTags = pgSmartTags([
  // What no client asks for is left out.
  {
    kind: 'class',
    match: (table) =>
      table.getNamespace().nspname === 'public' && !TABLES.includes(table.relname) && !POSTINGS.test(table.relname),
    tags: { behavior: '-*' },
  },
  { kind: 'class', match: ({ relname }) => TABLES.includes(relname), tags: { behavior: '-insert -update -delete' } },
  // They have no foreign key; a filter needs the relation.
  {
    kind: 'class',
    match: ({ relname }) => POSTINGS.test(relname),
    tags: { foreignKey: RELATION, behavior: '-insert -update -delete -query:resource:connection -query:resource:list' },
  },
  { kind: 'class', match: 'bench_http.device_attribute', tags: { primaryKey: 'project_id,device_serial,scope,name' } },
  { kind: 'procedure', match: 'bench_http.device_attributes', tags: { behavior: '-connection +list' } },
  { kind: 'procedure', match: 'bench_http.search_devices', tags: { behavior: '-connection +list' } },
]);

const preset = {
  extends: [PostGraphileAmberPreset, PostGraphileConnectionFilterPreset],
  plugins: [smartTags],
  pgServices: [makePgService({ pool, schemas: ['public', 'bench_http'] })],
  schema: {
    connectionFilterRelations: true,
    connectionFilterComputedColumns: false,
    connectionFilterSetofFunctions: false,
    dontSwallowErrors: true,
  },
  grafserv: { graphqlPath: '/graphql', graphiql: false, watch: false, websockets: false },
  grafast: {
    explain: false,
    async context({ node }, { variableValues }) {
      const projectId = await projectOf(node?.req.headers.authorization);
      // The documents of the clients name the project in each condition by this variable.
      if (projectId === undefined || projectId !== variableValues?.project) throw new Error('no such key');
      return {};
    },
  },
};

const instance = postgraphile(preset);
if (process.argv.includes('--print-schema')) {
  const { printSchema } = await import('graphql');
  console.log(printSchema(await instance.getSchema()));
  await instance.release();
  await pool.end();
  process.exit(0);
}
const server = createServer();
server.on('error', (fault) => {
  console.error(fault);
  process.exit(1);
});
await instance.createServ(grafserv).addTo(server);
await instance.getSchema();
server.listen(Number(process.env.PORT ?? 0), '127.0.0.1', () => {
  console.log(`ready at http://127.0.0.1:${server.address().port}/graphql`);
});
process.on('SIGTERM', () => process.exit(0));
