import type { operations, ResponseOf } from '@devmesh/api';
import { useQuery } from '@tanstack/react-query';
import { Ago } from '../layout/ago.tsx';
import { Badge } from '../layout/badge.tsx';
import { ConfirmButton } from '../layout/confirm-button.tsx';
import { FailureNotice } from '../layout/failure-notice.tsx';
import { QueryStates } from '../layout/query-states.tsx';
import { collectPages } from '../session/collect-pages.ts';
import { queryKeys } from '../session/query-keys.ts';
import { useSession } from '../session/session.ts';
import { useWrite } from '../session/use-write.ts';

type Service = ResponseOf<typeof operations.tools.listTools>['items'][number];

/** The imported services. */
export function ServiceList() {
  const { client } = useSession();
  const query = useQuery({
    queryKey: queryKeys.tools,
    queryFn: ({ signal }) => collectPages((page) => client.tools.listTools({ query: page }, { signal })),
  });
  return (
    <QueryStates query={query} what="the services" isEmpty={({ items }) => items.length === 0} empty={<NoServices />}>
      {({ items }) => (
        <ul className="rows" aria-label="Imported services">
          {items.map((service) => (
            <ServiceRow key={service.id} service={service} />
          ))}
        </ul>
      )}
    </QueryStates>
  );
}

function NoServices() {
  return (
    <p>
      No service is imported yet. Give the address of an OpenAPI 3 document below, for example that of the mock server:{' '}
      <code>http://127.0.0.1:8082/openapi.json</code>.
    </p>
  );
}

function ServiceRow({ service }: { readonly service: Service }) {
  const { client, may } = useSession();
  const remove = useWrite((toolId: string) => client.tools.deleteTool({ params: { toolId } }), ['tools', 'catalogue']);
  return (
    <li className="row">
      <div className="row__main">
        <strong>{service.name}</strong> {service.title} <span className="hint">{service.version}</span>
        <p className="hint">
          {service.baseUrl} · imported <Ago at={service.createdAt} />
        </p>
        {remove.error !== null && <FailureNotice error={remove.error} />}
      </div>
      <div className="row__side">
        <Badge tone={service.hasCredential ? 'good' : 'plain'}>
          {service.hasCredential ? 'credential stored' : 'no credential'}
        </Badge>
        <span className="figure">
          {service.operationCount} {service.operationCount === 1 ? 'operation' : 'operations'}
        </span>
        {may('tools:write') && (
          <ConfirmButton
            label="Remove"
            confirm={`Remove ${service.name}?`}
            disabled={remove.isPending}
            onConfirm={() => {
              remove.submit(service.id);
            }}
          />
        )}
      </div>
    </li>
  );
}
