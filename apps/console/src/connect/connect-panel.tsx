import { useState } from 'react';
import { Field } from '../layout/field.tsx';
import { Panel } from '../layout/panel.tsx';
import { ConnectLines } from './connect-lines.tsx';
import { defaultGatewayOrigin, readOrigin } from './gateway-origin.ts';

/** Stands where the key belongs; the key that is signed in is not put on the screen. */
const placeholder = 'YOUR_KEY';

/** How a coding agent is connected to the gateway. */
export function ConnectPanel() {
  const [text, setText] = useState(() => defaultGatewayOrigin(globalThis.location));
  const origin = readOrigin(text);
  return (
    <Panel id="connect" title="Connect" about="Lines to paste into a coding agent. A new agent gets them with its key.">
      <Field
        label="Gateway"
        hint={
          <>
            Put a user or agent key in the place of <code>{placeholder}</code>.
          </>
        }
        issue={origin === undefined ? 'This is not an http or https address.' : undefined}
      >
        {(field) => (
          <input
            {...field}
            type="url"
            value={text}
            onChange={(event) => {
              setText(event.currentTarget.value);
            }}
          />
        )}
      </Field>
      {origin !== undefined && <ConnectLines origin={origin} keyText={placeholder} />}
    </Panel>
  );
}
