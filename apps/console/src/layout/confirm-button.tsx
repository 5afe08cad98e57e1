import { useState } from 'react';

interface ConfirmButtonProps {
  readonly label: string;
  /** What a second press does, e.g. `Remove github and its tools`. */
  readonly confirm: string;
  readonly disabled?: boolean;
  readonly onConfirm: () => void;
}

/** A button for what cannot be undone: the first press asks, the second acts, leaving it calls it off. */
export function ConfirmButton({ label, confirm, disabled = false, onConfirm }: ConfirmButtonProps) {
  const [asking, setAsking] = useState(false);
  return (
    <button
      className={`button button--small ${asking ? 'button--bad' : ''}`}
      type="button"
      disabled={disabled}
      aria-live="polite"
      onClick={() => {
        if (asking) onConfirm();
        setAsking(!asking);
      }}
      onBlur={() => {
        setAsking(false);
      }}
    >
      {asking ? confirm : label}
    </button>
  );
}
