/**
 * What someone who knows SQL adds to the tables, for PostGraphile to show and for the floor to call: in a schema of its own,
 * made anew at each run.
 */
export const SQL_FUNCTIONS: readonly string[] = [
  `drop schema if exists bench_http cascade`,
  `create schema bench_http`,

  // Attributes as typed rows, of which GraphQL selects fields.
  `create type bench_http.attribute as (name text, value jsonb)`,
  `create function bench_http.device_attributes(device public.device, names text[] default null)
   returns setof bench_http.attribute language sql stable as $$
     select k.name, a.value -> 0
     from public.device_document o
     cross join jsonb_each(o.attributes) a
     join public.attribute_key k on k.project_id = device.project_id and k.id = a.key::integer
     where o.project_id = device.project_id and o.device_id = device.id and (names is null or k.name = any(names))
     order by k.name, k.scope, k.source
   $$`,
  // The same as one JSON value, which costs PostGraphile much less than fields.
  `create function bench_http.device_attributes_json(device public.device, names text[] default null)
   returns json language sql stable as $$
     select json_agg(json_build_object('name', k.name, 'value', a.value -> 0) order by k.name, k.scope, k.source)
     from public.device_document o
     cross join jsonb_each(o.attributes) a
     join public.attribute_key k on k.project_id = device.project_id and k.id = a.key::integer
     where o.project_id = device.project_id and o.device_id = device.id and (names is null or k.name = any(names))
   $$`,
  // From the counters that the gateway keeps, where the generated totalCount counts devices.
  `create function bench_http.cohort_device_count(cohort public.cohort) returns integer language sql stable as $$
     select coalesce(sum(c.delta), 0)::integer from public.device_count c
     where c.project_id = cohort.project_id and c.kind = 'COHORT' and c.owner_id = cohort.id
   $$`,
  // The statement that bench/search found best for two equalities and a range, planned for each search's own values: the
  // plan for any values takes seconds.
  `create function bench_http.search_devices(project integer, kind text, region text, warmer_than double precision, most integer)
   returns setof public.device language plpgsql stable rows 50 set plan_cache_mode = force_custom_plan as $$
   begin
     return query select d.* from (
       select s.id from (
         select a.device_id as id from public.posting_text a
         join public.posting_text b on b.device_id = a.device_id and b.project_id = project
           and b.key_id = 14 and b.value = region
         where a.project_id = project and a.key_id = 1 and a.value = kind
         order by a.device_id offset 0) s
       where exists (select from public.device_document o where o.project_id = project and o.device_id = s.id
         and (o.attributes -> '9' ->> 0)::double precision > warmer_than offset 0)
       order by s.id limit most) page
     join public.device d on d.project_id = project and d.id = page.id
     order by d.id;
   end
   $$`,

  // Attributes that the device has, of scalar types that do not change: \`wanted\` is [{scope, name, value}].
  `create function bench_http.set_device_attributes(project integer, serial text, wanted jsonb)
   returns public.device language plpgsql as $$
   declare
     target public.device;
     had jsonb;
     at timestamptz(3) := clock_timestamp();
   begin
     select d.* into target from public.device d where d.project_id = project and d.device_serial = serial for update;
     if not found then raise exception 'there is no device %', serial; end if;
     -- A statement of its own, to see what was written while it waited for the lock.
     select o.attributes into had from public.device_document o
     where o.project_id = project and o.device_id = target.id;
     with change as materialized (
       select k.id::integer as id, k.type, w.name, w.value, had -> k.id::text -> 0 as before
       from jsonb_to_recordset(wanted) as w(scope text, name text, value jsonb)
       join public.attribute_key k on k.project_id = project and k.name = w.name and k.scope = w.scope
         and k.source = 'api'
         and k.type = case jsonb_typeof(w.value) when 'number' then 'NUMBER' when 'string' then 'STRING' else 'BOOLEAN' end
       where had -> k.id::text -> 0 is distinct from w.value),
     numbers as (
       update public.posting_number p set value = (c.value #>> '{}')::double precision
       from change c where c.type = 'NUMBER' and p.project_id = project and p.key_id = c.id
         and p.value = (c.before #>> '{}')::double precision and p.device_id = target.id),
     texts as (
       update public.posting_text p set value = left(c.value #>> '{}', 600), rest = nullif(substr(c.value #>> '{}', 601), '')
       from change c where c.type = 'STRING' and p.project_id = project and p.key_id = c.id
         and p.value = left(c.before #>> '{}', 600) and p.device_id = target.id),
     documents as (
       update public.device_document o set attributes = o.attributes || c.attributes
       from (select jsonb_object_agg(id::text, jsonb_build_array(value, floor(extract(epoch from at) * 1000)::bigint)) as attributes
             from change) c
       where o.project_id = project and o.device_id = target.id and c.attributes is not null),
     audited as (
       insert into public.audit_log (project_id, at, principal, role, operation, kind, object_id, object_name, before, after, request_id)
       select project, at, 'bench', 'WRITER', 'setDeviceAttributes', 'Device', target.id::text, serial,
              jsonb_build_object('attributes', jsonb_object_agg(name, before)),
              jsonb_build_object('attributes', jsonb_object_agg(name, value)), 'bench'
       from change having count(*) > 0)
     update public.device d set attributes_updated_at = at
     where d.project_id = project and d.id = target.id and exists (select from change)
     returning d.* into target;
     return target;
   end
   $$`,
  // Attributes as a table that can be written to, by which PostGraphile has a mutation for each.
  `create view bench_http.device_attribute as
   select d.project_id, d.device_serial, k.scope, k.name, a.value -> 0 as value
   from public.device d
   join public.device_document o on o.project_id = d.project_id and o.device_id = d.id
   cross join jsonb_each(o.attributes) a
   join public.attribute_key k on k.project_id = d.project_id and k.id = a.key::integer`,
  `create function bench_http.update_device_attribute() returns trigger language plpgsql as $$
   begin
     perform bench_http.set_device_attributes(old.project_id, old.device_serial,
       jsonb_build_array(jsonb_build_object('scope', old.scope, 'name', old.name, 'value', new.value)));
     return new;
   end
   $$`,
  `create trigger write instead of update on bench_http.device_attribute
   for each row execute function bench_http.update_device_attribute()`,

  `create type bench_http.moved as (matched_count integer, changed_count integer)`,
  `create function bench_http.move_devices_to_cohort(project integer, slug text, serials text[])
   returns bench_http.moved language plpgsql as $$
   declare
     at timestamptz(3) := clock_timestamp();
     cohort bigint;
     answer bench_http.moved;
   begin
     select c.id into cohort from public.cohort c where c.project_id = project and c.slug = move_devices_to_cohort.slug;
     if not found then raise exception 'there is no cohort %', slug; end if;
     with target as materialized (
       select d.id, d.cohort_id from public.device d
       where d.project_id = project and d.device_serial = any(serials) order by d.id for update),
     moved as (
       update public.device d set cohort_id = cohort, updated_at = at
       from target where d.project_id = project and d.id = target.id and target.cohort_id <> cohort
       returning target.cohort_id as old_id),
     counted as (
       insert into public.device_count (project_id, kind, owner_id, delta)
       select project, 'COHORT', owner_id, sum(delta)
       from (select old_id, -1 from moved union all select cohort, 1 from moved) as c(owner_id, delta)
       group by owner_id having sum(delta) <> 0)
     select (select count(*) from target), (select count(*) from moved) into answer;
     if answer.changed_count > 0 then
       insert into public.audit_log (project_id, at, principal, role, operation, kind, after, selector, matched_count, changed_count, request_id)
       values (project, at, 'bench', 'WRITER', 'moveDevicesToCohort', 'Device', jsonb_build_object('cohort', slug),
               jsonb_build_object('deviceSerials', to_jsonb(serials)), answer.matched_count, answer.changed_count, 'bench');
     end if;
     return answer;
   end
   $$`,
];
