import { Badge } from '../layout/badge.tsx';
import { CopyButton } from '../layout/copy-button.tsx';
import { QueryStates } from '../layout/query-states.tsx';
import { addressOf, useSources, type Source } from './source-queries.ts';

/** The sources with the address and the rules of each. */
export function SourceList() {
  const query = useSources();
  return (
    <QueryStates query={query} what="the sources" isEmpty={({ items }) => items.length === 0} empty={<NoSources />}>
      {({ items }) => (
        <ul className="rows" aria-label="Sources of webhooks">
          {items.map((source) => (
            <SourceRow key={source.id} source={source} />
          ))}
        </ul>
      )}
    </QueryStates>
  );
}

function NoSources() {
  return (
    <ol className="steps">
      <li>Create a source below; its address and its secret belong into the sender’s settings.</li>
      <li>
        Give it a rule, e.g. <code>push</code> makes a task for <code>code-review</code>.
      </li>
      <li>What the sender delivers appears here, signed and counted.</li>
    </ol>
  );
}

function SourceRow({ source }: { readonly source: Source }) {
  const { name, kind } = source;
  const address = addressOf(source);
  return (
    <li className="row">
      <div className="row__main">
        <strong>{name}</strong> <Badge>{kind}</Badge>
        <p className="copy-line">
          <code>{address}</code>
          <CopyButton text={address} label="Copy address" />
        </p>
      </div>
    </li>
  );
}
