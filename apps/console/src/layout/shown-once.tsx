import { CopyButton } from './copy-button.tsx';

interface ShownOnceProps {
  /** What it is, e.g. `Key of reviewer`. */
  readonly label: string;
  readonly secret: string;
}

/** A secret that the platform tells this once, ready to be copied. */
export function ShownOnce({ label, secret }: ShownOnceProps) {
  return (
    <div className="notice notice--good" role="status">
      <p>
        <strong>{label}.</strong> It is shown this once and stored so that nobody can read it back: copy it now.
      </p>
      <p className="copy-line">
        <code>{secret}</code>
        <CopyButton text={secret} />
      </p>
    </div>
  );
}
