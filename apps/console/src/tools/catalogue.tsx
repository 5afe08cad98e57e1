import type { operations, ResponseOf } from '@devmesh/api';
import { useQuery } from '@tanstack/react-query';
import { useDeferredValue, useState } from 'react';
import { Badge } from '../layout/badge.tsx';
import { Disclosure } from '../layout/disclosure.tsx';
import { LongList } from '../layout/long-list.tsx';
import { QueryStates } from '../layout/query-states.tsx';
import { collectPages, type Collected } from '../session/collect-pages.ts';
import { queryKeys } from '../session/query-keys.ts';
import { useSession } from '../session/session.ts';
import { filterTools } from './filter-tools.ts';
import { TryTool } from './try-tool.tsx';

type McpTool = ResponseOf<typeof operations.tools.catalogue>['items'][number];

/** The MCP tools that this key may call. */
export function Catalogue() {
  const { client } = useSession();
  const query = useQuery({
    queryKey: queryKeys.catalogue,
    queryFn: ({ signal }) => collectPages((page) => client.tools.catalogue({ query: page }, { signal })),
  });
  return (
    <>
      <h3>MCP tools</h3>
      <QueryStates
        query={query}
        what="the MCP tools"
        isEmpty={({ items }) => items.length === 0}
        empty={<p>Import a service, and its operations appear here to be read and tried.</p>}
      >
        {(tools) => <FilteredTools tools={tools} />}
      </QueryStates>
    </>
  );
}

function FilteredTools({ tools: { items, more } }: { readonly tools: Collected<McpTool> }) {
  const [filter, setFilter] = useState('');
  const shown = filterTools(items, useDeferredValue(filter));
  return (
    <>
      <div className="tools__filter">
        <input
          type="search"
          aria-label="Filter the tools"
          placeholder="Filter by name or description"
          value={filter}
          onChange={(event) => {
            setFilter(event.currentTarget.value);
          }}
        />
        <span className="hint" role="status">
          {shown.length === items.length
            ? `${String(items.length)} tools`
            : `${String(shown.length)} of ${String(items.length)}`}
          {more && ', the first ones by name'}
        </span>
      </div>
      {shown.length === 0 && <p className="empty">No tool has “{filter}” in its name or description.</p>}
      <LongList label="MCP tools" items={shown}>
        {(tool) => (
          <li key={tool.name}>
            <Disclosure summary={<ToolLine tool={tool} />}>{() => <TryTool tool={tool} />}</Disclosure>
          </li>
        )}
      </LongList>
    </>
  );
}

function ToolLine({ tool }: { readonly tool: McpTool }) {
  const { readOnlyHint, destructiveHint } = tool.annotations;
  return (
    <span className="tools__line">
      <code>{tool.name}</code>
      {readOnlyHint && <Badge>reads</Badge>}
      {!readOnlyHint && (
        <Badge tone={destructiveHint ? 'bad' : 'warn'}>{destructiveHint ? 'destroys' : 'writes'}</Badge>
      )}
      <span className="tools__title">{tool.title}</span>
    </span>
  );
}
