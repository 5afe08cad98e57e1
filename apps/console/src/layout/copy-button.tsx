import { useState } from 'react';

/** Copies a text; says so, or asks to copy by hand where the browser refuses. */
export function CopyButton({ text, label = 'Copy' }: { readonly text: string; readonly label?: string }) {
  const [outcome, setOutcome] = useState<string>();
  const copy = async () => {
    setOutcome((await copyText(text)) ? 'Copied' : 'Select it and press Ctrl+C');
  };
  return (
    <button
      className="button button--small"
      type="button"
      aria-live="polite"
      onClick={() => {
        void copy();
      }}
      onBlur={() => {
        setOutcome(undefined);
      }}
    >
      {outcome ?? label}
    </button>
  );
}

/** Browsers offer the clipboard on HTTPS and localhost only, and a person can refuse it. */
async function copyText(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return false;
  }
}
