import { Badge } from '../layout/badge.tsx';
import { QueryStates } from '../layout/query-states.tsx';
import { useRules, useSources, type Rule } from './source-queries.ts';

/** The routing rules in their order: which events cause what. */
export function RuleList() {
  const query = useRules();
  return (
    <QueryStates
      query={query}
      what="the rules"
      isEmpty={({ items }) => items.length === 0}
      empty={<p>None: deliveries are kept, and nothing else happens.</p>}
    >
      {({ items }) => (
        <ul className="rows" aria-label="Routing rules, in the order in which they are looked at">
          {items.map((rule) => (
            <RuleRow key={rule.id} rule={rule} />
          ))}
        </ul>
      )}
    </QueryStates>
  );
}

function RuleRow({ rule }: { readonly rule: Rule }) {
  const { data } = useSources();
  const { name, events, condition, enabled, sourceId } = rule;
  const source = sourceId === undefined ? 'every source' : data?.items.find(({ id }) => id === sourceId)?.name;
  return (
    <li className="row">
      <div className="row__main">
        <strong>{name}</strong> {!enabled && <Badge>disabled</Badge>}
        <p className="hint">
          <code>{events.join(', ')}</code> from {source ?? 'a source'}
          {condition !== undefined && (
            <>
              {' '}
              if <code>{JSON.stringify(condition)}</code>
            </>
          )}{' '}
          → {does(rule)}
        </p>
      </div>
    </li>
  );
}

function does({ action }: Rule): string {
  if (action.type === 'task') return `task “${action.title}” for ${action.capability}`;
  if (action.type === 'notify') return `notification “${action.title}”`;
  if (action.type === 'reindex') return `index ${action.repository ?? action.repositoryId ?? 'a repository'} again`;
  return 'stored only';
}
