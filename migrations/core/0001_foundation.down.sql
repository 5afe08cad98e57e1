drop procedure mcp.protect(text, text, text[], text[]);

-- Not cascade: a table that is still here belongs to a migration that must be undone first.
drop schema mcp;

-- The extensions stay: others may use them, and only a superuser could install vector again.

-- The roles go with the last database of the cluster that uses them.
do $$
declare
  role_name text;
begin
  foreach role_name in array array['devmesh_app', 'devmesh_system'] loop
    begin
      execute format('drop role if exists %I', role_name);
    exception
      when dependent_objects_still_exist or insufficient_privilege or object_in_use or internal_error then null;
    end;
  end loop;
end
$$;
