-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Statements that are still to be run, in the database of one municipality, so that its role (:name) may do what
-- :level says, and no more: "all" owns everything; "delete" adds nothing, for a full database; "read" only reads.
-- An owner can't be kept from anything, so below "all" everything belongs to the role "holder", as whom nobody signs in.
-- Run by the module nextcloud_instance and by the guard of full databases.
WITH base AS (
  SELECT d.oid AS database, d.datname, d.datacl, d.datdba, t.oid AS tenant, t.rolname AS name, h.oid AS holder
    FROM pg_database d, pg_roles t, pg_roles h
   WHERE d.datname = current_database() AND t.rolname = :'name' AND h.rolname = 'holder'
), wanted AS (
  SELECT CASE :'level' WHEN 'all' THEN tenant ELSE holder END AS owner,
         CASE :'level' WHEN 'all' THEN 'CREATE,USAGE' ELSE 'USAGE' END AS on_schema,
         CASE :'level' WHEN 'all' THEN 'CONNECT,TEMPORARY' ELSE 'CONNECT' END AS on_database,
         CASE :'level' WHEN 'delete' THEN 'DELETE,SELECT,TRUNCATE,UPDATE' WHEN 'read' THEN 'SELECT' END AS on_tables
    FROM base
), steps AS (
  -- 1: owners. What the golden database's role made comes over too.
  SELECT DISTINCT 1 AS step,
         format('REASSIGN OWNED BY %s TO %s', refobjid::regrole, owner::regrole) AS statement
    FROM pg_shdepend, base, wanted
   WHERE dbid = database AND deptype = 'o' AND refclassid = 'pg_authid'::regclass AND refobjid <> owner
  UNION ALL
  -- 2: what others were given, and what the municipality was given of PostgreSQL's own.
  SELECT 2, format('REVOKE ALL ON %s FROM %s', CASE classid
           WHEN 'pg_proc'::regclass THEN 'ROUTINE ' || objid::regprocedure
           WHEN 'pg_namespace'::regclass THEN 'SCHEMA ' || objid::regnamespace
           WHEN 'pg_type'::regclass THEN 'TYPE ' || objid::regtype
           ELSE CASE (SELECT relkind FROM pg_class c WHERE c.oid = objid) WHEN 'S' THEN 'SEQUENCE ' ELSE 'TABLE ' END
             || objid::regclass END, refobjid::regrole)
    FROM pg_shdepend, base
   WHERE dbid = database AND deptype = 'a' AND refclassid = 'pg_authid'::regclass
     AND classid IN ('pg_class'::regclass, 'pg_proc'::regclass, 'pg_namespace'::regclass, 'pg_type'::regclass)
     AND (refobjid NOT IN (tenant, holder)
       OR classid = 'pg_proc'::regclass AND objid < 16384
       OR classid = 'pg_class'::regclass AND objid < 16384)
  UNION ALL
  -- 3: the schema.
  SELECT 3, format('REVOKE ALL ON SCHEMA public FROM %I; GRANT %s ON SCHEMA public TO %1$I', name, on_schema)
    FROM base, wanted, pg_namespace
   WHERE nspname = 'public' AND on_schema IS DISTINCT FROM (
     SELECT string_agg(privilege_type, ',' ORDER BY privilege_type) FROM aclexplode(nspacl) WHERE grantee = tenant)
  UNION ALL
  -- 4: tables that belong to the holder.
  SELECT 4, format('REVOKE ALL ON ALL TABLES IN SCHEMA public FROM %I; GRANT %s ON ALL TABLES IN SCHEMA public TO %1$I',
                   name, on_tables)
    FROM base, wanted
   WHERE on_tables IS NOT NULL AND EXISTS (
     SELECT FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p', 'v', 'm', 'f')
        AND (relowner = tenant OR relowner = holder AND on_tables IS DISTINCT FROM (
          SELECT string_agg(privilege_type, ',' ORDER BY privilege_type) FROM aclexplode(relacl) WHERE grantee = tenant)))
  UNION ALL
  -- 5: the database itself, which is PostgreSQL's own: its owner could give it away.
  SELECT 5, format('REVOKE ALL ON DATABASE %I FROM %s', datname,
                   CASE grantee WHEN 0 THEN 'PUBLIC' ELSE grantee::regrole::text END)
    FROM base, aclexplode(coalesce(datacl, acldefault('d', datdba)))
   WHERE grantee NOT IN (datdba, tenant)
  UNION ALL
  SELECT 6, format('REVOKE ALL ON DATABASE %I FROM %I; GRANT %s ON DATABASE %1$I TO %2$I', datname, name, on_database)
    FROM base, wanted
   WHERE on_database IS DISTINCT FROM (
     SELECT string_agg(privilege_type, ',' ORDER BY privilege_type) FROM aclexplode(datacl) WHERE grantee = tenant)
)
SELECT statement || ';' FROM steps ORDER BY step, statement;
