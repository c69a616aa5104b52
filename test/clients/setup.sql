-- What every client finds: a login with the rights of an application, an asset, and another
-- zone than any client's, which must make no difference.
CREATE EXTENSION pg_incident;
CREATE ROLE app LOGIN;
SELECT incident.grant_role(role, 'app') FROM unnest('{responder,auditor}'::text[]) AS role;
SELECT incident.register_asset('db-1', 'database', '2');
ALTER ROLE app SET timezone = 'Pacific/Auckland';
