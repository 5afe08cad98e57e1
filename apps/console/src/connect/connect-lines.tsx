import { clientLines } from '@devmesh/api';
import { CopyButton } from '../layout/copy-button.tsx';
import './connect.css';

/** Ready-to-paste lines for every client. */
export function ConnectLines({ origin, keyText }: { readonly origin: string; readonly keyText: string }) {
  return (
    <dl className="connect">
      {clientLines({ gatewayUrl: origin, key: keyText }).map(({ client, file, text }) => (
        <div key={client}>
          <dt>
            {client}
            {file !== undefined && <span className="hint"> in {file}</span>}
            <CopyButton text={text} label={`Copy for ${client}`} />
          </dt>
          <dd>
            <pre>{text}</pre>
          </dd>
        </div>
      ))}
    </dl>
  );
}
