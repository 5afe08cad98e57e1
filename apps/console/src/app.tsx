import { Console } from './console.tsx';
import { SessionGate } from './session/session-gate.tsx';

/** The console: sign-in first, then everything else under that session. */
export function App() {
  return (
    <SessionGate>
      <Console />
    </SessionGate>
  );
}
